"""Chunked uploads, as sentry-cli and the bundler plugins speak them."""

import gzip
import hashlib
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from monitor import tasks
from monitor.api import uploads
from monitor.models import Artifact, ArtifactBundle, Project, Release
from monitor.pipeline.sourcemaps import artifacts
from tests.api.caller import Caller, make_caller
from tests.builds import cart_bundle

pytestmark = pytest.mark.django_db

BASE = "/api/0/organizations/shop-org"
ASSEMBLE = f"{BASE}/artifactbundle/assemble/"


@pytest.fixture(autouse=True)
def queued(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """File storage of its own, and a note of what was queued in place of the worker."""
    settings.MEDIA_ROOT = tmp_path
    found: list[tuple[int, int]] = []
    monkeypatch.setattr(tasks.assemble_bundle, "delay", lambda *ids: found.append(ids))
    return found


@pytest.fixture
def caller() -> Caller:
    return make_caller("project:releases", whole_organisation=True)


def sha1(content: bytes) -> str:
    return hashlib.sha1(content).hexdigest()


def send(caller: Caller, *parts: tuple[str, str, bytes]) -> Any:
    """POST parts of (field, file name, content)."""
    files: dict[str, list[SimpleUploadedFile]] = {}
    for field, name, content in parts:
        files.setdefault(field, []).append(SimpleUploadedFile(name, content))
    return Client().post(f"{BASE}/chunk-upload/", files, headers=caller.headers)


def order(content: bytes = b"", **changes: Any) -> dict[str, Any]:
    digest = sha1(content or cart_bundle())
    return {"checksum": digest, "chunks": [digest], "projects": ["shop"], "version": "app@1.0.0"} | changes


def test_what_the_server_takes(caller: Caller) -> None:
    told = caller.get(f"{BASE}/chunk-upload/").json()
    assert told["url"] == f"http://testserver{BASE}/chunk-upload/"
    assert (told["hashAlgorithm"], told["compression"]) == ("sha1", ["gzip"])
    assert {"artifact_bundles", "release_files"} <= set(told["accept"])
    assert told["chunkSize"] <= told["maxRequestSize"]


def test_the_whole_conversation(caller: Caller, queued: list[tuple[int, int]]) -> None:
    packed = cart_bundle()
    wanted = {"state": "not_found", "missingChunks": [sha1(packed)], "detail": None}
    assert caller.post(ASSEMBLE, order()).json() == wanted
    assert send(caller, ("file_gzip", sha1(packed), gzip.compress(packed))).status_code == 200
    assert caller.post(ASSEMBLE, order()).json() == {"state": "created", "missingChunks": [], "detail": None}
    assert caller.post(ASSEMBLE, order()).json()["state"] == "created"
    ((project_id, bundle_id),) = queued
    artifacts.assemble(project_id, bundle_id)
    assert caller.post(ASSEMBLE, order()).json() == {"state": "ok", "missingChunks": [], "detail": None}
    assert Artifact.objects.filter(project_id=caller.project.pk, release="app@1.0.0").count() == 2


def test_an_upload_may_go_to_several_projects(caller: Caller, queued: list[tuple[int, int]]) -> None:
    Project.objects.create(organisation=caller.project.organisation, name="B", slug="b")
    packed = cart_bundle()
    send(caller, ("file", sha1(packed), packed))
    caller.post(ASSEMBLE, order(projects=["shop", "b"]))
    artifacts.assemble(*queued[0])
    assert caller.post(ASSEMBLE, order(projects=["shop", "b"])).json()["state"] == "created"
    artifacts.assemble(*queued[1])
    assert caller.post(ASSEMBLE, order(projects=["shop", "b"])).json()["state"] == "ok"


def test_a_refused_bundle_says_why(caller: Caller, queued: list[tuple[int, int]]) -> None:
    send(caller, ("file", sha1(b"garbage"), b"garbage"))
    caller.post(ASSEMBLE, order(b"garbage"))
    artifacts.assemble(*queued[0])
    told = caller.post(ASSEMBLE, order(b"garbage")).json()
    assert told["state"] == "error"
    assert "not SYSB" in told["detail"]


def test_a_broker_that_is_away_loses_nothing(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*ids: int) -> None:
        raise uploads.OperationalError("no broker")

    monkeypatch.setattr(tasks.assemble_bundle, "delay", away)
    send(caller, ("file", sha1(cart_bundle()), cart_bundle()))
    assert caller.post(ASSEMBLE, order()).json()["state"] == "created"
    assert ArtifactBundle.objects.get().state == "created"


@pytest.mark.parametrize(
    ("parts", "status", "detail"),
    [
        ([], 400, "Send 1 to 64 parts"),
        ([("other", "x", b"x")], 400, "Send 1 to 64 parts"),
        ([("file", sha1(b"a"), b"b")], 400, "damaged"),
        ([("file", "nonsense", b"b")], 400, "damaged"),
        ([("file_gzip", sha1(b"a"), b"not gzip")], 400, "not gzip"),
    ],
)
def test_bad_chunks(caller: Caller, parts: Any, status: int, detail: str) -> None:
    response = send(caller, *parts)
    assert response.status_code == status
    assert detail in response.json()["detail"]


@pytest.mark.parametrize("field", ["file", "file_gzip"])
def test_a_chunk_too_large_is_413(caller: Caller, field: str) -> None:
    content = bytes(uploads.CHUNK_BYTES + 1)
    packed = gzip.compress(content) if field == "file_gzip" else content
    assert send(caller, (field, sha1(content), packed)).status_code == 413


def test_a_request_too_large_is_413(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MAX_REQUEST_BYTES", -uploads._ENVELOPE_BYTES + 100)
    assert send(caller, ("file", sha1(b"a"), b"a")).status_code == 413


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"checksum": "../../x"}, "no SHA-1"),
        ({"chunks": ["A" * 40]}, "no SHA-1"),
        ({"chunks": []}, "chunks"),
        ({"chunks": "x"}, "chunks"),
        ({"projects": []}, "projects"),
        ({"projects": ["unknown"]}, "no project 'unknown'"),
        ({"version": 250 * "x" + "x"}, "version"),
    ],
)
def test_bad_orders_are_400(caller: Caller, changes: dict[str, Any], detail: str) -> None:
    response = caller.post(ASSEMBLE, order(**changes))
    assert response.status_code == 400
    assert detail in response.json()["detail"]


