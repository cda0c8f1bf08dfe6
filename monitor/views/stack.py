"""Turns an event's exceptions into what the issue page shows: rows of frames, library frames folded together."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from monitor.pipeline.payload import ExceptionValue, Frame, Payload
from monitor.pipeline.sourcemaps.doctor import Diagnosis

_WORD = re.compile(r"[\w$]+")
_PACKAGE = re.compile(r".*(?:^|/)node_modules/((?:@[^/]+/)?[^/]+)/|.*/site-packages/([^/]+)/")


@dataclass(frozen=True)
class Line:
    """A line of source; `marked` is the failing word of the line that threw."""

    number: int
    before: str
    marked: str = ""
    after: str = ""
    is_hit: bool = False


@dataclass(frozen=True)
class FrameRow:
    """A frame with its source around the line, as it is or as the browser saw it, and what is wrong with it."""

    function: str
    place: str
    lines: tuple[Line, ...]
    note: str
    is_in_app: bool
    is_open: bool
    diagnosis: Diagnosis | None = None


@dataclass(frozen=True)
class FrameGroup:
    """Frames next to each other: one of the application's, or several of libraries, folded under a label."""

    label: str
    rows: tuple[FrameRow, ...]


@dataclass(frozen=True)
class Stack:
    """One exception and its frames, the one that threw first; `resolved` of `total` went through a source map."""

    exception: ExceptionValue
    groups: tuple[FrameGroup, ...]
    resolved: int
    total: int


Told = Mapping[Frame, Diagnosis | None]


def stacks(payload: Payload, is_raw: bool = False, told: Told | None = None) -> list[Stack]:
    """The exceptions of an event, what surfaced before its causes; `is_raw` shows frames as they came.

    `told` is what the doctor of source maps says of frames.
    """
    return [
        _stack(exception, is_raw, has_open=index == 0, told=told or {})
        for index, exception in enumerate(reversed(payload.exceptions))
    ]


def _stack(exception: ExceptionValue, is_raw: bool, has_open: bool, told: Told) -> Stack:
    frames = exception.frames[::-1]
    opened = next((index for index, frame in enumerate(frames) if frame.in_app), 0) if has_open else None
    rows = [_row(frame, is_raw, index == opened, told.get(frame)) for index, frame in enumerate(frames)]
    resolved = sum(frame.raw is not None for frame in frames)
    return Stack(exception, tuple(_fold(frames, rows)), resolved, len(frames))


def _row(frame: Frame, is_raw: bool, is_open: bool, diagnosis: Diagnosis | None) -> FrameRow:
    seen = frame.raw if is_raw and frame.raw else None
    shown = seen or frame
    place = ":".join(str(part) for part in (shown.filename or frame.abs_path, shown.lineno, shown.colno) if part)
    lines = () if seen else tuple(source_lines(frame))
    return FrameRow(
        *(shown.function or "(anonymous)", place or "(unknown file)", lines, frame.note),
        *(frame.in_app, is_open, diagnosis),
    )


def _fold(frames: tuple[Frame, ...], rows: list[FrameRow]) -> Iterator[FrameGroup]:
    for key, members in groupby(zip(frames, rows, strict=True), key=lambda pair: pair[0].in_app or pair[1].is_open):
        pairs = list(members)
        if key:
            yield from (FrameGroup("", (row,)) for _, row in pairs)
        else:
            yield FrameGroup(_label([frame for frame, _ in pairs]), tuple(row for _, row in pairs))


def _label(frames: list[Frame]) -> str:
    """`3 frames of react-dom`, or `of libraries` when they come from several or it cannot be told."""
    packages = {package_of(frame) for frame in frames}
    name = packages.pop() if len(packages) == 1 else ""
    return f"{len(frames)} frame{'s' if len(frames) > 1 else ''} of {name or 'libraries'}"


def package_of(frame: Frame) -> str:
    """The package a library frame belongs to, "" when its path does not say."""
    found = _PACKAGE.match(frame.filename) or _PACKAGE.match(frame.abs_path)
    return (found[1] or found[2]) if found else ""


def source_lines(frame: Frame) -> Iterator[Line]:
    """The lines around the one that threw, numbered; none without source."""
    if frame.context_line is None or frame.lineno is None:
        return
    first = frame.lineno - len(frame.pre_context)
    yield from (Line(first + index, text) for index, text in enumerate(frame.pre_context))
    yield _hit(frame.lineno, frame.context_line, frame.colno)
    yield from (Line(frame.lineno + 1 + index, text) for index, text in enumerate(frame.post_context))


def _hit(number: int, text: str, column: int | None) -> Line:
    """Mark the word that begins at `column` (from 1), else the one character there; nothing when it lies outside."""
    if column is None or not 1 <= column <= len(text):
        return Line(number, text, is_hit=True)
    start = column - 1
    word = _WORD.match(text, start)
    end = word.end() if word else start + 1
    return Line(number, text[:start], text[start:end], text[end:], is_hit=True)
