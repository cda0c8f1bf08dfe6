"""What opening a map and its script tells: lengths in UTF-16, words that fit, snippets, a second opinion."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import zstandard

from monitor.pipeline.sourcemaps import blobs, oracle
from monitor.pipeline.sourcemaps.reading import Sample, fit_of, read, second_opinions
from monitor.pipeline.sourcemaps.script import Script, open_script
from tests.builds import DEBUG_ID, SHOP, minify, raw_map


@pytest.fixture(autouse=True)
def _storage(settings: Any, tmp_path: Path) -> None:
    settings.FARSIDE_DATA, settings.MEDIA_ROOT = tmp_path, tmp_path / "blobs"


def test_lines_of_a_script_in_utf16() -> None:
    script = Script("\ufeffa😀b\r\nzwei\rdrei\n".encode())
    assert [script.line_length(line) for line in range(len(script))] == [4, 4, 4, 0]
    assert list(script.words(1)) == [(1, 0, "zwei")]


def test_words_are_spread_and_no_keywords() -> None:
    words = list(Script(b"return first;" + b" " * 5000 + b"function second(){}").words(50))
    assert [word for _, _, word in words] == ["first", "second"]


def test_a_snippet_and_its_debug_id() -> None:
    script = Script(f'"use strict";\nself._sentryDebugIds={{}};\n//# debugId={DEBUG_ID}'.encode())
    assert (script.snippet(), script.debug_id) == ((1, 5), UUID(DEBUG_ID))
    assert Script(b"a").snippet() is None


def test_a_script_that_is_gone() -> None:
    assert open_script("0" * 64) is None


def test_a_map_fits_its_own_script() -> None:
    script, source_map = (blobs.put(content) for content in minify(SHOP))
    fit = fit_of(source_map, script)
    assert fit.share == 1.0
    assert fit.sample == Sample(1, 8, "formatPrice", "src/shop.js:1:10", is_same=True)


def test_a_map_fits_a_source_beyond_ascii() -> None:
    script, source_map = (blobs.put(content) for content in minify("'😀é'; " + SHOP.replace("\n", " ")))
    assert fit_of(source_map, script).share == 1.0


def test_another_builds_map_does_not_fit() -> None:
    script, source_map = blobs.put(minify(SHOP)[0]), blobs.put(minify(SHOP[::-1])[1])
    share = fit_of(source_map, script).share
    assert share is not None
    assert share < 0.15


def test_a_small_script_says_nothing_about_the_fit() -> None:
    assert fit_of(blobs.put(raw_map()), blobs.put(b"x")).share is None


def test_without_contents_a_word_is_still_followed() -> None:
    script, source_map = (blobs.put(content) for content in minify(SHOP, sourcesContent=[None]))
    fit = fit_of(source_map, script)
    assert fit.share is None
    assert fit.sample == Sample(1, 8, "formatPrice", "src/shop.js:1:10", is_same=False)


def test_a_position_in_a_map() -> None:
    reading = read(blobs.put(raw_map(debugId=DEBUG_ID)), blobs.put(b"x" * 30), 1, 11)
    assert (reading.source, reading.line_length, reading.map_debug_id) == ("src/cart.js:3:12", 30, UUID(DEBUG_ID))
    assert (reading.has_contents, reading.is_inside_source, reading.refusal) == (True, True, "")


def test_a_map_that_leads_past_its_source() -> None:
    assert read(blobs.put(raw_map(sourcesContent=["one line"])), "", 1, 11).is_inside_source is False
    assert read(blobs.put(raw_map(sourcesContent=["\n\nshort"])), "", 1, 11).is_inside_source is False


def test_a_debug_id_at_the_end_of_a_large_map() -> None:
    raw = raw_map(sourcesContent=["x" * 1_048_500], debugId=DEBUG_ID)
    assert read(blobs.put(raw), "", 1, 1).map_debug_id == UUID(DEBUG_ID)


def test_the_second_reader_agrees() -> None:
    assert second_opinions(blobs.put(raw_map()), [(1, 11), (1, 1), (2, 1)]) == [
        "src/cart.js:3:12",
        "src/cart.js:1:1",
        "",
    ]


@pytest.mark.parametrize("raw", [b"<html>", b'{"sections": []}', b"[]"])
def test_the_second_reader_has_no_opinion_on_what_it_cannot_read(raw: bytes) -> None:
    assert second_opinions(blobs.put(raw), [(1, 1)]) is None


def test_the_second_reader_is_not_asked_about_huge_maps() -> None:
    huge = zstandard.compress(b" " * (oracle.MAX_BYTES + 1))
    assert oracle.ask(huge, [(0, 0)]) is None
