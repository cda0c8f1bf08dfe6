"""Opens a map and its script for the doctor: what both tell about a position, and whether they fit each other."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

import zstandard

from monitor.pipeline.sourcemaps import blobs, oracle, sourcemap
from monitor.pipeline.sourcemaps.findings import Reading
from monitor.pipeline.sourcemaps.script import Script, open_script
from monitor.pipeline.sourcemaps.source_path import clean_path
from monitor.pipeline.sourcemaps.uploaded_file import looks_like_map, map_debug_id_in

WORDS = 200
FEWEST_WORDS = 8
"""So many words must have been looked up before they say anything about the whole."""
_CHUNK_BYTES = 1 << 20
_OVERLAP_BYTES = 100


@dataclass(frozen=True)
class Sample:
    """A word of the script and where the map leads from it, counted from 1; `is_same`: that word stands there."""

    line: int
    column: int
    word: str
    source: str
    is_same: bool


@dataclass(frozen=True)
class Fit:
    """How well a map fits its script: the share of the words that stand where it leads, and one, if possible such."""

    share: float | None
    sample: Sample | None


@dataclass(frozen=True)
class _Head:
    looks_like_html: bool
    looks_like_json: bool
    debug_id: UUID | None


def read(map_blob: str, script_blob: str, line: int, column: int) -> Reading:
    """What the map, and the script unless its blob is "", tell about a position (from 1)."""
    head, script = _head(map_blob), open_script(script_blob) if script_blob else None
    try:
        index = sourcemap.load(map_blob)
    except sourcemap.MapRefused as refused:
        return Reading(str(refused), head.looks_like_html, head.looks_like_json)
    token = index.lookup(line - 1, column - 1)
    lines = index.content(token.source) if token else None
    return Reading(
        map_debug_id=head.debug_id,
        script_debug_id=script.debug_id if script else None,
        script_lines=len(script) if script else None,
        line_length=script.line_length(line - 1) if script and line <= len(script) else None,
        maps_snippet=bool(script and _maps_snippet(index, script)),
        source=place_of(index, token) if token else "",
        is_inside_source=lines is None or token is None or _is_inside(lines, token),
        has_contents=token is None or lines is not None,
        fit=fit_of(map_blob, script_blob).share if script else None,
    )


def place_of(index: sourcemap.MapIndex, token: sourcemap.Token) -> str:
    """`src/cart.js:3:12`."""
    return f"{clean_path(index.sources[token.source])}:{token.line + 1}:{token.column + 1}"


def second_opinions(map_blob: str, positions: Sequence[tuple[int, int]]) -> list[str] | None:
    """Where the independent reader says that positions (from 1) lead, as place_of; None when it cannot read the map."""
    found = oracle.ask(blobs.get_packed(map_blob), [(line - 1, column - 1) for line, column in positions])
    if found is None:
        return None
    return ["" if one is None else f"{clean_path(one[0])}:{one[1] + 1}:{one[2] + 1}" for one in found]


@lru_cache(maxsize=500)
def fit_of(map_blob: str, script_blob: str) -> Fit:
    """How well a map that can be read fits a script. Raises MapRefused."""
    script, index = open_script(script_blob), sourcemap.load(map_blob)
    contents: dict[int, Sequence[str] | None] = {}
    looked: list[Sample] = []
    blind: list[Sample] = []
    for line, column, word in script.words(WORDS) if script else ():
        token = index.lookup(line, column)
        if token is None or (column and index.lookup(line, column - 1) == token):
            continue  # the word is not the beginning of what the map knows
        if token.source not in contents:
            contents[token.source] = index.content(token.source)
        lines = contents[token.source]
        is_same = lines is not None and _stands(lines, token, word)
        sample = Sample(line + 1, column + 1, word, place_of(index, token), is_same)
        (blind if lines is None else looked).append(sample)
    share = sum(sample.is_same for sample in looked) / len(looked) if len(looked) >= FEWEST_WORDS else None
    return Fit(share, next((one for one in looked if one.is_same), next(iter(looked + blind), None)))


def _stands(lines: Sequence[str], token: sourcemap.Token, word: str) -> bool:
    if token.name == word:
        return True
    if token.line >= len(lines):
        return False
    units = lines[token.line].encode("utf-16-le", "surrogatepass")[2 * token.column : 2 * (token.column + len(word))]
    return units == word.encode("utf-16-le")


def _is_inside(lines: Sequence[str], token: sourcemap.Token) -> bool:
    if token.line >= len(lines):
        return False
    return token.column <= len(lines[token.line].encode("utf-16-le", "surrogatepass")) // 2


def _maps_snippet(index: sourcemap.MapIndex, script: Script) -> bool:
    """Whether the map leads from the injected snippet to the application's source, where it never was."""
    place = script.snippet()
    token = index.lookup(*place) if place else None
    lines = index.content(token.source) if token else None
    return token is not None and not any("_sentryDebugIds" in line for line in lines or ())


@lru_cache(maxsize=500)
def _head(blob: str) -> _Head:
    """What the bytes of a map tell before anybody understands them; they are read in parts, a map may be large."""
    try:
        packed = blobs.get_packed(blob)
    except blobs.BlobMissing:
        return _Head(False, True, None)
    before, debug_id, start = b"", None, b""
    with zstandard.ZstdDecompressor().stream_reader(packed) as reader:
        while debug_id is None and (chunk := reader.read(_CHUNK_BYTES)):
            start = start or chunk[:200]
            debug_id = map_debug_id_in(before + chunk)
            before = chunk[-_OVERLAP_BYTES:]
    is_html = re.match(rb"(?:\xef\xbb\xbf)?\s*<", start) is not None
    return _Head(is_html, looks_like_map(start), debug_id)
