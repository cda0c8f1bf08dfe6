"""Compiling source maps: what is read, what is refused, and agreement with an independent reader."""

import base64
import io
import json
import random
import re
from typing import Any

import pytest
import sourcemap

from monitor.pipeline.sourcemaps import decode_mappings
from monitor.pipeline.sourcemaps.compile_map import compile_map
from monitor.pipeline.sourcemaps.map_index import MapIndex, MapRefused, Token
from tests.builds import CART, demo_map, make_map, raw_map


def opened(raw: bytes) -> MapIndex:
    packed = io.BytesIO()
    compile_map(raw).write(packed)
    return MapIndex(packed.getvalue())


def lines(raw: bytes) -> list[str] | None:
    content = opened(raw).content(0)
    return None if content is None else list(content)


def test_lookup_takes_the_last_token_before() -> None:
    index = opened(raw_map())
    assert index.lookup(0, 9) == Token(0, 0, 0, None)
    assert index.lookup(0, 10) == Token(0, 2, 11, "lines")
    assert index.lookup(0, 500) == Token(0, 2, 41, None)


@pytest.mark.parametrize("position", [(1, 0), (-1, 0), (0, -1), (1 << 40, 0), (0, 1 << 40)])
def test_other_lines_are_not_mapped(position: tuple[int, int]) -> None:
    assert opened(raw_map()).lookup(*position) is None


def test_a_segment_without_source_ends_the_one_before() -> None:
    assert opened(raw_map(mappings="AAAA,K")).lookup(0, 7) is None


@pytest.mark.parametrize("text", ["", "\n", "a", "a\r\nb\rc\nd\u2028e\u2029f", "é\r", "\r\r\n\r", "𝒳\n\u2027‰\n", "‰"])
def test_content_is_split_at_every_line_end_of_ecmascript(text: str) -> None:
    content = opened(raw_map(sourcesContent=[text])).content(0)
    assert content is not None
    expected = re.split("\r\n|[\n\r\u2028\u2029]", text)
    assert [*content] == [content[line] for line in range(len(content))] == expected
    assert (content[1:3], content[1:], content[::-2]) == (expected[1:3], expected[1:], expected[::-2])
    assert (content[-1], content.text()) == (expected[-1], text)


def test_lines_past_the_end_are_an_error() -> None:
    content = opened(raw_map(sourcesContent=["a\nb"])).content(0)
    assert content is not None
    with pytest.raises(IndexError):
        content[2]


def test_contents_stay_apart() -> None:
    index = opened(raw_map(sources=["a", "b", "c", "d"], sourcesContent=["a\n", None, "", "d"]))
    contents = [index.content(source) for source in range(4)]
    assert [content and list(content) for content in contents] == [["a", ""], None, [""], ["d"]]


@pytest.mark.parametrize(
    "wrapped",
    [
        b"\xef\xbb\xbf" + raw_map(),
        b")]}'\n" + raw_map(),
        b"\xef\xbb\xbf)]}\n" + raw_map(),
        b"data:application/json;charset=utf-8;base64," + base64.b64encode(raw_map()),
        b"data:application/json," + raw_map().replace(b"%", b"%25"),
    ],
)
def test_wrappings_are_taken_off(wrapped: bytes) -> None:
    assert opened(wrapped).lookup(0, 10) == Token(0, 2, 11, "lines")


def test_names_contents_and_root_are_optional() -> None:
    index = opened(json.dumps({"version": 3, "sources": ["a.js", None], "mappings": "AAAA"}).encode())
    assert ([*index.sources], index.content(0), index.ignored) == (["a.js", ""], None, frozenset())


@pytest.mark.parametrize("root", ["https://cdn/x", "https://cdn/x/"])
def test_source_root_is_put_before(root: str) -> None:
    assert [*opened(raw_map(sourceRoot=root)).sources] == ["https://cdn/x/../../src/cart.js"]


@pytest.mark.parametrize(("name", "told"), [("ignoreList", [0]), ("x_google_ignoreList", [0, 7, -1, "x"])])
def test_ignored_sources(name: str, told: list[Any]) -> None:
    assert opened(raw_map(**{name: told})).ignored == {0}


def section(line: int, column: int, **changes: Any) -> dict[str, Any]:
    return {"offset": {"line": line, "column": column}, "map": make_map(**changes)}


def index_map(*sections: dict[str, Any]) -> bytes:
    return json.dumps({"version": 3, "sections": sections}).encode()


def test_sections_shift_lines_columns_sources_and_names() -> None:
    sections = [section(0, 0), section(0, 15, sources=["b.js"], names=["other"]), section(2, 3)]
    index = opened(json.dumps({"version": 3, "sections": sections}).encode())
    assert index.lookup(0, 12) == Token(0, 2, 11, "lines")
    assert index.lookup(0, 25) == Token(1, 2, 11, "other")
    assert index.lookup(2, 2) is None
    assert index.lookup(2, 3) == Token(2, 0, 0, None)


