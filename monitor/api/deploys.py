"""Deploys of a release: list and record."""

from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from monitor.api.body import BoundedJSONParser, validated
from monitor.api.cursor import page_of
from monitor.api.reach import named_projects, projects_of, releases_of
from monitor.api.release_json import NewDeploy, deploy_json
from monitor.api.releases import READ, WRITE
from monitor.api.view import OBJECTS, TokenView
from monitor.models import Deploy


class Deploys(TokenView):
    """Where and when a version was deployed."""

    required_scopes = {"GET": READ, "POST": WRITE}
    parser_classes = [BoundedJSONParser]

    @extend_schema(summary="List a release's deploys", responses=OBJECTS)
    def get(self, request: Request, org: str, version: str, project: str = "") -> Response:
        """A page of deploys, the latest first."""
        releases = releases_of(projects_of(request, org, project), version)
        found = Deploy.objects.filter(project_id__in=[release.project_id for release in releases], version=version)
        page, headers = page_of(request, found.order_by("-finished_at", "-id"))
        return Response([deploy_json(deploy) for deploy in page], headers=headers)

    @extend_schema(summary="Record a deploy", request=NewDeploy, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: Request, org: str, version: str, project: str = "") -> Response:
        """Record it for each project that has the release, or those in `projects`; without dateFinished it is now."""
        projects = projects_of(request, org, project)
        releases_of(projects, version)
        data = validated(NewDeploy(data=request.data))
        if data.get("projects"):
            projects = named_projects(request, org, project, data["projects"])
        made = [_record(release.project_id, version, data) for release in releases_of(projects, version)]
        return Response(deploy_json(made[0]), status=201)


def _record(project_id: int, version: str, data: dict[str, Any]) -> Deploy:
    deploy = Deploy.objects.create(
        project_id=project_id,
        version=version,
        environment=data["environment"],
        name=data.get("name") or "",
        url=data.get("url") or "",
        started_at=data.get("dateStarted"),
        finished_at=data.get("dateFinished") or timezone.now(),
    )
    deploy.refresh_from_db()
    return deploy
