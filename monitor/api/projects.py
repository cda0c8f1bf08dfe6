"""Projects and their DSN keys, to read."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from monitor.api.authentication import organisation_of, project_of, token_of
from monitor.api.cursor import page_of
from monitor.api.project_json import key_json, project_json
from monitor.api.sentry_view import SentryView

READ = ("project:read", "project:write", "project:releases")


class Projects(SentryView):
    """The projects that the token reaches, of one organisation or all."""

    required_scopes = {"GET": READ}

    @extend_schema(summary="List projects", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, org: str = "") -> Response:
        """A page of projects, by slug."""
        if org:
            organisation_of(request, org)
        found = token_of(request).projects().select_related("organisation").order_by("slug", "id")
        rows, headers = page_of(request, found)
        return Response([project_json(project) for project in rows], headers=headers)


class ProjectDetail(SentryView):
    """One project."""

    required_scopes = {"GET": READ}

    @extend_schema(summary="Show a project", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, org: str, project: str) -> Response:
        """The project; 404 where the token reaches none of that name."""
        return Response(project_json(project_of(request, org, project)))


class ProjectKeys(SentryView):
    """The DSN keys of a project."""

    required_scopes = {"GET": READ}

    @extend_schema(summary="List a project's keys", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, org: str, project: str) -> Response:
        """A page of keys, the oldest first."""
        rows, headers = page_of(request, project_of(request, org, project).keys.order_by("id"))
        return Response([key_json(key) for key in rows], headers=headers)
