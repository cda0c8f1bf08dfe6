"""Gives minified frames their original file, line, function and context, or a note that says why it cannot."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from monitor.pipeline.payload import ExceptionValue, Frame, Payload, RawFrame
from monitor.pipeline.sourcemaps import sourcemap
from monitor.pipeline.sourcemaps.find_map import Build, Maps, NoMap, build_of
from monitor.pipeline.sourcemaps.function_name import Scopes
from monitor.pipeline.sourcemaps.lru import ByteLru
from monitor.pipeline.sourcemaps.source_path import clean_path, is_library, module_of
from monitor.pipeline.trim import text

PLATFORMS = ("javascript", "node")
EXTENSIONS = ("chrome-extension:", "moz-extension:", "safari-extension:", "safari-web-extension:")
CONTEXT_LINES = 5
MAX_LINE_CHARACTERS = 300
MAX_FILES_BYTES = 32_000_000
MAX_FRAMES_BYTES = 32_000_000
FRAME_BYTES, LINE_BYTES = 1500, 60
"""What a resolved frame takes besides the lines around it, and a line besides its characters."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _File:
    """An original file: its lines and its functions."""

    lines: Sequence[str]
    scopes: Scopes


_files: ByteLru[_File] = ByteLru(MAX_FILES_BYTES)
"""Original files of frames seen lately, parsed; keyed by the map's blob and the index of the source."""
_resolved: ByteLru[Frame] = ByteLru(MAX_FRAMES_BYTES)
"""Frames seen lately, resolved; keyed by the map's blob, whose name is its content's, and the frame as it came."""


def symbolicate(batch: Sequence[tuple[int, Payload]]) -> list[Payload]:
    """Resolve the frames of a batch of (project id, payload), in its order.

    One query finds the source maps of the whole batch, and a position seen lately is not resolved again. Whatever goes
    wrong with one event's maps becomes a note, and that event goes on as it came.
    """
    builds = [build_of(project_id, payload) if payload.platform in PLATFORMS else None for project_id, payload in batch]
    resolver = _Resolver(Maps(build for build in builds if build))
    return [
        resolver.resolve_payload(build, payload) if build else payload
        for build, (_, payload) in zip(builds, batch, strict=True)
    ]


class _Resolver:
    """Resolves the frames of one batch."""

    def __init__(self, maps: Maps) -> None:
        self._maps = maps
        self._opened: dict[str, sourcemap.MapIndex | sourcemap.MapRefused] = {}

    def resolve_payload(self, build: Build, payload: Payload) -> Payload:
        """The payload with its frames resolved, or noted why not."""
        try:
            exceptions = tuple(self._exception(build, value) for value in payload.exceptions)
            return msgspec.structs.replace(payload, exceptions=exceptions)
        except Exception as error:  # an event is worth more than its source frames
            _log.exception("symbolicating event %s of project %d failed", payload.event_id, build.project_id)
            note = f"source maps could not be applied ({type(error).__name__}); the server's log says more"
            return msgspec.structs.replace(payload, notes=(*payload.notes, note))

    def _exception(self, build: Build, value: ExceptionValue) -> ExceptionValue:
        return msgspec.structs.replace(value, frames=tuple(self._frame(build, frame) for frame in value.frames))

    def _frame(self, build: Build, frame: Frame) -> Frame:
        url = frame.abs_path or frame.filename
        if frame.raw is not None or "://" not in url:  # resolved already, or native code
            return frame
        if url.startswith(EXTENSIONS):
            return msgspec.structs.replace(frame, note="a browser extension's code, no part of the application")
        if not frame.lineno or not frame.colno:
            return msgspec.structs.replace(frame, note="the browser gave no line and column")
        try:
            blob = self._maps.find(build, url)
            return self._at(blob, frame, frame.lineno, frame.colno)
        except NoMap as no_map:
            return msgspec.structs.replace(frame, note=str(no_map))

    def _at(self, blob: str, frame: Frame, line: int, column: int) -> Frame:
        """The frame at a position (from 1) of the file that `blob` maps. Raises NoMap."""
        key = (blob, frame)
        found = _resolved.get(key)
        if found is None:
            opened = self._open(blob)
            token = opened.lookup(line - 1, column - 1)
            if token is None:
                raise NoMap(f"the source map has nothing for line {line}, column {column}; is it of another build?")
            found = _original(blob, opened, token, frame)
            lines = (*found.pre_context, found.context_line or "", *found.post_context)
            _resolved.put(key, found, FRAME_BYTES + sum(map(len, lines)))
        return found

    def _open(self, blob: str) -> sourcemap.MapIndex:
        if blob not in self._opened:
            try:
                self._opened[blob] = sourcemap.load(blob)
            except sourcemap.MapRefused as refused:
                self._opened[blob] = refused
        found = self._opened[blob]
        if isinstance(found, sourcemap.MapRefused):
            raise NoMap(f"the source map was refused: {found}")
        return found


def _original(blob: str, opened: sourcemap.MapIndex, token: sourcemap.Token, frame: Frame) -> Frame:
    """The frame as its author wrote it."""
    path = text(clean_path(opened.sources[token.source]), 1000)
    file = _file(blob, opened, token.source, path)
    before, here, after = _context(file.lines, token.line) if file else ((), None, ())
    return msgspec.structs.replace(
        frame,
        filename=path or frame.filename,
        function=(file and file.scopes.name_at(token.line, token.column)) or frame.function,
        module=module_of(path),
        lineno=token.line + 1,
        colno=token.column + 1,
        in_app=frame.in_app and token.source not in opened.ignored and not is_library(path),
        pre_context=before,
        context_line=here,
        post_context=after,
        raw=RawFrame(frame.filename, frame.function, frame.lineno, frame.colno),
        note="",
    )


def _file(blob: str, opened: sourcemap.MapIndex, source: int, path: str) -> _File | None:
    """The original file, parsed; None when the map does not carry its content."""
    file = _files.get((blob, source))
    if file is None:
        lines = opened.content(source)
        if lines is None:
            return None
        file = _File(lines, Scopes(lines, path))
        _files.put((blob, source), file, file.scopes.weight() + sum(map(len, lines)) + LINE_BYTES * len(lines))
    return file


def _context(lines: Sequence[str], line: int) -> tuple[tuple[str, ...], str | None, tuple[str, ...]]:
    """The lines before, at and after a line (from 0); the middle is None when the file ends before it."""
    if line >= len(lines):
        return (), None, ()
    before = lines[max(0, line - CONTEXT_LINES) : line]
    after = lines[line + 1 : line + 1 + CONTEXT_LINES]
    return tuple(map(_shown, before)), _shown(lines[line]), tuple(map(_shown, after))


def _shown(line: str) -> str:
    return text(line[:MAX_LINE_CHARACTERS], MAX_LINE_CHARACTERS)
