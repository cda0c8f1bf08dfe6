"""Issues: lists by project and organisation, one issue, its tags; resolve, ignore, assign."""

from typing import Any

from django.db.models import prefetch_related_objects
from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response

from monitor.api.authentication import organisation_of, token_of
from monitor.api.body import BoundedJSONParser, validated
from monitor.api.cursor import page_of
from monitor.api.issue_change import IssueChange, change_issues, understand
from monitor.api.issue_json import (
    issue_detail_json,
    issue_json,
    issues_json,
    status_details,
    tag_json,
    tag_totals,
    tag_value_json,
)
from monitor.api.issue_search import DEFAULT_QUERY, select_issues
from monitor.api.reach import projects_of
from monitor.api.sentry_view import SentryView
from monitor.models import Issue, IssueTag, Project

READ = ("event:read", "event:write")
WRITE = "event:write"
TOP_VALUES = 10
MOST_IDS = 1000


class Issues(SentryView):
    """The issues of one project, or of all that the token reaches in an organisation."""

    required_scopes = {"GET": READ, "PUT": WRITE}
    parser_classes = [BoundedJSONParser]

    @extend_schema(summary="List issues", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, org: str, project: str = "") -> Response:
        """A page of issues: `?query=` (is:unresolved when left out), `?sort=`, `?project=<id>`, `?cursor=`."""
        projects = _asked_projects(request, projects_of(request, org, project))
        query = request.query_params.get("query", DEFAULT_QUERY).replace("\0", "")
        found = select_issues(projects, query, request.query_params.get("sort") or "date")
        rows, headers = page_of(request, found.select_related("assignee"))
        prefetch_related_objects(projects, "organisation")
        return Response(issues_json(rows, {project.pk: project for project in projects}), headers=headers)

    @extend_schema(summary="Change several issues", request=IssueChange, responses=OpenApiTypes.OBJECT)
    def put(self, request: Request, org: str, project: str = "") -> Response:
        """Change the issues named by `?id=…&id=…`, all or none; answers what they have in common now."""
        projects = projects_of(request, org, project)
        wanted = _asked_ids(request, "id")
        if not wanted or len(wanted) > MOST_IDS:
            raise ParseError(f"Name 1 to {MOST_IDS} issues, as ?id=1&id=2.")
        ids = {project.pk for project in projects}
        keys = list(Issue.objects.filter(project_id__in=ids, id__in=wanted).values_list("project_id", "id"))
        if missing := sorted(wanted - {key[1] for key in keys}):
            raise Http404(f"This token reaches no issue {', '.join(map(str, missing[:10]))} here.")
        change = understand(validated(IssueChange(data=request.data)), organisation_of(request, org))
        changed = change_issues(keys, change, request.user)
        return Response({"status": issue_status(changed[0]), "statusDetails": status_details(changed[0])})


class IssueDetail(SentryView):
    """One issue."""

    required_scopes = {"GET": READ, "PUT": WRITE}
    parser_classes = [BoundedJSONParser]

    @extend_schema(summary="Show an issue", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, issue_id: str, org: str = "") -> Response:
        """The issue with its history and tag keys."""
        issue, project = issue_of(request, issue_id, org)
        return Response(issue_detail_json(issue, project))

    @extend_schema(summary="Change an issue", request=IssueChange, responses=OpenApiTypes.OBJECT)
    def put(self, request: Request, issue_id: str, org: str = "") -> Response:
        """Resolve, ignore, reopen or assign it."""
        issue, project = issue_of(request, issue_id, org)
        change = understand(validated(IssueChange(data=request.data)), project.organisation)
        changed = change_issues([(issue.project_id, issue.id)], change, request.user)
        return Response(issue_json(changed[0], project))


class IssueTags(SentryView):
    """The tags of an issue."""

    required_scopes = {"GET": READ}

    @extend_schema(summary="List an issue's tags", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, issue_id: str, org: str = "") -> Response:
        """Every key with its commonest values."""
        issue, _ = issue_of(request, issue_id, org)
        return Response([_tag(issue, *totals) for totals in tag_totals(issue)])


class IssueTagDetail(SentryView):
    """One tag of an issue."""

    required_scopes = {"GET": READ}

    @extend_schema(summary="Show a tag of an issue", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, issue_id: str, key: str, org: str = "") -> Response:
        """The key with its commonest values."""
        issue, _ = issue_of(request, issue_id, org)
        totals = next((totals for totals in tag_totals(issue) if totals[0] == key), None)
        if totals is None:
            raise Http404(f"No event of this issue carries the tag {key!r}.")
        return Response(_tag(issue, *totals))


class IssueTagValues(SentryView):
    """The values of one tag of an issue."""

    required_scopes = {"GET": READ}

    @extend_schema(summary="List a tag's values", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, issue_id: str, key: str, org: str = "") -> Response:
        """A page of values, the commonest first."""
        issue, _ = issue_of(request, issue_id, org)
        rows, headers = page_of(request, _values(issue, key))
        return Response([tag_value_json(row) for row in rows], headers=headers)


def issue_of(request: Request, issue_id: str, org: str = "") -> tuple[Issue, Project]:
    """The issue of that id, and its project, if the token reaches it; 404 for any other, existing or not."""
    if org:
        organisation_of(request, org)
    projects = {project.pk: project for project in token_of(request).projects().select_related("organisation")}
    ids = {"id": int(issue_id)} if issue_id.isdecimal() and len(issue_id) < 19 else {"id": -1}
    issue = Issue.objects.filter(project_id__in=projects, **ids).select_related("assignee").first()
    if issue is None:
        raise Http404(f"There is no issue {issue_id} that this token reaches.")
    return issue, projects[issue.project_id]


def issue_status(issue: Issue) -> str:
    """The status in Sentry's words, which has no regressed."""
    return "unresolved" if issue.status == "regressed" else issue.status


def _asked_projects(request: Request, reached: list[Project]) -> list[Project]:
    """Those of `?project=<id>` (-1: all), as Sentry's clients narrow an organisation's list down."""
    wanted = request.query_params.getlist("project")
    if not wanted or "-1" in wanted:
        return reached
    found = [project for project in reached if str(project.pk) in wanted or project.slug in wanted]
    if not found:
        raise Http404(f"This token reaches no project {', '.join(wanted)}.")
    return found


def _asked_ids(request: Request, name: str) -> set[int]:
    texts = request.query_params.getlist(name)
    if wrong := [text for text in texts if not text.isdecimal() or len(text) > 18]:
        raise ParseError(f"?{name}={wrong[0][:50]} is no id.")
    return {int(text) for text in texts}


def _tag(issue: Issue, key: str, total: int, unique: int) -> dict[str, Any]:
    return tag_json(key, list(_values(issue, key)[:TOP_VALUES]), total, unique)


def _values(issue: Issue, key: str) -> Any:
    rows = IssueTag.objects.filter(project_id=issue.project_id, issue_id=issue.id, key=key)
    return rows.order_by("-events", "value")
