"""Frames become readable, or say exactly why they did not."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from monitor.models import Artifact, Project
from monitor.pipeline.lru import ByteLru
from monitor.pipeline.payload import DebugImage, ExceptionValue, Frame, Payload, RawFrame
from monitor.pipeline.sourcemaps import sourcemap
from monitor.pipeline.sourcemaps.artifacts import store_build, store_files
from monitor.pipeline.sourcemaps.uploaded_file import describe
from monitor.pipeline.symbolicate import symbolicate
from tests.builds import DEBUG_ID, DEMO, raw_map

URL = "https://shop.example/app.min.js"
NOW = datetime(2026, 11, 22, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _storage(settings: Any, tmp_path: Path) -> None:
    settings.FARSIDE_DATA, settings.MEDIA_ROOT = tmp_path, tmp_path / "blobs"


def upload(project: Project, raw: bytes | None = None, release: str = "1.0", dist: str = "", **headers: str) -> None:
    """app.min.js, which names app.min.js.map, and that map."""
    files = describe("~/app.min.js", b"x", {"Sourcemap": "app.min.js.map", **headers})
    store_files(project.pk, release, dist, files + describe("~/app.min.js.map", raw or raw_map(), headers))


def payload(*frames: Frame, debug_id: str = "", release: str = "1.0", **changes: Any) -> Payload:
    images = (DebugImage(URL, debug_id),) if debug_id else ()
    values = (ExceptionValue(type="TypeError", frames=frames),)
    fixed = {"event_id": "0" * 32, "day": NOW.date(), "occurred_at": NOW, "received_at": NOW}
    fields = {"platform": "javascript", "release": release, "debug_images": images, "exceptions": values}
    return Payload(**{**fixed, **fields, **changes})


def frame(lineno: int | None = 1, colno: int | None = 11, url: str = URL, **changes: Any) -> Frame:
    return Frame(filename="/app.min.js", abs_path=url, function="t", lineno=lineno, colno=colno, **changes)


def resolved(project: Project, *frames: Frame, **changes: Any) -> Frame:
    """The first frame after the step."""
    (after,) = symbolicate([(project.pk, payload(*(frames or (frame(),)), **changes))])
    return after.exceptions[0].frames[0]


def test_a_frame_by_debug_id(project: Project) -> None:
    upload(project, release="other", **{"debug-id": DEBUG_ID})
    found = resolved(project, debug_id=DEBUG_ID.upper(), release="")
    assert (found.filename, found.module, found.function) == ("src/cart.js", "src/cart", "Cart.total")
    assert (found.lineno, found.colno) == (3, 12)
    assert found.pre_context == ("export class Cart {", "  total(lines) {")
    assert found.context_line == "    return lines.map((line) => line.price.cents);"
    assert found.post_context == ("  }", "}", "")
    assert found.raw == RawFrame("/app.min.js", "t", 1, 11)
    assert (found.abs_path, found.in_app, found.note) == (URL, True, "")


def test_a_frame_by_release_and_url(project: Project) -> None:
    upload(project)
    assert resolved(project).filename == "src/cart.js"


def test_query_and_fragment_do_not_matter(project: Project) -> None:
    upload(project)
    assert resolved(project, frame(url=URL + "?v=3#x")).filename == "src/cart.js"


def test_the_debug_id_goes_before_the_release(project: Project) -> None:
    upload(project, raw_map(sources=["by_release.js"]))
    upload(project, raw_map(sources=["by_id.js"]), release="2.0", **{"debug-id": DEBUG_ID})
    assert resolved(project, debug_id=DEBUG_ID).filename == "by_id.js"


def test_an_unknown_debug_id_falls_back_to_the_release(project: Project) -> None:
    upload(project)
    assert resolved(project, debug_id=DEBUG_ID).filename == "src/cart.js"


def test_the_newest_upload_wins(project: Project) -> None:
    for name in ("old.js", "new.js"):
        store_files(project.pk, "", "", describe("~/x.map", raw_map(sources=[name]), {"debug-id": DEBUG_ID}))
        Artifact.objects.filter(project_id=project.pk).update(bundle_id=1)
    assert resolved(project, debug_id=DEBUG_ID).filename == "new.js"


@pytest.mark.parametrize(
    ("script_url", "named", "map_url"),
    [
        (URL, "app.min.js.map", "https://shop.example/app.min.js.map"),
        ("~/app.min.js", "https://cdn.example/maps/a.map", "~/maps/a.map"),
        ("~/app.min.js", "/maps/a.map", "~/maps/a.map"),
        ("~/app.min.js", "./app.min.js.map?v=1", "~/app.min.js.map"),
        (URL, "http://[bad", "http://[bad"),
    ],
)
def test_how_scripts_name_their_maps(project: Project, script_url: str, named: str, map_url: str) -> None:
    store_files(project.pk, "1.0", "", describe(script_url, b"x", {"sourcemap": named}))
    store_files(project.pk, "1.0", "", describe(map_url, raw_map(), {}, "source_map"))
    assert resolved(project).filename == "src/cart.js"


def test_a_map_uploaded_without_its_script(project: Project) -> None:
    store_files(project.pk, "1.0", "", describe("~/app.min.js.map", raw_map(), {}))
    assert resolved(project).filename == "src/cart.js"


def test_a_map_inside_of_the_script(project: Project) -> None:
    inline = b"data:application/json," + raw_map()
    store_files(
        project.pk, "1.0", "", describe("~/app.min.js", b"x\n//# sourceMappingURL=" + inline.replace(b" ", b""), {})
    )
    assert resolved(project).lineno == 3


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"debug_id": DEBUG_ID, "release": "2.0"}, f"no source map was uploaded for its debug id {DEBUG_ID}"),
        ({"release": "2.0"}, "it carries no debug id, and nothing was uploaded for release 2.0"),
        ({"release": ""}, "the event names no release"),
        ({"dist": "7"}, "was uploaded for dist (none), but the event has dist 7"),
        ({"debug_id": "nonsense", "release": ""}, "it carries no debug id"),
    ],
)
def test_why_an_event_found_no_map(project: Project, changes: dict[str, Any], note: str) -> None:
    upload(project)
    found = resolved(project, **changes)
    assert note in found.note
    assert found.raw is None
    assert found.filename == "/app.min.js"


@pytest.mark.parametrize(
    ("changed", "note"),
    [
        ({"url": "https://shop.example/b.js"}, "~/b.js is not among the files uploaded for release 1.0"),
        ({"url": "http://[bad"}, "is not among the files"),
        ({"lineno": 2}, "has nothing for line 2, column 11"),
        ({"colno": None}, "gave no line and column"),
        ({"url": "chrome-extension://abc/x.js"}, "browser extension"),
    ],
)
def test_why_a_frame_found_no_position(project: Project, changed: dict[str, Any], note: str) -> None:
    upload(project)
    assert note in resolved(project, frame(**changed)).note


def test_a_script_uploaded_without_map(project: Project) -> None:
    store_files(project.pk, "1.0", "", describe("~/app.min.js", b"x", {}))
    assert "was uploaded, but names no source map" in resolved(project).note
    store_files(project.pk, "1.0", "", describe("~/app.min.js", b"x", {"sourcemap": "gone.map"}))
    assert "names the source map ~/gone.map, which was not uploaded" in resolved(project).note


def test_a_refused_map_says_why(project: Project) -> None:
    upload(project, b"<!doctype html>")
    assert "the source map was refused: it is HTML" in resolved(project).note


def test_a_map_without_content(project: Project) -> None:
    upload(project, raw_map(sourcesContent=None))
    found = resolved(project)
    assert (found.filename, found.lineno, found.function) == ("src/cart.js", 3, "t")
    assert (found.context_line, found.note) == (None, "")


def test_a_source_without_a_name(project: Project) -> None:
    upload(project, raw_map(sources=[None]))
    found = resolved(project)
    assert (found.filename, found.function, found.lineno) == ("/app.min.js", "Cart.total", 3)


def test_content_that_is_too_short(project: Project) -> None:
    upload(project, raw_map(sourcesContent=["one line"]))
    assert resolved(project).context_line is None


@pytest.mark.parametrize("changes", [{"sources": ["../node_modules/react/a.js"]}, {"ignoreList": [0]}])
def test_libraries_are_not_in_app(project: Project, changes: dict[str, Any]) -> None:
    upload(project, raw_map(**changes))
    assert resolved(project).in_app is False


def test_context_is_fit_for_the_database(project: Project) -> None:
    upload(project, raw_map(sourcesContent=["\n\na\x00\ud800" + "x" * 1000]))
    line = resolved(project).context_line
    assert line is not None
    assert len(line) == 300
    assert line.encode()[:6] == "a\ufffd?".encode() + b"x"


def test_native_and_resolved_frames_are_left_alone(project: Project) -> None:
    upload(project)
    native = frame(url="[native code]")
    done = frame(raw=RawFrame("/app.min.js", "t", 1, 11))
    assert resolved(project, native) == native
    assert resolved(project, done) == done


def test_other_platforms_pass_through(project: Project) -> None:
    event = payload(frame(), platform="python")
    assert symbolicate([(project.pk, event)]) == [event]
    assert symbolicate([]) == []


def test_another_project_maps_nothing(project: Project) -> None:
    other = Project.objects.create(organisation=project.organisation, name="B", slug="b")
    upload(other, **{"debug-id": DEBUG_ID})
    assert resolved(project, debug_id=DEBUG_ID).raw is None


def test_a_batch_costs_one_query_and_keeps_its_order(project: Project, django_assert_num_queries: Any) -> None:
    upload(project, **{"debug-id": DEBUG_ID})
    events = [payload(frame(colno=1 + 10 * (n % 3)), debug_id=DEBUG_ID, event_id=f"{n:032x}") for n in range(60)]
    with django_assert_num_queries(1):
        done = symbolicate([(project.pk, event) for event in events])
    assert [event.event_id for event in done] == [event.event_id for event in events]
    assert [event.exceptions[0].frames[0].colno for event in done[:3]] == [1, 12, 42]


def test_a_failure_leaves_the_event_as_it_came(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    upload(project)

    def fail(blob: str) -> None:
        raise OSError("the disk is gone")

    monkeypatch.setattr(sourcemap, "load", fail)
    monkeypatch.setattr("monitor.pipeline.symbolicate._resolved", ByteLru(0))
    (after,) = symbolicate([(project.pk, payload(frame()))])
    assert after.exceptions[0].frames == (frame(),)
    assert "source maps could not be applied (OSError)" in after.notes[0]


def test_the_demo_shop_is_readable(project: Project) -> None:
    """The script's own position of the thrown error: where `Thermos` is looked up in the catalog."""
    assert store_build(project.pk, "demo", [DEMO / "public", DEMO / "maps"], prefix="~/demo/") == 2
    script = next((DEMO / "public" / "assets").glob("*.js"))
    lines = script.read_text().split("\n")
    line = next(number for number, text in enumerate(lines) if ".price.cents" in text)
    url = f"http://localhost:8000/demo/assets/{script.name}"
    found = resolved(project, frame(line + 1, lines[line].index(".price.cents") + 2, url=url), release="demo")
    assert found.filename.startswith("src/")
    assert "price.cents" in (found.context_line or "")
