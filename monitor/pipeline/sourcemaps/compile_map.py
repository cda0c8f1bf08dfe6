"""Compiles one source map in a process of its own, so that a hostile map spends this process's memory and time.

`python -m monitor.pipeline.sourcemaps.compile_map <bytes of memory> <seconds of processor time>` reads the map,
zstd-compressed, from stdin and writes the compiled index to stdout. A map that is refused: exit status 3 and the
reason on stderr. What ECMA-426 calls invalid is refused, as the places it gives could be wrong ones.
"""

import base64
import binascii
import codecs
import json
import resource
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import unquote_to_bytes

import msgspec
import numpy as np
import zstandard

from monitor.pipeline.sourcemaps.decode_mappings import Bytes, Segments, decode_mappings
from monitor.pipeline.sourcemaps.map_index import REFUSED, MapRefused
from monitor.pipeline.sourcemaps.pack_map import Compiled

MAX_BYTES = 128_000_000
MAX_SEGMENTS = 8_000_000
MAX_SECTIONS = 20_000
MAX_SOURCES = 100_000
MAX_NAMES = 2_000_000
_MAX_DEPTH = 4
_UTF8_CHUNK = 1 << 20

Texts = TypeVar("Texts")
Natural = Annotated[int, msgspec.Meta(ge=0, lt=1 << 31)]


class _Offset(msgspec.Struct):
    line: Natural
    column: Natural


class _Section(msgspec.Struct):
    offset: _Offset
    map: msgspec.Raw


class _Document(msgspec.Struct):
    """A source map, plain or of sections, with the types that ECMA-426 wants."""

    version: Literal[3]
    file: str | None = None
    sections: list[_Section] | msgspec.UnsetType = msgspec.UNSET
    mappings: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    sources: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    names: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    sources_content: list[msgspec.Raw] | None = msgspec.field(name="sourcesContent", default=None)
    source_root: str | None = msgspec.field(name="sourceRoot", default=None)
    ignored: list[Natural] | None = msgspec.field(name="ignoreList", default=None)
    ignored_before: Any = msgspec.field(name="x_google_ignoreList", default=None)
    """The ignore list's name before it had one in the standard; nothing is demanded of it."""


_DOCUMENT = msgspec.json.Decoder(_Document)
_SOURCES = msgspec.json.Decoder(list[str | None])
_NAMES = msgspec.json.Decoder(list[str] | None)


@dataclass(frozen=True)
class _Plain:
    """One plain map of an index map, and the generated position where it begins."""

    line: int
    column: int
    map: _Document


def compile_map(raw: bytes) -> Compiled:
    """Compile a source map (plain or index map, with or without prefix, BOM or data: wrapping); MapRefused if bad."""
    compiled = Compiled()
    last = -1
    for count, plain in enumerate(_plain_maps(_read(_unwrapped(raw)), 0, 0, 0)):
        start = plain.line << 32 | plain.column
        if max(plain.line, plain.column) >= 1 << 31:
            raise MapRefused("the offset of a section is out of range")
        if start <= last:
            raise MapRefused("its sections overlap or are out of order")
        if count == MAX_SECTIONS:
            raise MapRefused(f"it has more than {MAX_SECTIONS:,} sections")
        last = start
        compiled.truncate(start)
        _add(compiled, plain)
    return compiled


def _unwrapped(raw: bytes) -> memoryview:
    """The JSON in UTF-8, without what may stand before it."""
    raw = raw.removeprefix(codecs.BOM_UTF8)
    if raw[:100].lstrip().startswith(b"data:"):
        raw = _inline(raw.strip())
    view = memoryview(raw)
    head = raw[:100].lstrip()
    if head.startswith(b")]}"):
        view = view[raw.find(b"\n") + 1 or len(raw) :]
    if head.startswith(b"<"):
        raise MapRefused("it is HTML, not a source map; was an error page saved in its place?")
    return view if _is_utf8(view) else memoryview(str(view, "utf-8", "replace").encode())


def _inline(raw: bytes) -> bytes:
    head, _, body = raw.partition(b",")
    if not head.endswith(b";base64"):
        return unquote_to_bytes(body)
    try:
        return base64.b64decode(body)
    except binascii.Error:
        raise MapRefused("its data: URL is not base64") from None


def _is_utf8(view: memoryview) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(view), _UTF8_CHUNK):
            decoder.decode(view[start : start + _UTF8_CHUNK])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _read(document: Any) -> _Document:
    """Check a document's types."""
    try:
        return _DOCUMENT.decode(document)
    except msgspec.ValidationError as error:
        raise MapRefused(f"it is not as a source map must be: {error}") from None
    except RecursionError:
        raise MapRefused("its JSON is nested too deeply") from None
    except msgspec.DecodeError:
        return _read_leniently(bytes(document))


def _read_leniently(document: bytes) -> _Document:
    """The same for JSON with lone surrogates, which msgspec does not read; they become question marks."""
    try:
        clean = json.dumps(json.loads(document), ensure_ascii=False, allow_nan=False)
        return _DOCUMENT.decode(clean.encode("utf-8", "replace"))
    except msgspec.ValidationError as error:
        raise MapRefused(f"it is not as a source map must be: {error}") from None
    except RecursionError:
        raise MapRefused("its JSON is nested too deeply") from None
    except ValueError as error:
        raise MapRefused(f"it is not JSON: {error}") from None


