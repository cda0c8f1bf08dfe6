"""The exceptions and frames of an event, from any SDK, to typed ones."""

from functools import lru_cache
from hashlib import blake2b
from typing import Any
from urllib.parse import urlsplit

import msgspec

from monitor.batch import read_json
from monitor.pipeline.lru import ByteLru
from monitor.pipeline.payload import ExceptionValue, Frame
from monitor.pipeline.trim import Notes, integer, mapping, sequence, text

MOST_EXCEPTIONS = 10
MOST_FRAMES = 100
MOST_CONTEXT = 10
LONGEST_LINE = 300
MAX_STACKS_BYTES = 12_000_000
STACK_BYTES, FRAME_BYTES = 600, 300
"""What a stack whose frames all came before takes in memory, and what each other frame adds, about."""

_stacks: ByteLru[tuple[Frame, ...]] = ByteLru(MAX_STACKS_BYTES)
"""Stacks that came lately; keyed by the event's platform and the frames as they came."""


def normalize_exceptions(event: dict[str, Any], notes: Notes) -> tuple[ExceptionValue, ...]:
    """`exception.values` (or a bare list); an event with only `stacktrace` or `threads` gives one without a type."""
    found = event.get("exception")
    values = sequence(found.get("values")) if isinstance(found, dict) and "values" in found else found
    values = [values] if isinstance(values, dict) else notes.sequence(values, "exception")
    if not values and (stack := notes.mapping(event.get("stacktrace"), "stacktrace")):
        values = [{"stacktrace": stack, "value": text(event.get("message"), 8192)}]
    if len(values) > MOST_EXCEPTIONS:
        notes.add(f"{len(values) - MOST_EXCEPTIONS} of {len(values)} exceptions left out, the innermost")
    platform = text(event.get("platform"), 30)
    return tuple(_exception(value, platform, notes) for value in values[-MOST_EXCEPTIONS:] if isinstance(value, dict))


def _exception(value: dict[str, Any], platform: str, notes: Notes) -> ExceptionValue:
    mechanism = mapping(value.get("mechanism"))
    handled = mechanism.get("handled")
    return ExceptionValue(
        type=notes.text(value.get("type"), 200, "exception type"),
        value=notes.shorten(text(value.get("value"), 100_000), 8192, "message"),
        module=text(value.get("module"), 200),
        mechanism=text(mechanism.get("type"), 60),
        is_handled=handled if isinstance(handled, bool) else None,
        frames=_frames(notes.mapping(value.get("stacktrace"), "stacktrace").get("frames"), platform, notes),
    )


def _frames(sent: Any, platform: str, notes: Notes) -> tuple[Frame, ...]:
    """The same tuple for the same frames, as most stacks come again and again; `sent`: an array, or its JSON."""
    if not isinstance(sent, msgspec.Raw):
        return _made(notes.sequence(sent, "frames"), platform, notes)
    key = (platform, blake2b(sent, digest_size=16).digest())
    found = _stacks.get(key)
    if found is None:
        frames = read_json(bytes(sent))
        found = _made(notes.sequence(frames, "frames"), platform, notes)
        if isinstance(frames, list) and len(frames) <= MOST_FRAMES:  # else there is a note to make each time
            shared = tuple([_same(frame) for frame in found])
            new = sum(ours is came for ours, came in zip(shared, found, strict=True))
            _stacks.put(key, shared, STACK_BYTES + FRAME_BYTES * new)
            return shared
    return found


def _made(frames: list[Any], platform: str, notes: Notes) -> tuple[Frame, ...]:
    if len(frames) > MOST_FRAMES:
        notes.add(f"{len(frames) - MOST_FRAMES} of {len(frames)} frames left out, from the middle")
        frames = frames[: MOST_FRAMES // 2] + frames[-MOST_FRAMES // 2 :]
    return tuple([_frame(frame, platform) for frame in frames if isinstance(frame, dict)])


def _frame(frame: dict[str, Any], platform: str) -> Frame:
    """`abs_path` is the address the browser gave, `filename` what of it people read."""
    filename = text(frame.get("filename"), 1000)
    abs_path = _shared(text(frame.get("abs_path"), 1000) or filename)
    line = frame.get("context_line")
    return Frame(
        filename=_readable(_shared(filename) or abs_path),
        abs_path=abs_path,
        function=text(frame.get("function"), 200),
        module=text(frame.get("module"), 200),
        lineno=integer(frame.get("lineno")),
        colno=integer(frame.get("colno")),
        in_app=_in_app(frame, abs_path, platform),
        context_line=None if line is None else text(line, LONGEST_LINE),
        pre_context=_context(frame.get("pre_context"))[-MOST_CONTEXT:],
        post_context=_context(frame.get("post_context"))[:MOST_CONTEXT],
    )


def _context(value: Any) -> tuple[str, ...]:
    return tuple(text(line, LONGEST_LINE) for line in sequence(value)) if value else ()


def _in_app(frame: dict[str, Any], abs_path: str, platform: str) -> bool:
    """What the SDK says, but a browser's own and its extensions' code is never the application's."""
    if abs_path.startswith(("chrome-extension:", "moz-extension:", "safari-web-extension:", "<native", "[native")):
        return False
    if platform == "javascript" and "/node_modules/" in abs_path:
        return False
    return frame.get("in_app") is not False


@lru_cache(maxsize=32_768)
def _same(frame: Frame) -> Frame:
    """The same object for the same frame: stacks differ, but are made of the same few thousand."""
    return frame


@lru_cache(maxsize=1024)
def _shared(address: str) -> str:
    """The same object for the same address, which all frames of a file have."""
    return address


@lru_cache(maxsize=1024)
def _readable(address: str) -> str:
    """The path of a URL; other names as they are."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return address
    return parts.path if parts.scheme in ("http", "https", "app", "file") and parts.path else address
