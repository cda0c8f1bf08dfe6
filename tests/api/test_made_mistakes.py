"""Mistakes made with source maps, end to end: uploaded wrongly, an event sent, the doctor asked by the command line."""

import hashlib
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import ClientHandler
from django.utils import timezone

from edge import cli
from edge.sourcemaps.build import Script, find_scripts
from edge.sourcemaps.bundle import Target, files_of, write_bundle
from edge.sourcemaps.inject import inject
from monitor import tasks
from monitor.models import ArtifactBundle, Event, Release
from monitor.pipeline.process import process
from monitor.pipeline.sourcemaps import artifacts
from tests.api.caller import Caller, make_caller
from tests.builds import SHOP, minify
from tests.sending import batch, error_event

pytestmark = pytest.mark.django_db

Told = dict[str, Any]
URL = "https://shop.example/app.js"
RELEASE = "shop@1.0.0"
OTHER = "function prologue(list) { list.forEach(started); }" + SHOP


@pytest.fixture(autouse=True)
def _server(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """File storage of its own, bundles unpacked at once, and the command line's requests answered in this process."""
    settings.FARSIDE_DATA, settings.MEDIA_ROOT = tmp_path / "data", tmp_path / "blobs"
    monkeypatch.setattr(tasks.assemble_bundle, "delay", tasks.assemble_bundle.run)
    transport, real = httpx.WSGITransport(app=answered_here), httpx.Client
    monkeypatch.setattr(httpx, "Client", lambda **options: real(**options, transport=transport))


def answered_here(environ: Told, start_response: Any) -> list[bytes]:
    """The server as a WSGI application that keeps the test's connection to the database."""
    response = ClientHandler(enforce_csrf_checks=False)(environ)
    start_response(f"{response.status_code} {response.reason_phrase}", list(response.items()))
    return [response.content]


@pytest.fixture
def caller() -> Caller:
    return make_caller("project:releases", "event:read")


@pytest.fixture
def farside(caller: Caller) -> Callable[..., int]:
    """Runs `farside sourcemaps …`."""
    access = ["--server", "http://testserver", "--token", caller.plain]
    return lambda command, *arguments: cli.main(["sourcemaps", command, *access, *map(str, arguments)])


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    return build(tmp_path / "dist", SHOP)


def build(folder: Path, source: str, **changes: Any) -> Path:
    """A build's output: app.js, which names app.js.map, and that map."""
    folder.mkdir(exist_ok=True)
    script, source_map = minify(source, **changes)
    (folder / "app.js").write_bytes(script + b"//# sourceMappingURL=app.js.map\n")
    (folder / "app.js.map").write_bytes(source_map)
    return folder


def send_file(caller: Caller, name: str, content: bytes) -> None:
    """`curl -F`, which looks at nothing."""
    Release.objects.get_or_create(project_id=caller.project.pk, version=RELEASE)
    path = f"/api/0/projects/shop-org/shop/releases/{RELEASE}/files/"
    file = SimpleUploadedFile(name.rpartition("/")[2], content)
    assert Client().post(path, {"file": file, "name": name}, headers=caller.headers).status_code == 201


def send_event(caller: Caller, place: tuple[int, int], url: str = URL, **changes: Any) -> str:
    """An event that was thrown at that line and column (from 1); its id."""
    frame = {"filename": url, "abs_path": url, "function": "t", "lineno": place[0], "colno": place[1]}
    values = [{"type": "TypeError", "value": "no address", "stacktrace": {"frames": [frame]}}]
    event = error_event(release=RELEASE, exception={"values": values}, **changes)
    process(batch(caller.project, event))
    return str(event["event_id"])


def place_of(script: Path, word: str = "address") -> tuple[int, int]:
    """Line and column (from 1) of a word."""
    for number, line in enumerate(script.read_text().split("\n"), 1):
        if word in line and "_sentryDebugIds" not in line:
            return number, line.index(word) + 1
    raise AssertionError(f"{word} is not in {script}")


def debug_meta(debug_id: str, url: str = URL) -> Told:
    return {"debug_meta": {"images": [{"type": "sourcemap", "code_file": url, "debug_id": debug_id}]}}


def debug_id_of(script: Path) -> str:
    found = re.search(r"debugId=([0-9a-f-]{36})", script.read_text())
    assert found
    return found[1]


def asked(caller: Caller, event_id: str) -> Told:
    """What the doctor says of the one frame."""
    (frame,) = caller.get(f"/api/v1/projects/shop-org/shop/events/{event_id}/sourcemaps/").json()["frames"]
    return dict(frame)


def kind(caller: Caller, event_id: str) -> str:
    return str((asked(caller, event_id)["problem"] or {}).get("kind"))


def test_without_a_mistake_nothing_is_wrong(caller: Caller, farside: Any, dist: Path, capsys: Any) -> None:
    assert farside("upload", "--release", RELEASE, dist) == 0
    assert re.search(r"readable: ~/app\.js; app\.js:2:\d+ '\w+' is src/shop\.js:\d+:\d+", capsys.readouterr().out)
    told = asked(caller, send_event(caller, place_of(dist / "app.js"), **debug_meta(debug_id_of(dist / "app.js"))))
    assert (told["state"], told["source"], told["problem"]) == ("resolved", "src/shop.js:4:17", None)


def test_the_map_of_another_build_by_debug_id(caller: Caller, farside: Any, dist: Path, tmp_path: Path) -> None:
    deployed = build(tmp_path / "deployed", OTHER)
    for folder in (dist, deployed):
        assert farside_inject(folder)
    assert farside("upload", "--release", RELEASE, dist) == 0
    event_id = send_event(caller, place_of(deployed / "app.js"), **debug_meta(debug_id_of(deployed / "app.js")))
    told = asked(caller, event_id)
    assert (told["state"], told["problem"]["kind"]) == ("minified", "wrong_build")
    for debug_id in map(debug_id_of, (dist / "app.js", deployed / "app.js")):
        assert debug_id in told["problem"]["reason"]
    assert "Deploy the very files" in told["problem"]["remedy"]


def farside_inject(folder: Path) -> bool:
    """Debug ids into a build, as `farside sourcemaps inject` gives them."""
    return cli.main(["sourcemaps", "inject", str(folder)]) == 0


def test_the_map_of_another_build_by_what_it_says(caller: Caller, dist: Path) -> None:
    send_file(caller, "~/app.js", (dist / "app.js").read_bytes())
    send_file(caller, "~/app.js.map", minify(OTHER)[1])
    event_id = send_event(caller, place_of(dist / "app.js"))
    problem = asked(caller, event_id)["problem"]
    assert problem["kind"] == "wrong_build"
    assert "does not fit the script" in problem["reason"]


def test_a_map_without_contents(caller: Caller, farside: Any, tmp_path: Path, capsys: Any) -> None:
    folder = build(tmp_path / "bare", SHOP, sourcesContent=None)
    assert farside("upload", "--release", RELEASE, folder) == 0
    assert "sourcesContent" in capsys.readouterr().out
    event_id = send_event(caller, place_of(folder / "app.js"), **debug_meta(debug_id_of(folder / "app.js")))
    told = asked(caller, event_id)
    assert (told["source"], told["problem"]["kind"]) == ("src/shop.js:4:17", "no_contents")
    assert "Let the bundler write sourcesContent" in told["problem"]["remedy"]


def test_an_html_page_as_map(caller: Caller, dist: Path) -> None:
    send_file(caller, "~/app.js", (dist / "app.js").read_bytes())
    send_file(caller, "~/app.js.map", b"\n<!doctype html><title>Not found</title>")
    told = asked(caller, send_event(caller, place_of(dist / "app.js")))
    assert (told["state"], told["problem"]["kind"]) == ("minified", "html_as_map")
    assert "~/app.js.map is an HTML page" in told["problem"]["reason"]


def test_a_column_past_the_end(caller: Caller, farside: Any, dist: Path) -> None:
    assert farside("upload", "--release", RELEASE, "--no-inject", dist) == 0
    length = len((dist / "app.js").read_text().split("\n")[0])
    problem = asked(caller, send_event(caller, (1, length + 500)))["problem"]
    assert problem["kind"] == "column_past_end"
    assert f"ends at column {length}" in problem["reason"]
    assert kind(caller, send_event(caller, (9, 1))) == "line_past_end"


@pytest.mark.parametrize(
    ("uploaded", "served", "reason"),
    [
        ("~/js/shop.5f3a9c1b.js", "https://shop.example/assets/main.5f3a9c1b.js", "the same content hash in its name"),
        ("~/app.js", "https://shop.example/static/app.js", "the same file name in another folder"),
        ("~/app.js", "https://shop.example/app.5f3a9c1b.js", "the same name but for its hash"),
    ],
)
def test_a_renamed_file(caller: Caller, dist: Path, uploaded: str, served: str, reason: str) -> None:
    send_file(caller, uploaded, (dist / "app.js").read_bytes())
    send_file(caller, uploaded + ".map", (dist / "app.js.map").read_bytes())
    told = asked(caller, send_event(caller, place_of(dist / "app.js"), url=served))
    assert (told["state"], told["problem"]["kind"]) == ("minified", "renamed")
    assert f"{uploaded} is, with {reason}" in told["problem"]["reason"]


def test_the_wrong_dist(caller: Caller, farside: Any, dist: Path) -> None:
    assert farside("upload", "--release", RELEASE, "--no-inject", "--dist", "42", dist) == 0
    problem = asked(caller, send_event(caller, place_of(dist / "app.js"), dist="43"))["problem"]
    assert problem["kind"] == "wrong_dist"
    assert "for dist 42, the event has dist 43" in problem["reason"]


def test_an_injected_file_with_the_map_from_before(caller: Caller, dist: Path) -> None:
    before = (dist / "app.js.map").read_bytes()
    inject(Script(dist / "app.js", dist / "app.js.map"))
    send_file(caller, "~/app.js", (dist / "app.js").read_bytes())
    send_file(caller, "~/app.js.map", before)
    told = asked(caller, send_event(caller, place_of(dist / "app.js")))
    assert (told["state"], told["problem"]["kind"]) == ("minified", "map_before_injection")
    assert "inject once" in told["problem"]["remedy"]


def test_an_upload_that_broke_off_half_way(caller: Caller, dist: Path) -> None:
    packed = bundle_of(dist)
    halves = [packed[: len(packed) // 2], packed[len(packed) // 2 :]]
    digests = [hashlib.sha1(half).hexdigest() for half in halves]
    order = {"checksum": hashlib.sha1(packed).hexdigest(), "chunks": digests, "projects": ["shop"], "version": RELEASE}
    base = "/api/0/organizations/shop-org"
    assert caller.post(f"{base}/artifactbundle/assemble/", order).json()["state"] == "not_found"
    parts = {"file": SimpleUploadedFile(digests[0], halves[0])}
    assert Client().post(f"{base}/chunk-upload/", parts, headers=caller.headers).status_code == 200
    event_id = send_event(caller, place_of(dist / "app.js"))
    problem = asked(caller, event_id)["problem"]
    assert problem["kind"] == "upload_broken_off"
    assert "Run the upload again" in problem["remedy"]
    ArtifactBundle.objects.update(created_at=timezone.now() - 2 * artifacts.BROKEN_OFF)
    assert artifacts.unassembled() == []
    assert kind(caller, event_id) == "upload_broken_off"


def test_the_upload_goes_on_after_it_broke_off(caller: Caller, dist: Path, farside: Any) -> None:
    artifacts.note_begun(caller.project.pk, hashlib.sha1(bundle_of(dist)).hexdigest(), RELEASE, "")
    assert farside("upload", "--release", RELEASE, "--no-inject", dist) == 0
    assert ArtifactBundle.objects.get().state == "ok"


def bundle_of(folder: Path) -> bytes:
    """The bundle that the command line makes of a folder."""
    packed = io.BytesIO()
    groups = files_of(find_scripts(folder), folder, "~/")
    write_bundle([file for group in groups for file in group], Target("shop-org", "shop", RELEASE), packed)
    return packed.getvalue()


def test_an_upload_that_was_refused(caller: Caller, dist: Path) -> None:
    digest = hashlib.sha1(b"garbage").hexdigest()
    order = {"checksum": digest, "chunks": [digest], "projects": ["shop"], "version": RELEASE}
    base = "/api/0/organizations/shop-org"
    Client().post(f"{base}/chunk-upload/", {"file": SimpleUploadedFile(digest, b"garbage")}, headers=caller.headers)
    caller.post(f"{base}/artifactbundle/assemble/", order)
    problem = asked(caller, send_event(caller, place_of(dist / "app.js")))["problem"]
    assert problem["kind"] == "upload_failed"
    assert "not SYSB" in problem["reason"]


def test_an_upload_after_the_event(caller: Caller, farside: Any, dist: Path) -> None:
    event_id = send_event(caller, place_of(dist / "app.js"))
    assert kind(caller, event_id) == "nothing_uploaded"
    assert farside("upload", "--release", RELEASE, "--no-inject", dist) == 0
    assert Event.objects.filter(event_id=event_id).exists()
    assert kind(caller, event_id) == "uploaded_late"


def test_the_command_line_explains(caller: Caller, farside: Any, dist: Path, capsys: Any) -> None:
    event_id = send_event(caller, place_of(dist / "app.js"))
    assert farside("explain", event_id) == 0
    told = capsys.readouterr().out
    assert f"event {event_id}, release {RELEASE}\nTypeError\n   1 t  {URL}:1:" in told
    assert f"why: Nothing was uploaded for release {RELEASE}.\n" in told
    assert "remedy: Run `farside sourcemaps upload`" in told


def test_an_event_that_is_not_there(farside: Any, capsys: Any) -> None:
    assert farside("explain", "0" * 32) == 1
    assert "There is no such event" in capsys.readouterr().err
