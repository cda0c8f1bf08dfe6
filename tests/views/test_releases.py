"""The releases page."""

from datetime import timedelta

from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from monitor.models import Artifact, Deploy, Issue, Project, Release
from tests.views.reading import read

PAGE = "/acme/web/releases/"


def test_a_release_tells_its_events_new_issues_and_deploys(viewer: Client, issue: Issue) -> None:
    at = timezone.now() - timedelta(hours=2)
    Deploy.objects.create(project=issue.project, version="1.2.0", environment="production", finished_at=at)
    Artifact.objects.create(
        project=issue.project, release="1.2.0", kind="source_map", url="~/a.js.map", blob="x", size=1
    )
    assert "2 events 1 new production 2 h ago 1" in read(viewer, PAGE)


def test_the_latest_release_comes_first(viewer: Client, project: Project) -> None:
    Release.objects.create(project=project, version="1.0.0")
    Release.objects.create(project=project, version="0.9.0", date_released=timezone.now() - timedelta(days=9))
    text = read(viewer, PAGE)
    assert text.index("1.0.0") < text.index("0.9.0")


def test_without_any_release_it_says_how_one_comes(viewer: Client, project: Project) -> None:
    assert "No release yet" in read(viewer, PAGE)


def test_many_releases_cost_no_more_queries(
    viewer: Client, project: Project, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(30):
        Release.objects.create(project=project, version=f"1.{number}.0")
    with django_assert_max_num_queries(13):
        text = read(viewer, PAGE)
    assert "page 1 of 2" in text
