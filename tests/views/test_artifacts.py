"""The page of one release, and its report."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from monitor.models import Artifact, ArtifactBundle, Project, Release
from monitor.pipeline.sourcemaps.artifacts import note_begun, store_files
from monitor.pipeline.sourcemaps.uploaded_file import describe
from tests.builds import DEBUG_ID, SHOP, minify
from tests.views.reading import read, said

PAGE = "/acme/web/releases/shop@1/beta/"


@pytest.fixture(autouse=True)
def _storage(settings: Any, tmp_path: Path) -> None:
    settings.FARSIDE_DATA, settings.MEDIA_ROOT = tmp_path, tmp_path / "blobs"


@pytest.fixture
def release(project: Project) -> Release:
    """A release, whose version holds a slash, with a script and its map."""
    script, source_map = minify(SHOP)
    headers = {"Sourcemap": "app.js.map", "debug-id": DEBUG_ID}
    files = describe("~/app.js", script, headers) + describe("~/app.js.map", source_map, {"debug-id": DEBUG_ID})
    store_files(project.pk, "shop@1/beta", "", files)
    return Release.objects.get(version="shop@1/beta")


def test_files_have_size_debug_id_and_kind(viewer: Client, release: Release) -> None:
    text = read(viewer, PAGE)
    assert "2 files uploaded" in text
    assert f"~/app.js script, names app.js.map – {DEBUG_ID} 4" in text
    assert "Delete" not in text


def test_uploads_say_how_they_ended(viewer: Client, release: Release) -> None:
    key = {"project_id": release.project_id, "release": release.version}
    ArtifactBundle.objects.create(**key, checksum="a", state="error", detail="it is no artifact bundle")
    ArtifactBundle.objects.create(**key, checksum="b", state="ok", file_count=2)
    note_begun(release.project_id, "c", release.version, "")
    text = read(viewer, PAGE)
    assert "Begun, not all arrived" in text
    assert "Taken in 2 files" in text
    assert "Failed 0 files it is no artifact bundle" in text
    assert "1 upload failed 2" in read(viewer, "/acme/web/releases/")


def test_the_report_resolves_a_word(viewer: Client, release: Release) -> None:
    assert "Readable ~/app.js line 1, column 8, formatPrice is src/shop.js:1:10" in read(viewer, f"{PAGE}report/")


def test_the_report_says_what_is_wrong(viewer: Client, release: Release) -> None:
    store_files(release.project_id, release.version, "", describe("~/a.js", b"a()", {}))
    store_files(release.project_id, release.version, "", describe("~/b.js.map", b"<html>", {}))
    text = read(viewer, f"{PAGE}report/")
    assert "Not readable ~/a.js ~/a.js was uploaded, but names no source map" in text
    assert "Not readable ~/b.js What was uploaded as ~/b.js.map is an HTML page" in text


def test_a_map_alone_is_told_as_such(viewer: Client, project: Project) -> None:
    store_files(project.pk, "2.0", "", describe("~/b.js.map", minify(SHOP)[1], {}))
    assert "Readable ~/b.js The map alone was uploaded" in read(viewer, "/acme/web/releases/2.0/report/")


def test_a_release_without_files_says_how_they_come(viewer: Client, project: Project) -> None:
    Release.objects.create(project=project, version="3.0")
    assert "farside sourcemaps upload --release 3.0 dist/" in read(viewer, "/acme/web/releases/3.0/")
    assert "No script and no source map" in read(viewer, "/acme/web/releases/3.0/report/")


def test_an_admin_deletes_a_file(admin: Client, release: Release) -> None:
    file = Artifact.objects.get(url="~/app.js")
    assert "Deleted: ~/app.js" in said(admin, f"{PAGE}files/{file.id}/remove/")
    assert [row.url for row in Artifact.objects.all()] == ["~/app.js.map"]
    assert admin.post(f"{PAGE}files/{file.id}/remove/").status_code == 404


@pytest.mark.parametrize("path", ["none/", "none/report/", "a%00b/"])
def test_a_release_that_is_not_there(viewer: Client, project: Project, path: str) -> None:
    assert viewer.get(f"/acme/web/releases/{path}").status_code == 404
