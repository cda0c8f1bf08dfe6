"""The releases page: what each version brought."""

from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.shortcuts import render

from monitor.models import Artifact, ArtifactBundle, Deploy, Issue, IssueRelease, Release
from monitor.views.access import Request, get_project

PAGE_SIZE = 25


@dataclass(frozen=True)
class Row:
    """One release with its events, the issues that were first seen in it, its deploys (latest first) and artifacts.

    `failed` are its uploads of bundles that were not taken in, the latest first.
    """

    release: Release
    events: int
    new_issues: int
    deploys: list[Deploy]
    artifacts: int
    failed: list[ArtifactBundle]


@login_required
def releases(request: Request, org: str, slug: str) -> HttpResponse:
    """The releases, latest first."""
    project = get_project(request, org, slug)
    dated = Coalesce("date_released", "date_added")
    found = Release.objects.filter(project_id=project.pk).order_by(dated.desc(), "-id")
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    rows = _rows(project.pk, list(page))
    return render(request, "release/releases.html", {"page": page, "rows": rows})


def _rows(project_id: int, releases: list[Release]) -> list[Row]:
    versions = [release.version for release in releases]
    seen = IssueRelease.objects.filter(project_id=project_id, release__in=versions).values_list("release")
    new = Issue.objects.filter(project_id=project_id, first_release__in=versions).values_list("first_release")
    files = Artifact.objects.filter(project_id=project_id, release__in=versions).values_list("release")
    events, issues = dict(seen.annotate(Sum("events"))), dict(new.annotate(Count("id")))
    artifacts = dict(files.annotate(Count("id")))
    made = Deploy.objects.filter(project_id=project_id, version__in=versions)
    deploys = _by_version(made.order_by("-finished_at"))
    failed = _failed(project_id, versions)
    return [
        Row(
            *(release, events.get(version, 0), issues.get(version, 0), deploys.get(version, [])),
            *(artifacts.get(version, 0), failed.get(version, [])),
        )
        for release, version in zip(releases, versions, strict=True)
    ]


def _failed(project_id: int, versions: list[str]) -> dict[str, list[ArtifactBundle]]:
    found: dict[str, list[ArtifactBundle]] = {}
    rows = ArtifactBundle.objects.filter(project_id=project_id, release__in=versions, state="error")
    for bundle in rows.order_by("-created_at"):
        found.setdefault(bundle.release, []).append(bundle)
    return found


def _by_version(deploys: QuerySet[Deploy]) -> dict[str, list[Deploy]]:
    found: dict[str, list[Deploy]] = {}
    for deploy in deploys:
        found.setdefault(deploy.version, []).append(deploy)
    return found
