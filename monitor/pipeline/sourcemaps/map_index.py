"""The compiled form of a source map: sorted arrays that are mapped into memory, and read where a lookup needs them."""

import re
import struct
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import accumulate
from typing import Any, NamedTuple, overload

FORMAT = "2"
MAGIC = b"FSM2\r\n\x1a\n"
FOOTER = struct.Struct("<9Q8s")
"""How many bytes each part has, in the order of `Parts`, and the magic: a file that is cut short has none."""
LINE_END = re.compile("\r\n|[\n\r\u2028\u2029]")
"""What ends a line in ECMAScript; bundlers and browsers count by it."""
_RECORD = struct.Struct("<4i")


COMPILE_BYTES = 512 << 20
COMPILE_SECONDS = 20
"""The memory and the processor time that the process that compiles a map may use."""
REFUSED = 3
"""Its exit status for a map that cannot be used."""


class MapRefused(Exception):
    """A source map that cannot be used; the text says why, to the people who uploaded it."""


class Token(NamedTuple):
    """Where a generated position comes from: an index into `sources`, line and UTF-16 column counted from 0."""

    source: int
    line: int
    column: int
    name: str | None


class Parts(NamedTuple):
    """What a compiled map consists of, little-endian; n texts need n + 1 places, the last being the end."""

    keys: Any
    """u64 of each segment: generated line << 32 | column, ascending."""
    records: Any
    """Four i32 of each segment: source, line, column, name; -1 for none."""
    contents: Any
    """The original files, UTF-8, one after the other, then zeros up to a multiple of four bytes."""
    source_places: Any
    """u32: where each source's name begins in `texts`."""
    name_places: Any
    """u32, continuing: where each name begins in `texts`."""
    first_lines: Any
    """u32 of each source: its first one in `line_places`; without content it has none."""
    line_places: Any
    """u32: where each line begins in `contents`."""
    ignored: Any
    """u32: sources of the ignore list."""
    texts: Any


class Texts(Sequence[str]):
    """Texts that are decoded when they are asked for."""

    def __init__(self, places: "memoryview[int]", texts: memoryview) -> None:
        """`places[i]` to `places[i + 1]` is where text i lies."""
        self._places = places
        self._texts = texts
        self._count = len(places) - 1

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, which: int) -> str: ...
    @overload
    def __getitem__(self, which: slice) -> list[str]: ...
    def __getitem__(self, which: int | slice) -> str | list[str]:
        if isinstance(which, slice):
            return self._several(range(*which.indices(self._count)))
        if not -self._count <= which < self._count:
            raise IndexError(which)
        return self.at(which % self._count)

    def at(self, place: int) -> str:
        """The text at a place that is known to exist."""
        return str(self._texts[self._places[place] : self._places[place + 1]], "utf-8")

    def _several(self, places: range) -> list[str]:
        return [self.at(place) for place in places]


class Lines(Texts):
    """The lines of an original file, without their ends."""

    def __iter__(self) -> Iterator[str]:
        """All of them, split in one go, which is faster than one by one."""
        return iter(LINE_END.split(self.text()))

    def at(self, place: int) -> str:
        """The line at a place that is known to exist."""
        return LINE_END.sub("", super().at(place))

    def _several(self, places: range) -> list[str]:
        """Neighbours are split in one go, too; with the last one's end comes an empty rest, which is left out."""
        if places.step != 1 or not places:
            return super()._several(places)
        text = str(self._texts[self._places[places.start] : self._places[places.stop]], "utf-8")
        return LINE_END.split(text)[: len(places)]

    def text(self) -> str:
        """The whole file, as the map carries it."""
        return str(self._texts[self._places[0] : self._places[-1]], "utf-8")


class MapIndex:
    """A compiled source map that answers lookups. The buffer may be a memory-mapped file."""

    def __init__(self, buffer: Any) -> None:
        """Find the parts; each is read when it is asked for. Raises ValueError for what is no whole compiled map."""
        view = memoryview(buffer)
        self.size = len(view)
        if self.size < FOOTER.size:
            raise ValueError("too short for a compiled source map")
        *sizes, magic = FOOTER.unpack_from(view, self.size - FOOTER.size)
        if magic != MAGIC or sum(sizes) + FOOTER.size != self.size:
            raise ValueError("not a compiled source map, or a part of one")
        ends = accumulate(sizes)
        parts = Parts(*(view[end - size : end] for end, size in zip(ends, sizes, strict=True)))
        self._keys = parts.keys.cast("Q")
        self._records = parts.records
        self._contents = parts.contents
        self._first_lines = parts.first_lines.cast("I")
        self._line_places = parts.line_places.cast("I")
        self._ignored = parts.ignored.cast("I")
        self._names = Texts(parts.name_places.cast("I"), parts.texts)
        self.sources: Sequence[str] = Texts(parts.source_places.cast("I"), parts.texts)

    @cached_property
    def ignored(self) -> frozenset[int]:
        """Indexes of the sources on the map's ignore list."""
        return frozenset(self._ignored)

    def lookup(self, line: int, column: int) -> Token | None:
        """The token at a generated position (both from 0): the last one at or before it on the same line."""
        if line < 0 or column < 0 or line >= 1 << 31 or column >= 1 << 31:
            return None
        place = bisect_right(self._keys, line << 32 | column) - 1
        if place < 0 or self._keys[place] >> 32 != line:
            return None
        source, source_line, source_column, name = _RECORD.unpack_from(self._records, place * _RECORD.size)
        if source < 0:
            return None
        return Token(source, source_line, source_column, self._names.at(name) if name >= 0 else None)

    def content(self, source: int) -> Lines | None:
        """The lines of an original file; None when the map does not carry the file."""
        first, end = self._first_lines[source], self._first_lines[source + 1]
        return Lines(self._line_places[first : end + 1], self._contents) if end > first else None