def _plain_maps(document: _Document, line: int, column: int, depth: int) -> Iterator[_Plain]:
    """The plain maps that a document consists of, one after the other."""
    if document.sections is msgspec.UNSET:
        yield _Plain(line, column, document)
        return
    if document.mappings is not msgspec.UNSET:
        raise MapRefused("it has both sections and mappings")
    if depth == _MAX_DEPTH:
        raise MapRefused("its sections are nested too deeply")
    if len(document.sections) > MAX_SECTIONS:
        raise MapRefused(f"it has more than {MAX_SECTIONS:,} sections")
    for section in document.sections:
        shift = column if section.offset.line == 0 else 0
        inner = _read(section.map)
        yield from _plain_maps(inner, line + section.offset.line, shift + section.offset.column, depth + 1)


def _add(compiled: Compiled, plain: _Plain) -> None:
    """Append one plain map: its sources, names and contents, and its segments with their indexes shifted."""
    document = plain.map
    if document.mappings is msgspec.UNSET or document.sources is msgspec.UNSET:
        raise MapRefused("its sources or its mappings are missing")
    sources = _list(document.sources, _SOURCES, "sources")
    names = (_list(document.names, _NAMES, "names") if document.names is not msgspec.UNSET else None) or []
    if len(compiled.sources) + len(sources) > MAX_SOURCES:
        raise MapRefused(f"it has more than {MAX_SOURCES:,} sources")
    segments = decode_mappings(_mappings(document.mappings), len(sources), len(names))
    moved = [_moved(piece, plain, compiled) for piece in _limited(segments, compiled) if piece.keys.size]
    compiled.pieces += _sorted(moved)
    compiled.ignored += [len(compiled.sources) + source for source in _ignored(document, len(sources))]
    prefix = f"{document.source_root.rstrip('/')}/" if document.source_root else ""
    compiled.sources += ["" if source is None else prefix + source for source in sources]
    compiled.names += names
    contents = (document.sources_content or [])[: len(sources)]
    compiled.contents += [*contents, *[None] * (len(sources) - len(contents))]


def _list(raw: msgspec.Raw, decoder: "msgspec.json.Decoder[Texts]", name: str) -> Texts:
    """A list of texts, unless it is so long that to read it would take all the memory."""
    if np.count_nonzero(np.frombuffer(raw, np.uint8) == ord(",")) > MAX_NAMES:
        raise MapRefused(f"it has more than {MAX_NAMES:,} {name}")
    try:
        return decoder.decode(raw)
    except msgspec.ValidationError as error:
        raise MapRefused(f"its {name} are not as they must be: {error}") from None


def _mappings(raw: msgspec.Raw) -> Bytes:
    """The characters of the mappings, as they lie in the document unless they are escaped there."""
    units = np.frombuffer(raw, np.uint8)
    if units[0] != ord('"'):
        raise MapRefused("its mappings are no text")
    if (units == ord("\\")).any():
        return np.frombuffer(msgspec.json.decode(raw, type=str).encode(), np.uint8)
    return units[1:-1]


def _limited(segments: Iterator[Segments], compiled: Compiled) -> Iterator[Segments]:
    for piece in segments:
        compiled.segments += piece.keys.size
        if compiled.segments > MAX_SEGMENTS:
            raise MapRefused(f"it has more than {MAX_SEGMENTS:,} segments")
        yield piece


def _moved(piece: Segments, plain: _Plain, compiled: Compiled) -> Segments:
    """A piece of a plain map as one of the whole."""
    keys, records = piece.keys, piece.records
    if plain.line or plain.column:
        keys[keys >> 32 == 0] += np.uint64(plain.column)
        keys += np.uint64(plain.line << 32)
    if compiled.sources:
        records[records[:, 0] >= 0, 0] += len(compiled.sources)
    if compiled.names:
        records[records[:, 3] >= 0, 3] += len(compiled.names)
    return piece


def _sorted(pieces: list[Segments]) -> list[Segments]:
    """The same in generated order: lines are, but columns may go back. Of equals the last one stays the last."""
    ends = [(piece.keys[0], piece.keys[-1]) for piece in pieces]
    is_sorted = all((piece.keys[1:] >= piece.keys[:-1]).all() for piece in pieces)
    if is_sorted and all(before[1] <= after[0] for before, after in pairwise(ends)):
        return pieces
    keys = np.concatenate([piece.keys for piece in pieces])
    order = np.argsort(keys, kind="stable")
    return [Segments(keys[order], np.concatenate([piece.records for piece in pieces])[order])]


def _ignored(document: _Document, sources: int) -> list[int]:
    if document.ignored is None:
        before = document.ignored_before if isinstance(document.ignored_before, list) else []
        return [source for source in before if type(source) is int and 0 <= source < sources]
    if any(source >= sources for source in document.ignored):
        raise MapRefused("its ignoreList names a source that there is none of")
    return document.ignored


def _limit_this_process(memory_bytes: int, cpu_seconds: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 5))  # SIGXCPU, then SIGKILL
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError):  # Linux only: when memory runs out, this process goes first
        Path("/proc/self/oom_score_adj").write_text("1000")


def _read_input() -> bytes:
    with zstandard.ZstdDecompressor().stream_reader(sys.stdin.buffer) as reader:
        raw = reader.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise MapRefused(f"it is larger than {MAX_BYTES:,} bytes")
    return raw


def main(memory_bytes: int, cpu_seconds: int) -> int:
    """Compile stdin to stdout within the limits; return the exit status."""
    _limit_this_process(memory_bytes, cpu_seconds)
    try:
        compile_map(_read_input()).write(sys.stdout.buffer)
    except MapRefused as refused:
        print(refused, file=sys.stderr)
        return REFUSED
    except MemoryError:
        print(f"compiling it takes more than {memory_bytes >> 20} MB of memory", file=sys.stderr)
        return REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
