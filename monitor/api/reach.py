"""Which projects and releases a request is about: always looked up through its token."""

from collections.abc import Sequence

from django.http import Http404
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from monitor.api.authentication import organisation_of, project_of, token_of
from monitor.models import Project, Release


def projects_of(request: Request, org: str, project: str = "") -> list[Project]:
    """The project that the path names; all that the token reaches when it names only the organisation."""
    if project:
        return [project_of(request, org, project)]
    return list(token_of(request).projects().filter(organisation=organisation_of(request, org)).order_by("id"))


def named_projects(request: Request, org: str, project: str, slugs: Sequence[str] | None) -> list[Project]:
    """The projects that the body names by slug, or else the path. 400 when there is none or a slug is unknown."""
    reached = projects_of(request, org, project)
    if not slugs:
        if project:
            return reached
        raise ValidationError({"detail": "Name at least one project, by its slug, in `projects`."})
    by_slug = {found.slug: found for found in reached}
    if unknown := sorted(set(slugs) - set(by_slug)):
        raise ValidationError({"detail": f"This token reaches no project {', '.join(map(repr, unknown))} in {org!r}."})
    return [by_slug[slug] for slug in dict.fromkeys(slugs)]


def releases_of(projects: Sequence[Project], version: str) -> list[Release]:
    """The release of that version in each project that has it; 404 when none has."""
    wanted = Release.objects.filter(project_id__in=[project.pk for project in projects], version=version)
    found = [] if "\0" in version else list(wanted.order_by("project_id"))
    if not found:
        raise Http404(f"There is no release {version!r} in a project that this token reaches.")
    return found
