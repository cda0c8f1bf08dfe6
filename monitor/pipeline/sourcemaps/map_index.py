"""The compiled form of a source map: sorted arrays that are mapped into memory and searched by bisection."""

import json
import re
import struct
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

FORMAT = "1"
_HEADER = struct.Struct("<4sIII")
_MAGIC = b"FSM1"
_LINE_END = re.compile(r"\r\n|\n|\r")


class MapRefused(Exception):
    """A source map that cannot be used; the text says why, to the people who uploaded it."""


class Token(NamedTuple):
    """Where a generated position comes from: an index into `sources`, line and UTF-16 column counted from 0."""

    source: int
    line: int
    column: int
    name: str | None


@dataclass
class Columns:
    """A map's segments while it is compiled: `keys` are generated `line << 32 | column`; -1 stands for none."""

    keys: "array[int]" = field(default_factory=lambda: array("Q"))
    sources: "array[int]" = field(default_factory=lambda: array("i"))
    lines: "array[int]" = field(default_factory=lambda: array("i"))
    columns: "array[int]" = field(default_factory=lambda: array("i"))
    names: "array[int]" = field(default_factory=lambda: array("i"))

    def all(self) -> "tuple[array[int], ...]":
        """Every column, keys first."""
        return self.keys, self.sources, self.lines, self.columns, self.names

    def truncate(self, key: int) -> None:
        """Drop the segments at and after the generated position `key`; the keys must be sorted."""
        end = bisect_right(self.keys, key - 1)
        for column in self.all():
            del column[end:]

    def extend(self, other: "Columns") -> None:
        """Append another map's segments, sorted by position; of equals the last one keeps the last place."""
        order: Iterable[int] = range(len(other.keys))
        if any(other.keys[i - 1] > other.keys[i] for i in range(1, len(other.keys))):
            order = sorted(order, key=other.keys.__getitem__)
        order = list(order)
        for mine, theirs in zip(self.all(), other.all(), strict=True):
            mine.extend(map(theirs.__getitem__, order))


@dataclass
class Compiled:
    """A source map, its sections joined: `contents[i]` belongs to `sources[i]`, `ignored` are indexes of sources."""

    columns: Columns = field(default_factory=Columns)
    sources: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    contents: list[str | None] = field(default_factory=list)
    ignored: list[int] = field(default_factory=list)

    def pack(self) -> bytes:
        """The bytes that MapIndex reads."""
        places: list[tuple[int, int] | None] = []
        contents: list[bytes] = []
        end = 0
        for content in self.contents:
            text = None if content is None else content.encode("utf-8", "replace")
            places.append(None if text is None else (end, len(text)))
            contents.append(text or b"")
            end += len(contents[-1])
        meta = {"sources": self.sources, "names": self.names, "ignored": self.ignored, "contents": places}
        packed = json.dumps(meta).encode()
        header = _HEADER.pack(_MAGIC, len(self.columns.keys), len(packed), 0)
        return b"".join([header, *(column.tobytes() for column in self.columns.all()), packed, *contents])


class MapIndex:
    """A compiled source map that answers lookups. The buffer may be a memory-mapped file."""

    def __init__(self, buffer: Any) -> None:
        """Read the header and what names things; segments and contents are read when asked for."""
        view = memoryview(buffer)
        magic, count, meta_length, _ = _HEADER.unpack_from(view)
        if magic != _MAGIC:
            raise ValueError("not a compiled source map")
        start = _HEADER.size + 8 * count
        self._keys = view[_HEADER.size : start].cast("Q")
        self._columns = [view[start + 4 * count * i : start + 4 * count * (i + 1)].cast("i") for i in range(4)]
        start += 16 * count
        meta = json.loads(bytes(view[start : start + meta_length]))
        self.sources: list[str] = meta["sources"]
        self.ignored = frozenset[int](meta["ignored"])
        self.size = len(view)
        self._names: list[str] = meta["names"]
        self._places: list[list[int] | None] = meta["contents"]
        self._contents = view[start + meta_length :]

    def lookup(self, line: int, column: int) -> Token | None:
        """The token at a generated position (both from 0): the last one at or before it on the same line."""
        if line < 0 or column < 0 or line >= 1 << 31 or column >= 1 << 31:
            return None
        place = bisect_right(self._keys, line << 32 | column) - 1
        if place < 0 or self._keys[place] >> 32 != line:
            return None
        source, source_line, source_column, name = (values[place] for values in self._columns)
        if source < 0:
            return None
        return Token(source, source_line, source_column, self._names[name] if name >= 0 else None)

    def content(self, source: int) -> Sequence[str] | None:
        """The lines of an original file without their ends; None when the map does not carry the file."""
        place = self._places[source]
        if place is None:
            return None
        offset, length = place
        return _LINE_END.split(str(self._contents[offset : offset + length], "utf-8"))