def test_a_section_ends_where_the_next_begins() -> None:
    sections = [section(0, 0), section(0, 15)]
    assert opened(json.dumps({"version": 3, "sections": sections}).encode()).lookup(0, 20) == Token(1, 0, 0, None)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"<!doctype html><title>404</title>", "HTML"),
        (b"not json", "not JSON"),
        (b"", "not JSON"),
        (b'{"x":' + b"[" * 100_000, "nested"),
        (b"[]", "Expected `object`"),
        (b"data:application/json;base64,?a", "base64"),
        (b'{"version": NaN}', "not JSON"),
        (b")]}'", "not JSON"),
        (raw_map(version="3"), "version"),
        (raw_map(mappings=None), "mappings are no text"),
        (raw_map(mappings=7), "mappings are no text"),
        (raw_map(mappings="AAAA!"), "character '!'"),
        (raw_map(mappings="AA"), "neither one, four nor five"),
        (raw_map(mappings="AAAg"), "cut short"),
        (raw_map(mappings="AAAg,A"), "cut short"),
        (raw_map(mappings="AAAA,"), "end with a comma"),
        (raw_map(mappings=",AAAA"), "empty"),
        (raw_map(mappings=";,AAAA"), "empty"),
        (raw_map(mappings="AAAA,,AAAA"), "empty"),
        (raw_map(mappings="AAAA,;AAAA"), "empty"),
        (raw_map(mappings="ACAA"), "a source is out of range"),
        (raw_map(mappings="AAAAE"), "a name is out of range"),
        (raw_map(mappings="D"), "column is out of range"),
        (raw_map(mappings="B"), "32 bits"),
        (raw_map(mappings="AADA"), "original line is out of range"),
        (raw_map(mappings="ggggggE"), "32 bits"),
        (raw_map(mappings="AAggggggggEA"), "32 bits"),
        (raw_map(mappings="+/////D,C"), "generated column is out of range"),
        (raw_map(sources={}), "sources"),
        (raw_map(sources=[7]), "sources"),
        (raw_map(sourcesContent=[{}]), "sourcesContent.0. is no text"),
        (raw_map(names="lines"), "names"),
        (raw_map(names=[None]), "names"),
        (raw_map(ignoreList=[1]), "ignoreList"),
        (raw_map(sections=[]), "both sections and mappings"),
        (b'{"version":3}', "are missing"),
        (index_map({"map": make_map()}), "offset"),
        (index_map(section(-1, 0)), "line"),
        (index_map(section(1, 0), section(0, 0)), "out of order"),
        (
            index_map({"offset": {"line": 2**31 - 1, "column": 0}, "map": json.loads(index_map(section(1, 0)))}),
            "offset",
        ),
    ],
)
def test_what_is_refused_and_why(raw: bytes, reason: str) -> None:
    with pytest.raises(MapRefused, match=reason):
        opened(raw)


def test_endless_sections_are_refused() -> None:
    nested: dict[str, Any] = make_map()
    for _ in range(10):
        nested = {"version": 3, "sections": [{"offset": {"line": 0, "column": 0}, "map": nested}]}
    with pytest.raises(MapRefused, match="nested"):
        compile_map(json.dumps(nested).encode())


def test_segments_out_of_order_are_sorted() -> None:
    index = opened(raw_map(mappings="UAAA,VAAU"))
    assert index.lookup(0, 3) == Token(0, 0, 10, None)
    assert index.lookup(0, 10) == Token(0, 0, 0, None)


def test_lone_surrogates_keep_their_width() -> None:
    raw = b'{"version":3,"sources":["a"],"sourcesContent":["x\\ud800y"],"mappings":"AAAA"}'
    assert lines(raw) == ["x?y"]


def test_bytes_that_are_no_utf8_keep_the_rest() -> None:
    assert lines(raw_map(sourcesContent=["x?y"]).replace(b"?", b"\xff")) == ["x\ufffdy"]


def test_escaped_mappings_are_read() -> None:
    assert opened(raw_map().replace(b'"AAAA,', b'"\\u0041AAA,')).lookup(0, 12) == Token(0, 2, 11, "lines")


@pytest.mark.parametrize("chunk", [16, 17, 23, 64])
def test_chunks_make_no_difference(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = raw_map(names=["a", "b"], mappings=";AAAA,KACEC;;AAAD;" + "UAACD,VAAC,C,gBAAAC;" * 9)
    whole = opened(raw)
    monkeypatch.setattr(decode_mappings, "CHUNK", chunk)
    parts = opened(raw)
    places = [(line, column) for line in range(25) for column in range(30)]
    assert [parts.lookup(*place) for place in places] == [whole.lookup(*place) for place in places]


def test_zeros_may_follow_the_bits_of_a_number() -> None:
    assert opened(raw_map(mappings="kggggggggggA")).lookup(0, 2) is None
    assert opened(raw_map(mappings="kggggggggggAAAA")).lookup(0, 2) == Token(0, 0, 0, None)


def test_the_largest_numbers_are_taken() -> None:
    last = (1 << 31) - 1
    assert opened(raw_map(mappings="+/////DA+/////D+/////D")).lookup(0, last) == Token(0, last, last, None)


def expected(oracle: Any, line: int, column: int) -> tuple[Any, ...] | None:
    try:
        token = oracle.lookup(line, column)
    except IndexError:
        return None
    return (token.src, token.src_line, token.src_col, token.name) if token.src else None


def test_a_real_map_agrees_with_the_package_everywhere() -> None:
    raw = demo_map()
    index, oracle = opened(raw), sourcemap.loads(raw.decode())
    lines = [(token.dst_line, token.dst_col) for token in oracle]
    random.seed(4)
    for line, column in random.choices(lines, k=3000):
        column += random.choice([-1, 0, 0, 1, 7])
        found = index.lookup(line, column)
        shown = found and (index.sources[found.source], found.line, found.column, found.name)
        assert shown == (expected(oracle, line, column) if column >= 0 else None)


def test_content_comes_back_whole() -> None:
    assert "\n".join(opened(raw_map()).content(0) or []) == CART
