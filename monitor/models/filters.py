"""Which events a project does not want to keep: the inbound filters, as Project.filters holds them."""

from dataclasses import asdict, dataclass, fields
from typing import Any

MOST_PATTERNS = 50
"""How many patterns of one kind a project may have."""
LONGEST_PATTERN = 200


@dataclass(frozen=True)
class Filters:
    """What is filtered. All are off until a project chooses: nobody should look in vain for an event they sent.

    Patterns match the whole text, capitals or not, with `*` for any characters; everything else stands for itself.
    """

    extensions: bool = False
    crawlers: bool = False
    localhost: bool = False
    legacy_browsers: bool = False
    releases: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()

    @classmethod
    def of(cls, stored: dict[str, Any]) -> "Filters":
        """Those of a project's row; what a newer version wrote and this one does not know is left out."""
        known = {field.name for field in fields(cls)}
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in stored.items() if name in known
        }
        return cls(**values)

    def stored(self) -> dict[str, Any]:
        """As they lie in Project.filters."""
        return asdict(self)


def matches(text: str, pattern: str) -> bool:
    """Whether `text` as a whole fits `pattern`. No regular expression, so that no pattern takes long: each part between
    two `*` is looked for once, after the one before it.
    """
    text, (first, *rest) = text.lower(), pattern.lower().split("*")
    if not rest:
        return text == first
    *middle, last = rest
    if not text.startswith(first) or not text.endswith(last) or len(text) < len(first) + len(last):
        return False
    at, end = len(first), len(text) - len(last)
    for part in middle:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True
