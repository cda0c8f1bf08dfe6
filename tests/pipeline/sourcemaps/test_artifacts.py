"""From chunks to artifacts, once, whatever runs twice or breaks in between."""

import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import zstandard
from django.core.files.storage import default_storage
from django.utils import timezone

from monitor.models import Artifact, ArtifactBundle, Deploy, Project, Release
from monitor.pipeline.sourcemaps import artifacts, blobs, chunks
from monitor.pipeline.sourcemaps.uploaded_file import describe
from tests.builds import DEBUG_ID, bundle, cart_bundle, raw_map

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _storage(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def sha1(content: bytes) -> str:
    return hashlib.sha1(content).hexdigest()


def send(project: Project, packed: bytes, size: int = 400, checksum: str = "") -> ArtifactBundle:
    """Chunks of a bundle, stored, and the bundle's row."""
    parts = [packed[start : start + size] for start in range(0, len(packed), size)]
    for part in parts:
        chunks.store_chunk(project.organisation_id, sha1(part), part)
    found, _ = artifacts.begin(project.pk, checksum or sha1(packed), [sha1(part) for part in parts], "1.0", "")
    return found


def assembled(project: Project, found: ArtifactBundle) -> ArtifactBundle:
    artifacts.assemble(project.pk, found.id)
    found.refresh_from_db()
    return found


def test_a_bundle_becomes_artifacts_and_a_release(project: Project) -> None:
    found = assembled(project, send(project, cart_bundle()))
    assert (found.state, found.detail, found.file_count) == ("ok", "", 2)
    rows = Artifact.objects.filter(project_id=project.pk, bundle_id=found.id).order_by("url")
    assert [(row.url, row.kind, str(row.debug_id), row.release) for row in rows] == [
        ("~/app.min.js", "minified_source", DEBUG_ID, "1.0"),
        ("~/app.min.js.map", "source_map", DEBUG_ID, "1.0"),
    ]
    assert rows[0].source_map_url == "app.min.js.map"
    assert rows[1].size == len(raw_map())
    assert Release.objects.filter(project_id=project.pk, version="1.0").exists()


def test_assembling_twice_changes_nothing(project: Project) -> None:
    found = assembled(project, send(project, cart_bundle()))
    ArtifactBundle.objects.update(state="created")
    Artifact.objects.all().delete()
    assembled(project, found)
    assembled(project, found)
    assert Artifact.objects.count() == 2


def test_a_wrong_checksum_is_an_error(project: Project) -> None:
    found = assembled(project, send(project, cart_bundle(), checksum="0" * 40))
    assert found.state == "error"
    assert f"not {'0' * 40}" in found.detail


def test_a_chunk_that_is_gone_is_an_error(project: Project) -> None:
    found = send(project, cart_bundle())
    default_storage.delete(f"chunks/{project.organisation_id}/{found.chunks[0]}")
    assert "send the upload again" in assembled(project, found).detail


def test_garbage_is_an_error(project: Project) -> None:
    assert "not SYSB" in assembled(project, send(project, b"garbage")).detail


def test_a_bundle_of_nothing_useful_is_an_error(project: Project) -> None:
    assert assembled(project, send(project, bundle({}))).detail == "the bundle holds no files"
    assert "no url" in assembled(project, send(project, bundle({"a": ({}, b"")}))).detail


def test_a_bundle_with_one_bad_file_is_kept_and_tells(project: Project) -> None:
    map_ = {"type": "source_map", "url": "~/a.map"}
    found = assembled(project, send(project, bundle({"a": (map_, raw_map()), "b": ({}, b"")})))
    assert (found.state, found.file_count) == ("ok", 1)
    assert "b: the manifest gives it no url" in found.detail


def test_blobs_are_content_addressed_and_compressed(tmp_path: Path) -> None:
    content = b"abc" * 10_000
    assert blobs.put(content) == blobs.put(content) == hashlib.sha256(content).hexdigest()
    (path,) = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert path.stat().st_size < 200
    assert zstandard.decompress(blobs.get_packed(path.name)) == content


def test_a_blob_cut_short_by_a_crash_is_written_again(tmp_path: Path) -> None:
    digest = blobs.put(b"abc")
    path = tmp_path / "blobs" / digest[:2] / digest
    path.write_bytes(path.read_bytes()[:3])
    blobs.put(b"abc")
    assert zstandard.decompress(blobs.get_packed(digest)) == b"abc"


def test_a_chunk_must_be_what_its_name_says() -> None:
    with pytest.raises(chunks.ChunksRefused, match="damaged"):
        chunks.store_chunk(1, sha1(b"a"), b"b")
    assert chunks.missing_chunks(1, [sha1(b"a"), sha1(b"a")]) == [sha1(b"a")]


def test_chunks_of_one_organisation_are_missing_in_another() -> None:
    chunks.store_chunk(1, sha1(b"a"), b"a")
    assert chunks.missing_chunks(2, [sha1(b"a")]) == [sha1(b"a")]


def test_old_chunks_are_dropped() -> None:
    chunks.store_chunk(1, sha1(b"a"), b"a")
    assert chunks.drop_old_chunks(1) == 0
    assert chunks.drop_old_chunks(1, timezone.now() + timedelta(days=2)) == 1
    assert chunks.missing_chunks(1, [sha1(b"a")]) == [sha1(b"a")]
    assert chunks.drop_old_chunks(2) == 0


def test_a_bundle_is_queued_once_and_again_when_it_seems_lost(project: Project) -> None:
    key = (project.pk, sha1(b""), [sha1(b"")], "1.0", "")
    assert [artifacts.begin(*key)[1] for _ in range(2)] == [True, False]
    ArtifactBundle.objects.update(created_at=timezone.now() - 2 * artifacts.PATIENCE)
    assert [artifacts.begin(*key)[1] for _ in range(2)] == [True, False]


@pytest.mark.parametrize(("state", "is_queued"), [("error", True), ("ok", False)])
def test_a_failed_bundle_gets_another_chance(project: Project, state: str, is_queued: bool) -> None:
    key = (project.pk, sha1(b""), [sha1(b"")], "1.0", "")
    artifacts.begin(*key)
    ArtifactBundle.objects.update(state=state, detail="d", created_at=timezone.now() - 2 * artifacts.PATIENCE)
    found, queued = artifacts.begin(*key)
    assert queued is is_queued
    assert (found.state, found.detail) == (("created", "") if is_queued else (state, "d"))


def test_lost_bundles_are_found_and_hopeless_ones_given_up(project: Project) -> None:
    key = {"project_id": project.pk, "chunks": [sha1(b"")], "state": "created"}
    fresh, lost, old = (
        ArtifactBundle.objects.create(**key, checksum=sha1(bytes([n])), created_at=timezone.now() - age)
        for n, age in enumerate([timedelta(0), timedelta(minutes=5), timedelta(days=2)])
    )
    assert artifacts.unassembled() == [(project.pk, lost.id)]
    old.refresh_from_db()
    fresh.refresh_from_db()
    assert (old.state, fresh.state) == ("error", "created")


def test_an_upload_whose_chunks_never_came_becomes_an_error(project: Project) -> None:
    for checksum in (sha1(b"old"), sha1(b"new")):
        artifacts.note_begun(project.pk, checksum, "1.0", "")
    waiting = ArtifactBundle.objects.filter(checksum=sha1(b"old"))
    waiting.update(created_at=timezone.now() - 2 * artifacts.BROKEN_OFF)
    assert artifacts.unassembled() == []
    states = dict(ArtifactBundle.objects.values_list("checksum", "state"))
    assert states == {sha1(b"old"): "error", sha1(b"new"): "created"}
    artifacts.note_begun(project.pk, sha1(b"old"), "1.0", "")
    found, is_to_be_queued = artifacts.begin(project.pk, sha1(b"old"), [sha1(b"old")], "1.0", "")
    assert (found.state, found.detail, is_to_be_queued) == ("created", "", True)


def test_a_loose_file_takes_the_place_of_its_namesake(project: Project) -> None:
    for content in (b"1", b"2"):
        artifacts.store_files(project.pk, "1.0", "", describe("~/a.js", content, {}))
    (row,) = Artifact.objects.filter(project_id=project.pk)
    assert row.blob == hashlib.sha256(b"2").hexdigest()


def test_a_build_folder(project: Project, tmp_path: Path) -> None:
    (tmp_path / "build" / "js").mkdir(parents=True)
    for name in ("js/a.js", "js/a.js.map", "index.html"):
        (tmp_path / "build" / name).write_bytes(raw_map() if name.endswith("map") else b"x")
    for _ in range(2):
        assert artifacts.store_build(project.pk, "1.0", [tmp_path / "build"], prefix="~/demo/") == 2
    urls = Artifact.objects.filter(project_id=project.pk).values_list("url", flat=True)
    assert sorted(urls) == ["~/demo/js/a.js", "~/demo/js/a.js.map"]


def test_dropping_a_release_leaves_others(project: Project) -> None:
    for version in ("1.0", "2.0"):
        artifacts.store_files(project.pk, version, "", describe("~/a.js", b"x", {}))
        Deploy.objects.create(project_id=project.pk, version=version, environment="p", finished_at=timezone.now())
    artifacts.drop_release(project.pk, "1.0")
    for model, column in ((Release, "version"), (Deploy, "version"), (Artifact, "release")):
        assert list(model.objects.values_list(column, flat=True)) == ["2.0"]