def test_sentry_cli_2_assembles_for_the_release(caller: Caller, queued: list[tuple[int, int]]) -> None:
    packed = cart_bundle()
    send(caller, ("file", sha1(packed), packed))
    path = f"{BASE}/releases/app@1.0.2/assemble/"
    body = {"checksum": sha1(packed), "chunks": [sha1(packed)]}
    assert caller.post(path, body).status_code == 404
    Release.objects.create(project_id=caller.project.pk, version="app@1.0.2")
    assert caller.post(path, body).json()["state"] == "created"
    artifacts.assemble(*queued[0])
    assert Artifact.objects.filter(project_id=caller.project.pk, release="app@1.0.2").count() == 2


@pytest.mark.parametrize("path", [ASSEMBLE, f"{BASE}/chunk-upload/", f"{BASE}/releases/1/assemble/"])
def test_uploads_need_the_scope(path: str) -> None:
    assert make_caller("project:read", "event:write").post(path, {}).status_code == 403


def test_a_project_token_uploads_to_its_project_alone() -> None:
    whole = make_caller("project:releases", whole_organisation=True)
    Project.objects.create(organisation=whole.project.organisation, name="B", slug="b")
    own = make_caller("project:releases")
    assert own.post(ASSEMBLE, order()).status_code == 200
    assert own.post(ASSEMBLE, order(projects=["b"])).status_code == 400


def test_another_organisation_is_404(caller: Caller) -> None:
    make_caller("project:releases", slug="other")
    assert caller.get("/api/0/organizations/other-org/chunk-upload/").status_code == 404
