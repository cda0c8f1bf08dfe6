"""Bounds what clients send: lengths, depths and characters, with a note of what was cut."""

from collections.abc import Iterable
from itertools import islice
from typing import Any

DEEPEST = 6
WIDEST = 100
LONGEST = 4096
LONGEST_KEY = 200


class Notes:
    """What was changed while an event was made fit; shown with it.

    `is_plain`: no text of the event's JSON holds NUL or half a surrogate pair.
    """

    def __init__(self, is_plain: bool = False) -> None:
        self.lines: list[str] = []
        self.is_plain = is_plain

    def add(self, line: str) -> None:
        """Note something once; past twenty lines nothing more is noted."""
        if line not in self.lines and len(self.lines) < 20:
            self.lines.append(line)

    def shorten(self, value: str, most: int, what: str) -> str:
        """At most `most` characters, noted when some are cut."""
        if len(value) <= most:
            return value
        self.add(f"{what} cut from {len(value)} to {most} characters")
        return value[:most] + "…"

    def text(self, value: Any, most: int, what: str) -> str:
        """`text`, noted when some of it is cut."""
        if isinstance(value, str) and len(value) <= most:
            return value if self.is_plain else printable(value)
        found = text(value, most + 1)
        if len(found) > most:
            self.add(f"{what} cut to {most} characters")
        return found[:most]

    def mapping(self, value: Any, what: str) -> dict[str, Any]:
        """`mapping`, noted when the value is something else."""
        return mapping(self._of_kind(value, dict, what, "an object"))

    def sequence(self, value: Any, what: str) -> list[Any]:
        """`sequence`, noted when the value is something else."""
        return sequence(self._of_kind(value, list, what, "an array"))

    def _of_kind(self, value: Any, kind: type, what: str, name: str) -> Any:
        if value and not isinstance(value, kind):
            self.add(f"{what} left out, as it is not {name}")
        return value


def text(value: Any, most: int) -> str:
    """A text that PostgreSQL takes: no NUL, no lone surrogate, at most `most` characters. None gives ""."""
    if isinstance(value, str):
        return printable(value[:most])
    if value is None:
        return ""
    try:
        return printable(str(value)[:most])
    except RecursionError:
        return "…"[:most]


def printable(value: str) -> str:
    """The text with what PostgreSQL and UTF-8 cannot hold replaced: NUL, lone surrogates."""
    if value.isascii() and "\x00" not in value:
        return value
    return value.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def integer(value: Any) -> int | None:
    """A positive whole number that fits 31 bits, or None."""
    try:
        number = value if type(value) is int else int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if 0 < number < 2**31 else None


def mapping(value: Any) -> dict[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def sequence(value: Any) -> list[Any]:
    """The value if it is an array, else an empty one."""
    return value if isinstance(value, list) else []


def clean(value: Any, notes: Notes, what: str, depth: int = 0) -> Any:
    """A JSON value no deeper, wider or longer than allowed; itself when it is that already."""
    if notes.is_plain and not depth and type(value) is dict and _is_fit(value, 0):
        return value
    if isinstance(value, str):
        return printable(value) if len(value) <= LONGEST else notes.shorten(text(value, LONGEST * 4), LONGEST, what)
    if isinstance(value, dict):
        return _clean_object(value, notes, what, depth)
    if isinstance(value, list):
        return _clean_array(value, notes, what, depth)
    # A number past 64 bits is one to no reader but Python.
    return str(value)[:200] if isinstance(value, int) and value.bit_length() > 63 else value


def _is_fit(value: dict[str, Any] | list[Any], depth: int) -> bool:
    """Whether `clean` would change nothing of an object or array whose texts are plain."""
    if len(value) > WIDEST or depth >= DEEPEST:
        return False
    parts: Iterable[Any] = value.values() if isinstance(value, dict) else value
    for part in parts:
        kind = type(part)
        if kind is str:
            if len(part) > LONGEST:
                return False
        elif kind is int:
            if part.bit_length() > 63:
                return False
        elif (kind is dict or kind is list) and not _is_fit(part, depth + 1):
            return False
    return isinstance(value, list) or not any(len(key) > LONGEST_KEY for key in value)


def _clean_object(value: dict[str, Any], notes: Notes, what: str, depth: int) -> Any:
    if depth >= DEEPEST:
        return _cut(notes, what)
    if len(value) > WIDEST:
        notes.add(f"{what} cut to {WIDEST} fields")
        value = dict(islice(value.items(), WIDEST))
    return {
        printable(key[:LONGEST_KEY]): printable(part)
        if type(part) is str and len(part) <= LONGEST
        else clean(part, notes, what, depth + 1)
        for key, part in value.items()
    }


def _clean_array(value: list[Any], notes: Notes, what: str, depth: int) -> Any:
    if depth >= DEEPEST:
        return _cut(notes, what)
    if len(value) > WIDEST:
        notes.add(f"{what} cut to {WIDEST} entries")
    return [clean(part, notes, what, depth + 1) for part in value[:WIDEST]]


def _cut(notes: Notes, what: str) -> str:
    notes.add(f"{what} cut below {DEEPEST} levels")
    return "…"
