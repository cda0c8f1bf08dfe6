"""Events of an issue or a project, to read."""

import uuid

from django.db.models import Q, QuerySet
from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from monitor.api.authentication import project_of
from monitor.api.cursor import page_of
from monitor.api.event_json import event_json, event_row_json
from monitor.api.issues import issue_of
from monitor.api.sentry_view import SentryView
from monitor.models import Event, Issue, SampledEvent

READ = ("event:read", "event:write")
LATEST_FIRST = ("-occurred_at", "-event_id")


class IssueEvents(SentryView):
    """The stored events of an issue."""

    required_scopes = {"GET": READ}

    @extend_schema(summary="List an issue's events", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, issue_id: str, org: str = "") -> Response:
        """A page of events, the latest first."""
        issue, _ = issue_of(request, issue_id, org)
        rows, headers = page_of(request, _events_of(issue).order_by(*LATEST_FIRST))
        return Response([event_row_json(event, issue) for event in rows], headers=headers)


class IssueEvent(SentryView):
    """One event of an issue: by id, or `latest`, `oldest`, `recommended`."""

    required_scopes = {"GET": READ}

    @extend_schema(summary="Show an event of an issue", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, issue_id: str, event_id: str, org: str = "") -> Response:
        """The event with its entries; 404 when it is not, or no longer, stored."""
        issue, _ = issue_of(request, issue_id, org)
        rows = _events_of(issue)
        if event_id in ("latest", "recommended"):
            event = rows.order_by(*LATEST_FIRST).first()
        elif event_id == "oldest":
            event = rows.order_by("occurred_at", "event_id").first()
        else:
            event = rows.filter(event_id=_uuid(event_id)).first()
        if event is None:
            raise _absent(issue.project_id, event_id)
        return _shown(event, issue)


class ProjectEvents(SentryView):
    """The stored events of a project."""

    required_scopes = {"GET": READ}

    @extend_schema(summary="List a project's events", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, org: str, project: str) -> Response:
        """A page of events, the latest first."""
        found = project_of(request, org, project)
        rows, headers = page_of(request, Event.objects.filter(project_id=found.pk).order_by("-day", *LATEST_FIRST))
        issues = Issue.objects.filter(project_id=found.pk, id__in={event.issue_id for event in rows})
        by_id = {issue.id: issue for issue in issues}
        return Response([event_row_json(event, by_id[event.issue_id]) for event in rows], headers=headers)


class ProjectEvent(SentryView):
    """One event of a project, by its id alone."""

    required_scopes = {"GET": READ}

    @extend_schema(summary="Show an event of a project", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, org: str, project: str, event_id: str) -> Response:
        """The event with its entries; 404 when it is not, or no longer, stored."""
        event = event_of(project_of(request, org, project).pk, event_id)
        return _shown(event, Issue.objects.get(project_id=event.project_id, id=event.issue_id))


def event_of(project_id: int, event_id: str) -> Event:
    """The stored event of a project; 404 that says why when there is none."""
    event = Event.objects.filter(project_id=project_id, event_id=_uuid(event_id)).first()
    if event is None:
        raise _absent(project_id, event_id)
    return event


def _events_of(issue: Issue) -> QuerySet[Event]:
    return Event.objects.filter(project_id=issue.project_id, issue_id=issue.id)


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise Http404(f"{text[:50]!r} is no event id: 32 hexadecimal digits, or latest or oldest.") from None


def _absent(project_id: int, event_id: str) -> Http404:
    """Why an event cannot be shown."""
    named = event_id not in ("latest", "recommended", "oldest")
    if named and SampledEvent.objects.filter(project_id=project_id, event_id=_uuid(event_id)).exists():
        return Http404("This event was counted, but its payload was not kept, its issue being hot.")
    return Http404("There is no such event, or it is no longer stored.")


def _shown(event: Event, issue: Issue) -> Response:
    rows, at, own = _events_of(issue), event.occurred_at, event.event_id
    before = rows.filter(Q(occurred_at__lt=at) | Q(occurred_at=at, event_id__lt=own)).order_by(*LATEST_FIRST)
    after = rows.filter(Q(occurred_at__gt=at) | Q(occurred_at=at, event_id__gt=own)).order_by("occurred_at", "event_id")
    return Response(event_json(event, issue, _first_id(before), _first_id(after)))


def _first_id(rows: QuerySet[Event]) -> str | None:
    found = rows.values_list("event_id", flat=True).first()
    return found.hex if found else None
