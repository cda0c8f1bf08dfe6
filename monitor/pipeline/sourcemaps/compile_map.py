"""Compiles one source map in a process of its own, so that a hostile map spends this process's memory and time.

`python -m monitor.pipeline.sourcemaps.compile_map <bytes of memory> <seconds of processor time>` reads the map,
zstd-compressed, from stdin and writes the compiled index to stdout. A map that is refused: exit status 3 and the
reason on stderr.
"""

import base64
import binascii
import json
import re
import resource
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import sourcemap
import zstandard

from monitor.pipeline.sourcemaps.map_index import Columns, Compiled, MapRefused

MAX_BYTES = 128_000_000
MAX_SEGMENTS = 4_000_000
MAX_MEMORY_BYTES = 2 << 30
MAX_CPU_SECONDS = 60
REFUSED = 3
_MAX_DEPTH = 4
_MAPPINGS = re.compile(r"[A-Za-z0-9+/,;]*")


@dataclass(frozen=True)
class Section:
    """One plain map of an index map, and the generated position where it begins."""

    line: int
    column: int
    map: dict[str, Any]


def compile_map(raw: bytes) -> Compiled:
    """Compile a source map (plain or index map, with or without prefix, BOM or data: wrapping); MapRefused if bad."""
    compiled = Compiled()
    last = -1
    for section in _sections(_document(raw), 0, 0, 0):
        start = section.line << 32 | section.column
        if start <= last:
            raise MapRefused("its sections overlap or are out of order")
        last = start
        compiled.columns.truncate(start)
        _add(compiled, section)
    return compiled


def _document(raw: bytes) -> Any:
    raw = raw.removeprefix(b"\xef\xbb\xbf").lstrip()
    if raw.startswith(b"data:"):
        raw = _inline(raw)
    if raw.startswith(b")]}"):
        raw = raw.partition(b"\n")[2]
    if raw.startswith(b"<"):
        raise MapRefused("it is HTML, not a source map; was an error page saved in its place?")
    try:
        return json.loads(raw.decode("utf-8", "replace"))
    except ValueError as error:
        raise MapRefused(f"it is not JSON: {error}") from None
    except RecursionError:
        raise MapRefused("its JSON is nested too deeply") from None


def _inline(raw: bytes) -> bytes:
    head, _, body = raw.partition(b",")
    if not head.endswith(b";base64"):
        return unquote_to_bytes(body)
    try:
        return base64.b64decode(body)
    except binascii.Error:
        raise MapRefused("its data: URL is not base64") from None


def _sections(document: Any, line: int, column: int, depth: int) -> Iterator[Section]:
    if not isinstance(document, dict):
        raise MapRefused("it is JSON, but no object")
    if "sections" not in document:
        yield Section(line, column, document)
        return
    if depth == _MAX_DEPTH:
        raise MapRefused("its sections are nested too deeply")
    for section in _list(document, "sections"):
        offset = section.get("offset") if isinstance(section, dict) else None
        if not isinstance(offset, dict) or not (
            _is_position(offset.get("line")) and _is_position(offset.get("column"))
        ):
            raise MapRefused("a section has no usable offset")
        shift = column if offset["line"] == 0 else 0
        yield from _sections(section.get("map"), line + offset["line"], shift + offset["column"], depth + 1)


def _is_position(value: Any) -> bool:
    return type(value) is int and 0 <= value < 1 << 31


def _list(document: dict[str, Any], name: str) -> list[Any]:
    """The list of that name; missing or null counts as empty."""
    value = document.get(name)
    if value is not None and not isinstance(value, list):
        raise MapRefused(f"its {name} is no list")
    return value or []


def _add(compiled: Compiled, section: Section) -> None:
    """Append one plain map: its sources, names and contents, then its segments with their indexes shifted."""
    sources, names = _list(section.map, "sources"), _list(section.map, "names")
    contents = _list(section.map, "sourcesContent")
    columns = _segments(section, len(sources), len(names), len(compiled.sources), len(compiled.names))
    if len(compiled.columns.keys) + len(columns.keys) > MAX_SEGMENTS:
        raise MapRefused(f"it has more than {MAX_SEGMENTS:,} segments")
    compiled.columns.extend(columns)
    ignored = _list(section.map, "ignoreList") or _list(section.map, "x_google_ignoreList")
    compiled.ignored += [len(compiled.sources) + i for i in ignored if _is_position(i) and i < len(sources)]
    root = section.map.get("sourceRoot")
    prefix = root.rstrip("/") + "/" if isinstance(root, str) and root else ""
    compiled.sources += [prefix + source if isinstance(source, str) else "" for source in sources]
    compiled.names += [str(name) for name in names]
    contents += [None] * (len(sources) - len(contents))
    compiled.contents += [text if isinstance(text, str) else None for text in contents[: len(sources)]]


def _segments(section: Section, sources: int, names: int, first_source: int, first_name: int) -> Columns:
    """Decode the mappings with `sourcemap`. It is given numbers for sources and names, and so hands numbers back."""
    mappings = section.map.get("mappings")
    if not isinstance(mappings, str) or not _MAPPINGS.fullmatch(mappings):
        raise MapRefused("its mappings are missing or hold characters that no mapping has")
    if mappings.count(",") + mappings.count(";") > 2 * MAX_SEGMENTS:
        raise MapRefused(f"it has more than {MAX_SEGMENTS:,} segments")
    numbered = {"sources": [str(i) for i in range(sources)], "names": [str(i) for i in range(names)]}
    columns = Columns()
    try:
        for token in sourcemap.loads(json.dumps({"version": 3, "mappings": mappings, **numbered})):
            shift = section.column if token.dst_line == 0 else 0
            if not (_is_position(token.dst_col + shift) and _is_position(token.dst_line + section.line)):
                raise MapRefused("a mapping's generated position is out of range")
            columns.keys.append(token.dst_line + section.line << 32 | token.dst_col + shift)
            columns.sources.append(-1 if token.src is None else first_source + int(token.src))
            columns.lines.append(token.src_line)
            columns.columns.append(token.src_col)
            columns.names.append(-1 if token.name is None else first_name + int(token.name))
    except sourcemap.SourceMapDecodeError as error:
        raise MapRefused(f"its mappings are malformed: {error}") from None
    except (AttributeError, IndexError, OverflowError):  # what the decoder does with negative, short and huge values
        raise MapRefused("its mappings are malformed: a position is negative, incomplete or out of range") from None
    return columns


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
        sys.stdout.buffer.write(compile_map(_read_input()).pack())
    except MapRefused as refused:
        print(refused, file=sys.stderr)
        return REFUSED
    except MemoryError:
        print(f"compiling it takes more than {memory_bytes >> 20} MB of memory", file=sys.stderr)
        return REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
