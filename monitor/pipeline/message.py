"""The message of an event, from any SDK: plain, or a template with parameters."""

import re
from typing import Any

from monitor.pipeline.trim import Notes, mapping, text

LONGEST_MESSAGE = 8192
PLACEHOLDER = re.compile(r"%(?:\((\w{1,100})\))?[-+#0]*+\d{0,9}(?:\.\d{1,9})?([a-zA-Z%])")


def normalize_message(event: dict[str, Any], notes: Notes) -> str:
    """`message` as text, or `logentry` with its parameters filled in."""
    entry = event.get("logentry") or event.get("message")
    if isinstance(entry, dict):
        entry = entry.get("formatted") or _filled(text(entry.get("message"), LONGEST_MESSAGE), entry.get("params"))
    return notes.shorten(text(entry, 100_000), LONGEST_MESSAGE, "message")


def _filled(template: str, params: Any) -> str:
    """A template with its parameters. Widths count for nothing: `%999999999d` would be a gigabyte of spaces."""
    named = mapping(params)
    listed = iter(params if isinstance(params, list) else [] if named or params in (None, {}) else [params])

    def fill(found: re.Match[str]) -> str:
        if found[2] == "%":
            return "%" if params else found[0]
        return text(named.get(found[1], found[0]) if found[1] else next(listed, found[0]), 1000)

    return PLACEHOLDER.sub(fill, template)
