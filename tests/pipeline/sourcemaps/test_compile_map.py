"""Compiling source maps: what is read, what is refused, and agreement with an independent reader."""

import base64
import json
import random
from typing import Any

import pytest
import sourcemap

from monitor.pipeline.sourcemaps.compile_map import compile_map
from monitor.pipeline.sourcemaps.map_index import MapIndex, MapRefused, Token
from tests.builds import CART, demo_map, make_map, raw_map


def opened(raw: bytes) -> MapIndex:
    return MapIndex(compile_map(raw).pack())


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


def test_content_is_split_at_every_kind_of_line_end() -> None:
    assert opened(raw_map(sourcesContent=["a\r\nb\rc\nd"])).content(0) == ["a", "b", "c", "d"]


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
    assert (index.sources, index.content(0), index.ignored) == (["a.js", ""], None, frozenset())


@pytest.mark.parametrize("root", ["https://cdn/x", "https://cdn/x/"])
def test_source_root_is_put_before(root: str) -> None:
    assert opened(raw_map(sourceRoot=root)).sources == ["https://cdn/x/../../src/cart.js"]


@pytest.mark.parametrize("name", ["ignoreList", "x_google_ignoreList"])
def test_ignored_sources(name: str) -> None:
    assert opened(raw_map(**{name: [0, 7, -1, "x"]})).ignored == {0}


def section(line: int, column: int, **changes: Any) -> dict[str, Any]:
    return {"offset": {"line": line, "column": column}, "map": make_map(**changes)}


def test_sections_shift_lines_columns_sources_and_names() -> None:
    sections = [section(0, 0), section(0, 15, sources=["b.js"], names=["other"]), section(2, 3)]
    index = opened(json.dumps({"version": 3, "sections": sections}).encode())
    assert index.lookup(0, 12) == Token(0, 2, 11, "lines")
    assert index.lookup(0, 25) == Token(1, 2, 11, "other")
    assert index.lookup(2, 2) is None
    assert index.lookup(2, 3) == Token(2, 0, 0, None)


def test_a_section_ends_where_the_next_begins() -> None:
    sections = [section(0, 0), section(0, 15)]
    assert opened(json.dumps({"sections": sections}).encode()).lookup(0, 20) == Token(1, 0, 0, None)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"<!doctype html><title>404</title>", "HTML"),
        (b"not json", "not JSON"),
        (b"", "not JSON"),
        (b"[" * 100_000, "nested"),
        (b"[]", "no object"),
        (b"data:application/json;base64,?a", "base64"),
        (raw_map(mappings=None), "mappings are missing"),
        (raw_map(mappings=7), "mappings are missing"),
        (raw_map(mappings="AAAA!"), "characters"),
        (raw_map(mappings="AA"), "malformed"),
        (raw_map(mappings="AAAg"), "malformed"),
        (raw_map(mappings="ACAA"), "malformed"),
        (raw_map(mappings="AAAAE"), "malformed"),
        (raw_map(mappings="D"), "malformed"),
        (raw_map(mappings="AADA"), "malformed"),
        (raw_map(mappings="ggggggggE"), "out of range"),
        (raw_map(mappings="AAggggggggEA"), "out of range"),
        (raw_map(sources={}), "sources is no list"),
        (raw_map(names="lines"), "names is no list"),
        (json.dumps({"sections": [{"map": make_map()}]}).encode(), "offset"),
        (json.dumps({"sections": [section(-1, 0)]}).encode(), "offset"),
        (json.dumps({"sections": [section(1, 0), section(0, 0)]}).encode(), "out of order"),
    ],
)
def test_what_is_refused_and_why(raw: bytes, reason: str) -> None:
    with pytest.raises(MapRefused, match=reason):
        compile_map(raw)


def test_endless_sections_are_refused() -> None:
    nested: dict[str, Any] = make_map()
    for _ in range(10):
        nested = {"sections": [{"offset": {"line": 0, "column": 0}, "map": nested}]}
    with pytest.raises(MapRefused, match="nested"):
        compile_map(json.dumps(nested).encode())


def test_wrong_types_in_lists_are_left_out() -> None:
    index = opened(raw_map(sources=[7], sourcesContent=[{}], names=[None]))
    assert (index.sources, index.content(0)) == ([""], None)


def test_segments_out_of_order_are_sorted() -> None:
    index = opened(raw_map(mappings="UAAA,VAAU"))
    assert index.lookup(0, 3) == Token(0, 0, 10, None)
    assert index.lookup(0, 10) == Token(0, 0, 0, None)


def test_lone_surrogates_keep_their_width() -> None:
    content = opened(b'{"sources":["a"],"sourcesContent":["x\\ud800y"],"mappings":"AAAA"}').content(0)
    assert content == ["x?y"]


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
