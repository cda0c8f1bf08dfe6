"""Writes the compiled form of a source map, one part after the other, so that no two are in memory at once."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import msgspec
import numpy as np
from numpy.typing import NDArray

from monitor.pipeline.sourcemaps.decode_mappings import Segments
from monitor.pipeline.sourcemaps.map_index import FOOTER, MAGIC, MapRefused, Parts

_CR, _LF = 13, 10
_TEXT = msgspec.json.Decoder(str | None)


@dataclass
class Compiled:
    """A source map, its sections joined: `contents[i]` (JSON) belongs to `sources[i]`, `ignored` are indexes of
    sources. Segments come in pieces, each in generated order and after the one before.
    """

    pieces: list[Segments] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    contents: list[msgspec.Raw | None] = field(default_factory=list)
    ignored: list[int] = field(default_factory=list)
    segments: int = 0
    """How many were decoded, those dropped since among them."""

    def truncate(self, key: int) -> None:
        """Drop the segments at and after the generated position `key`."""
        while self.pieces and self.pieces[-1].keys[-1] >= key:
            last = self.pieces.pop()
            end = int(np.searchsorted(last.keys, np.uint64(key)))
            if end:
                self.pieces.append(Segments(last.keys[:end], last.records[:end]))

    def write(self, file: BinaryIO) -> None:
        """Write what MapIndex reads. Raises MapRefused for contents that are no text."""
        sizes = dict.fromkeys(Parts._fields, 0)
        for part, piece in self._parts():
            if len(piece):
                sizes[part] += file.write(memoryview(piece).cast("B"))
        file.write(FOOTER.pack(*sizes.values(), MAGIC))

    def _parts(self) -> Iterator[tuple[str, Any]]:
        """The names of the parts, in their order, each with a piece of it."""
        for piece in self.pieces:
            yield "keys", piece.keys
        for piece in self.pieces:
            yield "records", piece.records
        first_lines, line_places = [0], [np.zeros(0, np.int64)]
        end = 0
        for source, content in enumerate(self.contents):
            text = _content(source, content)
            starts = np.zeros(0, np.int64) if text is None else _line_starts(text) + end
            first_lines.append(first_lines[-1] + starts.size)
            line_places.append(starts)
            end += len(text or b"")
            yield "contents", text or b""
        yield "contents", bytes(-end % 4)
        texts = [text.encode("utf-8", "replace") for text in (*self.sources, *self.names)]
        places = np.cumsum([0, *map(len, texts)], dtype="<u4")
        yield "source_places", places[: len(self.sources) + 1]
        yield "name_places", places[len(self.sources) :]
        yield "first_lines", np.array(first_lines, "<u4")
        yield "line_places", np.concatenate([*line_places, [end]]).astype("<u4")
        yield "ignored", np.array(self.ignored, "<u4")
        yield "texts", b"".join(texts)


def _content(source: int, content: msgspec.Raw | None) -> bytes | None:
    """The text of an original file as UTF-8."""
    if content is None:
        return None
    try:
        text = _TEXT.decode(content)
    except msgspec.ValidationError:
        raise MapRefused(f"its sourcesContent[{source}] is no text") from None
    return None if text is None else text.encode()


def _line_starts(text: bytes) -> NDArray[np.int64]:
    """Where the lines of a text begin, its first one at 0."""
    units = np.frombuffer(text, np.uint8)
    ends = [np.flatnonzero(units == _LF)]
    if b"\r" in text:
        returns = np.flatnonzero(units == _CR)
        ends.append(returns[np.append(units, 0)[returns + 1] != _LF])
    if b"\xe2\x80" in text:  # of U+2028 and U+2029, whose last bytes are A8 and A9
        is_separator = (units[:-2] == 0xE2) & (units[1:-1] == 0x80) & (units[2:] & 0xFE == 0xA8)
        ends.append(np.flatnonzero(is_separator) + 2)
    return np.concatenate([[0], np.sort(np.concatenate(ends)) + 1])
