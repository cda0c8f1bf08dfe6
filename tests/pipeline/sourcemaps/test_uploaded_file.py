"""What an uploaded file tells about itself."""

from uuid import UUID

import pytest

from monitor.pipeline.sourcemaps.uploaded_file import describe, kind_of
from tests.builds import DEBUG_ID, raw_map


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("~/a.js", "minified_source"),
        ("~/a.MJS?v=1", "minified_source"),
        ("~/a.js.map", "source_map"),
        ("~/a.css.map", "source_map"),
        ("~/src/a.ts", "source"),
        ("~/a", "source"),
    ],
)
def test_kind_of(url: str, kind: str) -> None:
    assert kind_of(url) == kind


@pytest.mark.parametrize("headers", [{"debug-id": DEBUG_ID}, {"Debug-Id": DEBUG_ID.upper()}])
def test_the_debug_id_of_the_headers(headers: dict[str, str]) -> None:
    assert describe("~/a.js", b"x", headers)[0].debug_id == UUID(DEBUG_ID)


def test_the_debug_id_of_the_content() -> None:
    script = f"x\n//# debugId={DEBUG_ID}\n//# sourceMappingURL=a.js.map\n".encode()
    assert describe("~/a.js", script, {})[0].debug_id == UUID(DEBUG_ID)
    assert describe("~/a.js.map", raw_map(debug_id=DEBUG_ID), {})[0].debug_id == UUID(DEBUG_ID)
    assert describe("~/a.js.map", raw_map(debugId=DEBUG_ID), {})[0].debug_id == UUID(DEBUG_ID)


@pytest.mark.parametrize("debug_id", ["", "x", "0" * 40])
def test_what_is_no_debug_id(debug_id: str) -> None:
    assert describe("~/a.js", b"x", {"debug-id": debug_id})[0].debug_id is None


@pytest.mark.parametrize(
    ("script", "named"),
    [
        (b"x\n//# sourceMappingURL=a.js.map", "a.js.map"),
        (b"x\n//@ sourceMappingURL=a.js.map\n", "a.js.map"),
        (b"x\n/*# sourceMappingURL=a.js.map*/", "a.js.map"),
        (b"x\n//# sourceMappingURL=old.map\n//# sourceMappingURL=a.js.map", "a.js.map"),
        (b"let sourceMappingURL=4", ""),
        (b"x //# sourceMappingURL=", ""),
        (b"x", ""),
    ],
)
def test_the_map_a_script_names(script: bytes, named: str) -> None:
    assert describe("~/a.js", script, {})[0].source_map_url == named


@pytest.mark.parametrize("header", ["Sourcemap", "sourcemap", "X-SourceMap"])
def test_headers_go_before_comments(header: str) -> None:
    script = b"x\n//# sourceMappingURL=comment.map"
    assert describe("~/a.js", script, {header: "header.map"})[0].source_map_url == "header.map"


def test_an_inline_map_becomes_a_file() -> None:
    script = f"x\n//# sourceMappingURL=data:application/json,{{}}\n//# debugId={DEBUG_ID}".encode()
    minified, inline = describe("~/js/a.js", script, {})
    assert (minified.source_map_url, inline.url) == ("a.js.inline.map", "~/js/a.js.inline.map")
    assert (inline.kind, inline.content) == ("source_map", b"data:application/json,{}")
    assert inline.debug_id == minified.debug_id == UUID(DEBUG_ID)


def test_a_url_is_fit_for_the_database() -> None:
    assert describe("~/a\x00.js" + "x" * 2000, b"", {}, "source")[0].url.startswith("~/a\ufffd.js")
