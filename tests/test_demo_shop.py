"""The demo shop's project, and the maps that make its errors readable."""

import pytest

from monitor.demo_shop import FOLDER, add_demo_shop, refresh_demo_shop
from monitor.models import Artifact, Organisation, Project

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _organisation() -> None:
    Organisation.objects.create(name="My team", slug="my-team")


def test_every_map_is_stored_for_the_release() -> None:
    add_demo_shop()
    refresh_demo_shop()
    project = Project.objects.get(slug="demo")
    stored = Artifact.objects.filter(project_id=project.pk, kind="source_map")
    assert {row.url for row in stored} == {f"~/demo/assets/{path.name}" for path in FOLDER.rglob("*.map")}
    assert all(row.debug_id and row.release for row in stored)


def test_the_next_start_changes_nothing() -> None:
    for _ in range(2):
        add_demo_shop()
        refresh_demo_shop()
    assert Project.objects.count() == 1
    assert Artifact.objects.filter(kind="source_map").count() == len(list(FOLDER.rglob("*.map")))


def test_without_the_project_there_are_no_maps() -> None:
    refresh_demo_shop()
    assert not Artifact.objects.exists()
