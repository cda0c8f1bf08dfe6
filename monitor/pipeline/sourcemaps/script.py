"""An uploaded minified script: how long its lines are, where its words stand, which debug id it registers."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from uuid import UUID

import zstandard

from monitor.pipeline.lru import ByteLru
from monitor.pipeline.sourcemaps import blobs
from monitor.pipeline.sourcemaps.uploaded_file import debug_id_in

MAX_MEMORY_BYTES = 32_000_000
SNIPPET = "_sentryDebugIds"
"""The variable that an injected snippet sets; sentry-cli, bundler plugins and our own CLI call it so."""
_LINE_END = re.compile(r"\r\n|\n|\r")
_KEYWORDS = "await|break|case|catch|class|const|continue|default|else|export|extends|finally|from|function|import|null"
_MORE_KEYWORDS = "return|static|super|switch|this|throw|true|typeof|void|while|with|yield"
_WORD = re.compile(rf"(?<![\w$])(?!(?:{_KEYWORDS}|{_MORE_KEYWORDS})\b)[A-Za-z_$][\w$]{{3,}}")
_WINDOW = 20_000
"""Characters in which a word is looked for, from a given place on."""


class Script:
    """The text of a script. Lines and columns count from 0, columns in UTF-16 units."""

    def __init__(self, content: bytes) -> None:
        """Take the file as it was uploaded."""
        text = content.decode("utf-8", "replace").removeprefix("\ufeff")
        self.debug_id: UUID | None = debug_id_in(content, "minified_source")
        self._text = text
        ends = list(_LINE_END.finditer(text))
        self._starts = [0, *(end.end() for end in ends)]
        self._ends = [*(end.start() for end in ends), len(text)]

    def __len__(self) -> int:
        """How many lines it has."""
        return len(self._starts)

    def line_length(self, line: int) -> int:
        """The UTF-16 length of a line, without its end."""
        return _utf16(self._text[self._starts[line] : self._ends[line]])

    def snippet(self) -> tuple[int, int] | None:
        """Where an injected snippet stands; None without one."""
        place = self._text.find(SNIPPET)
        return None if place < 0 else self._position(place)

    def words(self, most: int) -> Iterator[tuple[int, int, str]]:
        """Up to `most` words of four letters and more but keywords, spread over the whole file: line, column, word."""
        seen = -1
        for number in range(most):
            start = number * len(self._text) // most
            found = _WORD.search(self._text, max(start, seen), start + _WINDOW)
            if found:
                seen = found.end()
                yield *self._position(found.start()), found[0]

    def _position(self, place: int) -> tuple[int, int]:
        line = bisect_right(self._starts, place) - 1
        return line, _utf16(self._text[self._starts[line] : place])


def open_script(blob: str) -> Script | None:
    """The uploaded script; None when its bytes are not in file storage."""
    found = _open.get(blob)
    if found is None:
        try:
            content = zstandard.decompress(blobs.get_packed(blob))
        except (blobs.BlobMissing, zstandard.ZstdError):
            return None
        found = Script(content)
        _open.put(blob, found, 2 * len(content))
    return found


_open: ByteLru[Script] = ByteLru(MAX_MEMORY_BYTES)


def _utf16(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
