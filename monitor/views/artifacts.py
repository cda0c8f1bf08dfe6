"""The page of one release: its uploads, its files, and what they are good for."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from monitor.models import Artifact, ArtifactBundle, Project, Release
from monitor.pipeline.sourcemaps.report import check, pairs_of
from monitor.views.access import Request, get_project

PAGE_SIZE = 100
REPORT_SIZE = 20
"""Maps of a report at once: they may have to be read for the first time."""
MOST_BUNDLES = 20


@login_required
def release(request: Request, org: str, slug: str, version: str) -> HttpResponse:
    """Its uploads, latest first, and its files by name."""
    found = _release(get_project(request, org, slug), version)
    of_release = {"project_id": found.project_id, "release": found.version}
    bundles = ArtifactBundle.objects.filter(**of_release).order_by("-created_at", "-id")[:MOST_BUNDLES]
    files = Artifact.objects.filter(**of_release).order_by("url", "dist", "-id")
    page = Paginator(files, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "release/release.html", {"release": found, "bundles": bundles, "page": page})


@login_required
def release_report(request: Request, org: str, slug: str, version: str) -> HttpResponse:
    """A page of the report: the fragment that the release's page fetches, since maps are opened for it."""
    found = _release(get_project(request, org, slug), version)
    page = Paginator(pairs_of(found.project_id, found.version), REPORT_SIZE).get_page(request.GET.get("page"))
    rows = check(found.project_id, found.version, list(page))
    return render(request, "release/_report.html", {"release": found, "page": page, "rows": rows})


@login_required
@require_POST
def artifact_remove(request: Request, org: str, slug: str, version: str, file: int) -> HttpResponse:
    """Delete one file of a release; later events do without."""
    project = get_project(request, org, slug, least="admin")
    rows = Artifact.objects.filter(project_id=project.pk, release=_release(project, version).version, id=file)
    found = rows.first()
    if found is None:
        raise Http404(f"Release {version} has no such file; somebody may have deleted it.")
    rows.delete()
    messages.success(request, f"Deleted: {found.url}. Events that come from now on do without it.")
    return redirect("release", org, slug, version)


def _release(project: Project, version: str) -> Release:
    found = Release.objects.filter(project_id=project.pk, version=version.replace("\0", "")).first()
    if found is None:
        raise Http404(f"{project.name} has no release {version}.")
    return found
