"""The engines' own errors in one form: V8, SpiderMonkey and JavaScriptCore word the same mistake differently."""

import re
from typing import NamedTuple

from monitor.pipeline.grouping.wordings import JSON, WORDINGS

_TABLES = {kind: tuple((name, re.compile(pattern)) for name, pattern in table) for kind, table in WORDINGS.items()}
_LAST_NAME = re.compile(r"[.#]([A-Za-z_$][\w$]*)$")
_INDEX = re.compile(r"\[[^\]]*\]$|^\d+$")
_ASSIGNED = re.compile(r"(?<![=!<>])=(?![=>])")
_END = re.compile(r"end of (?:JSON input|data)|EOF|Unterminated string|unterminated string")
_PAGE = re.compile(r"^Unexpected token '?<|^The string did not match")
CUT_SHORT, ANSWER = "cut short", "an answer"
INDEX = "[…]"
"""The name of a property that is computed: engines tell its value, its expression, or neither."""


class MessageClass(NamedTuple):
    """What an engine complains of; `name` is the property, callee or variable, "" where the message does not tell."""

    kind: str
    name: str = ""


def classify(kind: str, message: str) -> MessageClass | None:
    """The class of an engine's message under an error of the type `kind`; None for what is no engine's own."""
    for name, pattern in _TABLES.get(kind, ()):
        if found := pattern.match(message):
            return MessageClass(name, _of_json(message) if name == JSON else _name(found.groupdict()))
    return None


def _of_json(message: str) -> str:
    if _END.search(message):
        return CUT_SHORT
    return ANSWER if _PAGE.search(message) else ""


def _name(groups: dict[str, str | None]) -> str:
    if name := groups.get("name") or groups.get("getter"):
        return INDEX if name.isdigit() else name.strip("'\"")[:100]
    if evaluated := groups.get("evaluated"):
        return _last_name(_ASSIGNED.split(evaluated)[0] if _ASSIGNED.search(evaluated) else evaluated)
    return _last_name(groups.get("expression") or "")


def _last_name(expression: str) -> str:
    """`columns` of `r.value.columns`: the only part that no minifier renames; "" where there is none."""
    expression = expression.strip()
    if _INDEX.search(expression):
        return INDEX
    found = _LAST_NAME.search(expression)
    return found[1][:100] if found else ""
