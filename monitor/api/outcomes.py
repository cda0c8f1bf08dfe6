"""What became of everything that a project sent, by hour and reason, to read."""

from datetime import timedelta

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from monitor.api.authentication import project_of
from monitor.api.view import TokenView
from monitor.models import Outcome
from monitor.models.issue import events_by_outcome

MOST_HOURS = 31 * 24
HOURS = OpenApiParameter("hours", int, description=f"How far back, from 1 to {MOST_HOURS}; 24 when left out.")
COLUMNS = ("hour", "category", "outcome", "reason", "items")


class Outcomes(TokenView):
    """Counts of items by hour, category, outcome and reason."""

    required_scopes = {"GET": ("event:read", "event:write")}

    @extend_schema(summary="List outcomes", tags=["outcomes"], parameters=[HOURS], responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, org: str, project: str) -> Response:
        """Every count of the last `hours`, and how many events of that time were accepted."""
        found = project_of(request, org, project)
        this_hour = timezone.now().replace(minute=0, second=0, microsecond=0)
        begin = this_hour - timedelta(hours=_hours(request) - 1)
        rows = Outcome.objects.filter(project_id=found.pk, hour__gte=begin)
        accepted = events_by_outcome(rows.totals())["accepted"]
        counts = list(rows.order_by(*COLUMNS).values(*COLUMNS))
        return Response({"begin": begin, "accepted": accepted, "outcomes": counts})


def _hours(request: Request) -> int:
    text = request.query_params.get("hours", "24")
    if not (text.isascii() and text.isdecimal() and len(text) < 5 and 1 <= int(text) <= MOST_HOURS):
        raise ValidationError({"detail": f"hours: {text[:20]!r} is no whole number from 1 to {MOST_HOURS}."})
    return int(text)
