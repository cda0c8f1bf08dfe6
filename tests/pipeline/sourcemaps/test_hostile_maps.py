"""Hostile source maps: each is refused with its reason, within 2 s of processor time and 512 MB, by a process apart."""

import base64
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from monitor.pipeline.lru import ByteLru
from monitor.pipeline.sourcemaps import blobs, compile_map, sourcemap
from monitor.pipeline.sourcemaps.map_index import MapRefused, Token
from tests.builds import make_map, raw_map

MILLION = 1_000_000
PLAIN = b'{"version":3,"sources":[],"mappings":""}'


@pytest.fixture(autouse=True)
def _limits(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.FARSIDE_DATA, settings.MEDIA_ROOT = tmp_path, tmp_path / "blobs"
    monkeypatch.setattr(sourcemap, "_open", ByteLru(sourcemap.MAX_MEMORY_BYTES))
    monkeypatch.setattr(sourcemap, "COMPILE_SECONDS", 2)
    assert sourcemap.COMPILE_BYTES <= 512 << 20


def with_field(name: str, value: bytes) -> bytes:
    """A map with one field as it is given."""
    return b'{"version":3,"sources":["a"],"mappings":"AAAA","%s":%s}' % (name.encode(), value)


def with_mappings(mappings: str) -> bytes:
    return b'{"version":3,"sources":["a"],"names":["a"],"mappings":"%s"}' % mappings.encode()


def with_sections(count: int, offset: bytes = b'{"line":%d,"column":0}', inner: bytes = PLAIN) -> bytes:
    places = (offset % number if b"%d" in offset else offset for number in range(count))
    return b'{"version":3,"sections":[%s]}' % b",".join(b'{"offset":%s,"map":%s}' % (at, inner) for at in places)


def nested_sections(depth: int) -> bytes:
    inner: Any = make_map()
    for _ in range(depth):
        inner = {"version": 3, "sections": [{"offset": {"line": 0, "column": 0}, "map": inner}]}
    return json.dumps(inner).encode()


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    # What is no source map.
    "an error page": (lambda: b"<!doctype html><h1>404</h1>", "HTML"),
    "an error page after a BOM": (lambda: b"\xef\xbb\xbf\n <html>", "HTML"),
    "an error page as a data: URL": (lambda: b"data:text/html;base64," + base64.b64encode(b"<html>"), "HTML"),
    "a script": (lambda: b"(()=>{})();\n//# sourceMappingURL=a.js.map", "not JSON"),
    "a gzip file": (lambda: gzip.compress(raw_map()), "not JSON"),
    "zeros": (lambda: bytes(10 * MILLION), "not JSON"),
    "UTF-16": (lambda: raw_map().decode().encode("utf-16"), "not JSON"),
    "half a map": (lambda: raw_map()[:-40], "not JSON"),
    "two maps": (lambda: raw_map() + raw_map(), "not JSON"),
    "a prefix without a line end": (lambda: b")]}'" + raw_map(), "not JSON"),
    "a data: URL of nonsense": (lambda: b"data:application/json;base64,?!x", "base64"),
    # Sizes.
    "130 MB of spaces, 4 kB packed": (lambda: b" " * (130 * MILLION), "larger than"),
    "120 MB of line ends": (lambda: with_field("sourcesContent", b'["%s"]' % (b"\\n" * (60 * MILLION))), "of memory"),
    "thirty million sources": (
        lambda: b'{"version":3,"mappings":"","sources":[%s""]}' % (b'"",' * (30 * MILLION)),
        "2,000,000 sources",
    ),
    "a million sources": (lambda: b'{"version":3,"mappings":"","sources":[%s""]}' % (b'"",' * MILLION), "sources"),
    "thirty million names": (lambda: with_field("names", b'[%s""]' % (b'"",' * (30 * MILLION))), "2,000,000 names"),
    "numbers to ignore": (lambda: with_field("x_google_ignoreList", b"[%s0]" % (b"9," * (60 * MILLION))), "of memory"),
    "too many segments": (lambda: with_mappings("A," * compile_map.MAX_SEGMENTS + "A"), "segments"),
    "two hundred thousand sections": (lambda: with_sections(200_000), "sections"),
    "sections of sections": (lambda: with_sections(15_000, inner=with_sections(2)), "sections"),
    # Depths.
    "a million brackets": (lambda: with_field("x", b"[" * MILLION), "nested too deeply"),
    "a million braces": (lambda: with_field("x", b'{"a":' * MILLION), "nested too deeply"),
    "a deep source": (lambda: with_field("sourcesContent", b"[" * MILLION + b"]" * MILLION), "nested too deeply"),
    "sections in sections": (lambda: nested_sections(10), "nested too deeply"),
    # Numbers.
    "an original line of -1": (lambda: with_mappings("AADA"), "original line is out of range"),
    "a source that is none": (lambda: with_mappings("ACAA"), "source is out of range"),
    "a name that is none": (lambda: with_mappings("AAAAC"), "name is out of range"),
    "columns that add up": (lambda: with_mappings(",".join(["+/////D"] * 100_000)), "column is out of range"),
    "a number of 33 bits": (lambda: with_mappings("gggggggE"), "32 bits"),
    "a negative zero": (lambda: with_mappings("B"), "32 bits"),
    "a number without end": (lambda: with_mappings("g" * (20 * MILLION)), "longer than"),
    "a number cut short": (lambda: with_mappings("A" + ",C" * MILLION + ",g"), "cut short"),
    "a version of a million digits": (lambda: with_field("version", b"3" * MILLION), "as a source map must be"),
    "a version beyond numbers": (lambda: with_field("version", b"1e999999"), "as a source map must be|not JSON"),
    "offsets that add up": (
        lambda: with_sections(1, b'{"line":2147483647,"column":0}', with_sections(2)),
        "offset of a section is out of range",
    ),
    "sections in one place": (lambda: with_sections(2, b'{"line":0,"column":0}'), "overlap"),
    # Characters.
    "mappings in Greek": (lambda: with_mappings("ΑΑΑΑ"), "no mapping has the character"),
    "commas alone": (lambda: with_mappings("," * (20 * MILLION)), "a segment is empty"),
    "half a character": (lambda: with_field("x", b'"\\ud800"')[:-1], "not JSON"),
    "a long text with half a character": (lambda: with_field("x", b'"\\ud800%s"' % (b"a" * 120 * MILLION)), "memory"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_hostile_map_is_refused_with_its_reason(name: str) -> None:
    make, reason = REFUSED[name]
    with pytest.raises(MapRefused, match=reason) as caught:
        sourcemap.load(blobs.put(make()))
    assert "processor time" not in str(caught.value)
    assert "unexpectedly" not in str(caught.value)
    assert sourcemap.load(blobs.put(raw_map())).lookup(0, 10) == Token(0, 2, 11, "lines")


HARMLESS: dict[str, Callable[[], bytes]] = {
    "ten million empty lines": lambda: with_mappings("AAAA" + ";" * (10 * MILLION)),
    "zeros after a number": lambda: with_mappings("AAAg" + "g" * 200_000 + "A"),
    "numbers out of order": lambda: with_mappings("AAAA,+/////DAAA" + ",D" * (2 * MILLION)),
    "the largest position": lambda: with_mappings("AAAA,+/////DA+/////D+/////D"),
    "the same field a hundred thousand times": lambda: with_field("x", b"1" + b',"x":1' * 100_000),
    "two thousand sections": lambda: with_sections(2000, inner=raw_map()),
    "escaped mappings": lambda: with_mappings("AAAA" + "\\u003b" * MILLION),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_an_odd_map_is_read_within_the_same_limits(name: str) -> None:
    token = sourcemap.load(blobs.put(HARMLESS[name]())).lookup(0, 0)
    assert token == Token(0, 0, 0, None)
