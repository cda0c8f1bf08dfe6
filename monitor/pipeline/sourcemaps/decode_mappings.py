"""Decodes the mappings of a source map, base64 VLQ, a chunk at a time and each chunk as a whole."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.pipeline.sourcemaps.map_index import MapRefused

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]

CHUNK = 1 << 18
FIELDS = ("a source", "an original line", "an original column", "a name")
_COMMA, _SEMICOLON, _NOTHING = 64, 65, 255
_CODES = np.full(256, _NOTHING, np.uint8)
"""Byte -> 0 to 31 for the last digit of a number, 32 to 63 for others, then the separators; the rest is nothing."""
_CODES[np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/,;", np.uint8)] = range(66)
_MOST_DIGITS = 7
"""What 32 bits take; further ones must be zeros."""


@dataclass(frozen=True)
class Segments:
    """Segments in generated order. `keys`: generated line << 32 | column; `records`: of each source, line, column and
    name, -1 standing for none.
    """

    keys: NDArray[np.uint64]
    records: NDArray[np.int32]


def decode_mappings(mappings: Bytes, sources: int, names: int) -> Iterator[Segments]:
    """The segments of a map with so many sources and names; every index and position is within its range.

    Raises MapRefused for mappings that ECMA-426 does not allow.
    """
    decoder = _Decoder(sources, names)
    while mappings.size:
        chunk = mappings[: _end_of_chunk(mappings)]
        yield decoder.read(chunk)
        mappings = mappings[chunk.size :]
    if decoder.is_after_comma:
        raise _malformed("they end with a comma")


def _malformed(why: str) -> MapRefused:
    return MapRefused(f"its mappings are malformed: {why}")


def _end_of_chunk(mappings: Bytes) -> int:
    """Where the last segment that lies within a chunk ends, with its separator."""
    if mappings.size <= CHUNK:
        return mappings.size
    chunk = mappings[:CHUNK].tobytes()
    end = max(chunk.rfind(b","), chunk.rfind(b";")) + 1
    if not end:
        raise _malformed(f"a segment is longer than {CHUNK:,} characters")
    return end


class _Decoder:
    """What the next segment's numbers are relative to."""

    def __init__(self, sources: int, names: int) -> None:
        self._limits = (sources, 1 << 31, 1 << 31, names)
        self._last = [0, 0, 0, 0]
        self._line = 0
        self._column = 0
        self.is_after_comma = False

    def read(self, chunk: Bytes) -> Segments:
        """The segments of a chunk, which begins where a segment or a line may."""
        codes = _CODES[chunk]
        if codes.max() == _NOTHING:
            raise _malformed(f"no mapping has the character {chr(chunk[codes.argmax()])!r}")
        self._check_separators(codes)
        starts, values = _values(codes)
        lines = np.cumsum(codes == _SEMICOLON)
        is_first = codes[starts - 1] >= _COMMA
        is_first[:1] = True
        first = np.flatnonzero(is_first)
        line_of = lines[starts[first]]
        columns = self._columns(values[first], line_of)
        records = self._records(values, first)
        keys = (line_of + self._line << 32 | columns).astype(np.uint64)
        self._line += int(lines[-1])
        self._column = int(columns[-1]) if columns.size and line_of[-1] == lines[-1] else 0
        return Segments(keys, records)

    def _check_separators(self, codes: Bytes) -> None:
        """A comma stands between two segments."""
        is_separator, is_comma = codes >= _COMMA, codes == _COMMA
        empty = is_separator[1:] & is_separator[:-1] & (is_comma[1:] | is_comma[:-1])
        # Before the chunk's first character stands a separator or nothing.
        if empty.any() or is_comma[0] or (is_separator[0] and self.is_after_comma):
            raise _malformed("a segment is empty")
        self.is_after_comma = bool(is_comma[-1])

    def _columns(self, deltas: Ints, line_of: Ints) -> Ints:
        """Generated columns: sums that begin anew with each line."""
        if not deltas.size:
            return deltas
        sums = np.cumsum(deltas)
        begins = np.flatnonzero(np.concatenate(([True], line_of[1:] != line_of[:-1])))
        before = sums[begins] - deltas[begins]
        if line_of[0] == 0:
            before[0] -= self._column
        columns = sums - np.repeat(before, _lengths(begins, sums.size))
        if columns.min() < 0 or columns.max() >= 1 << 31:
            raise _malformed("a generated column is out of range")
        return columns

    def _records(self, values: Ints, first: Ints) -> NDArray[np.int32]:
        """Source, line, column and name of the segments whose numbers begin at `first`."""
        fields = _lengths(first, values.size)
        if not ((fields == 1) | (fields == 4) | (fields == 5)).all():
            raise _malformed("a segment has neither one, four nor five numbers")
        records = np.full((first.size, 4), -1, np.int32)
        sourced, named = np.flatnonzero(fields >= 4), np.flatnonzero(fields == 5)
        for field, which in enumerate((sourced, sourced, sourced, named)):
            records[which, field] = self._sums(field, values[first[which] + field + 1])
        return records

    def _sums(self, field: int, deltas: Ints) -> Ints:
        """One field of the segments that have it, each relative to the one before."""
        if not deltas.size:
            return deltas
        sums = np.cumsum(deltas) + self._last[field]
        if sums.min() < 0 or sums.max() >= self._limits[field]:
            raise _malformed(f"{FIELDS[field]} is out of range")
        self._last[field] = int(sums[-1])
        return sums


def _lengths(begins: Ints, end: int) -> Ints:
    """How long the parts are that begin there, the last of which goes to the end."""
    lengths = np.empty_like(begins)
    lengths[:-1] = begins[1:] - begins[:-1]
    lengths[-1:] = end - begins[-1:]
    return lengths


def _values(codes: Bytes) -> tuple[Ints, Ints]:
    """Where each number begins, and the number."""
    is_start = codes < _COMMA
    is_start[1:] &= (codes[:-1] < 32) | (codes[:-1] >= _COMMA)
    starts, ends = np.flatnonzero(is_start), np.flatnonzero(codes < 32)
    if starts.size != ends.size:
        raise _malformed("a number is cut short")
    values = (codes[starts] & 31).astype(np.int64)
    more = ends - starts
    place, longer = 1, np.flatnonzero(more)
    while longer.size and place < _MOST_DIGITS:
        values[longer] |= (codes[starts[longer] + place] & 31).astype(np.int64) << 5 * place
        place += 1
        longer = longer[more[longer] >= place]
    if longer.size:
        _check_padding(codes, is_start, starts)
    return starts, _signed(values)


def _check_padding(codes: Bytes, is_start: NDArray[np.bool_], starts: Ints) -> None:
    """Refuse digits past the seventh that are not zero."""
    digits = np.flatnonzero(codes < _COMMA)
    place = digits - starts[np.cumsum(is_start[digits]) - 1]
    if (codes[digits[place >= _MOST_DIGITS]] & 31).any():
        raise _malformed("a number takes more than 32 bits")


def _signed(values: Ints) -> Ints:
    """The lowest bit is the sign; a negative zero means -2³¹, which is never in range."""
    if values.size and (values.max() >= 1 << 32 or (values == 1).any()):
        raise _malformed("a number takes more than 32 bits")
    return np.where(values & 1, -(values >> 1), values >> 1)
