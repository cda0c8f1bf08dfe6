"""Releases of an organisation or a project: list, make, change, delete, and their commits."""

from typing import Any

from django.db import transaction
from django.db.models import Max
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from monitor.api.body import BoundedJSONParser, validated
from monitor.api.cursor import page_of
from monitor.api.reach import named_projects, projects_of, releases_of
from monitor.api.release_json import NewRelease, ReleaseChange, change_of, commit_json, releases_json
from monitor.api.view import OBJECTS, TokenView
from monitor.models import Project, Release
from monitor.pipeline.sourcemaps.artifacts import drop_release

READ = ("project:read", "project:releases")
WRITE = "project:releases"


class Releases(TokenView):
    """The releases of all projects that the token reaches, or of the one in the path."""

    required_scopes = {"GET": READ, "POST": WRITE}
    parser_classes = [BoundedJSONParser]

    @extend_schema(summary="List releases", responses=OBJECTS)
    def get(self, request: Request, org: str, project: str = "") -> Response:
        """A page of releases, the latest first; `?query=` wants the version to contain a text."""
        projects = {found.pk: found for found in projects_of(request, org, project)}
        found = Release.objects.filter(project_id__in=projects)
        if query := request.query_params.get("query", "").replace("\0", ""):
            found = found.filter(version__icontains=query)
        versions = found.values("version").annotate(latest=Max("id")).order_by("-latest")
        page, headers = page_of(request, versions)
        rows = found.filter(version__in=[row["version"] for row in page]).order_by("-id")
        return Response(releases_json(list(rows), projects), headers=headers)

    @extend_schema(summary="Make a release", request=NewRelease, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: Request, org: str, project: str = "") -> Response:
        """Make it in each project named in `projects`, or change it there; 201 if any is new, else 208."""
        data = validated(NewRelease(data=request.data))
        projects = named_projects(request, org, project, data.get("projects"))
        created = _save(projects, data["version"], change_of(data))
        return Response(_shown(projects, data["version"]), status=201 if created else 208)


class ReleaseDetail(TokenView):
    """One version, in all projects that the token reaches or in the one in the path."""

    required_scopes = {"GET": READ, "PUT": WRITE, "DELETE": WRITE}
    parser_classes = [BoundedJSONParser]

    @extend_schema(summary="Show a release", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, org: str, version: str, project: str = "") -> Response:
        """The release; 404 where the token reaches none."""
        return Response(_shown(projects_of(request, org, project), version))

    @extend_schema(summary="Change a release", request=ReleaseChange, responses=OpenApiTypes.OBJECT)
    def put(self, request: Request, org: str, version: str, project: str = "") -> Response:
        """Set when it was released, its URL, ref and commits; `projects` narrows it down to those."""
        reached = projects_of(request, org, project)
        releases_of(reached, version)
        data = validated(ReleaseChange(data=request.data))
        if data.get("projects"):
            projects = named_projects(request, org, project, data["projects"])
        else:
            having = {release.project_id for release in releases_of(reached, version)}
            projects = [found for found in reached if found.pk in having]
        _save(projects, version, change_of(data))
        return Response(_shown(projects, version))

    @extend_schema(summary="Delete a release", responses={204: None})
    def delete(self, request: Request, org: str, version: str, project: str = "") -> Response:
        """Delete it with its files and deploys; events keep naming it."""
        for release in releases_of(projects_of(request, org, project), version):
            drop_release(release.project_id, release.version)
        return Response(status=204)


class Commits(TokenView):
    """The commits that came with a release."""

    required_scopes = {"GET": READ}

    @extend_schema(summary="List a release's commits", responses=OBJECTS)
    def get(self, request: Request, org: str, version: str, project: str = "") -> Response:
        """All of them, as they were sent: the latest first."""
        releases = releases_of(projects_of(request, org, project), version)
        commits = max((release.commits for release in releases), key=len)
        return Response([commit_json(commit) for commit in commits])


class PreviousWithCommits(TokenView):
    """The release before this one that has commits, from which sentry-cli continues."""

    required_scopes = {"GET": READ}

    @extend_schema(summary="Show the previous release with commits", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, org: str, version: str, project: str = "") -> Response:
        """That release, or an empty object when there is none."""
        projects = projects_of(request, org, project)
        release = releases_of(projects, version)[0]
        earlier = Release.objects.filter(project_id=release.project_id, id__lt=release.id).exclude(commits=[])
        previous = earlier.order_by("-id").first()
        return Response(_shown(projects, previous.version) if previous else {})


@transaction.atomic
def _save(projects: list[Project], version: str, change: dict[str, Any]) -> bool:
    """Make or change the release in each project; whether one of them is new."""
    saved = [
        Release.objects.update_or_create(project_id=project.pk, version=version, defaults=change)
        for project in projects
    ]
    return any(is_new for _, is_new in saved)


def _shown(projects: list[Project], version: str) -> dict[str, Any]:
    return releases_json(releases_of(projects, version), {project.pk: project for project in projects})[0]
