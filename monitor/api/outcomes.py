"""What became of everything that a project sent, by hour and reason, to read."""

import re
from datetime import UTC, datetime, timedelta

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from monitor.api.authentication import project_of
from monitor.api.sentry_view import SentryView
from monitor.api.view import TokenView
from monitor.models import Outcome
from monitor.models.issue import ACCEPTED, events_by_outcome

MOST_HOURS = 31 * 24
HOURS = OpenApiParameter("hours", int, description=f"How far back, from 1 to {MOST_HOURS}; 24 when left out.")
READ = ("event:read", "event:write")
REFUSED = ("limited", "invalid")
STATS = {"received": (*ACCEPTED, "retried", *REFUSED), "rejected": REFUSED, "blacklisted": ("filtered",)}
"""Sentry's words for sums of outcomes."""
DAY_S = 86_400
STEPS_S = {"1h": 3600, "1d": DAY_S}
MOST_STEPS = 1000
COLUMNS = ("hour", "category", "outcome", "reason", "items")


class Outcomes(TokenView):
    """Counts of items by hour, category, outcome and reason."""

    required_scopes = {"GET": READ}

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


class ProjectStats(SentryView):
    """Sentry's counts of a project's events over time."""

    required_scopes = {"GET": READ}

    @extend_schema(summary="Show a project's events over time", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, org: str, project: str) -> Response:
        """[[epoch seconds, events], …] in steps of `resolution`, from `since` to `until` (epoch seconds)."""
        found = project_of(request, org, project)
        stat = request.query_params.get("stat", "received")
        resolution = request.query_params.get("resolution", "1h")
        if stat not in STATS or resolution not in STEPS_S:
            raise ValidationError({"detail": f"stat: {', '.join(STATS)}; resolution: {', '.join(STEPS_S)}."})
        step = STEPS_S[resolution]
        until = _moment(request, "until", timezone.now().timestamp())
        since = _moment(request, "since", until - DAY_S)
        if not 0 <= until - since <= step * MOST_STEPS:
            raise ValidationError({"detail": f"since, until: from 0 to {MOST_STEPS} steps of the resolution apart."})
        counts = dict.fromkeys(range(int(since // step * step), int(until) + 1, step), 0)
        rows = Outcome.objects.filter(project_id=found.pk, category__in=("event", "request"), outcome__in=STATS[stat])
        begin, end = (datetime.fromtimestamp(at, UTC) for at in (min(counts), max(counts) + step))
        for hour, outcome, items in rows.filter(hour__gte=begin, hour__lt=end).values_list("hour", "outcome", "items"):
            counts[int(hour.timestamp() // step * step)] += -items if outcome == "retried" else items
        return Response([[at, many] for at, many in counts.items()])


def _moment(request: Request, name: str, default: float) -> float:
    text = request.query_params.get(name, "")
    if text and not re.fullmatch(r"[0-9]{1,10}(\.[0-9]{1,6})?", text):
        raise ValidationError({"detail": f"{name}: {text[:20]!r} is no time in seconds since 1970."})
    return float(text or default)


def _hours(request: Request) -> int:
    text = request.query_params.get("hours", "24")
    if not (text.isascii() and text.isdecimal() and len(text) < 5 and 1 <= int(text) <= MOST_HOURS):
        raise ValidationError({"detail": f"hours: {text[:20]!r} is no whole number from 1 to {MOST_HOURS}."})
    return int(text)
