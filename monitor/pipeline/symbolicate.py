"""Gives minified frames their original file, line, function and context, or a note that says why it cannot."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec

from monitor.pipeline.lru import ByteLru
from monitor.pipeline.payload import ExceptionValue, Frame, Payload, RawFrame
from monitor.pipeline.remember import ByIdentity
from monitor.pipeline.sourcemaps import sourcemap
from monitor.pipeline.sourcemaps.fetch_map import want
from monitor.pipeline.sourcemaps.find_map import Build, Maps, NoMap, build_of
from monitor.pipeline.sourcemaps.function_name import Scopes
from monitor.pipeline.sourcemaps.source_path import clean_path, is_library, module_of
from monitor.pipeline.trim import text

PLATFORMS = ("javascript", "node")
EXTENSIONS = ("chrome-extension:", "moz-extension:", "safari-extension:", "safari-web-extension:")
CONTEXT_LINES = 5
MAX_LINE_CHARACTERS = 300
MAX_FILES_BYTES = 12_000_000
MAX_FRAMES_BYTES = 12_000_000
FRAME_BYTES, LINE_BYTES = 600, 60
"""What a resolved frame takes, whose lines are its file's own, and what a line takes besides its characters."""

_log = logging.getLogger(__name__)


MOST_STACKS = 2000

Frames = tuple[Frame, ...]


@dataclass(frozen=True)
class _File:
    """An original file: its lines and its functions."""

    lines: Sequence[str]
    scopes: Scopes


_files: ByteLru[_File] = ByteLru(MAX_FILES_BYTES)
"""Original files of frames seen lately, parsed; keyed by the map's blob and the index of the source."""
_resolved: ByteLru[Frame] = ByteLru(MAX_FRAMES_BYTES)
"""Frames seen lately, resolved; keyed by the map's blob, whose name is its content's, and the frame as it came."""
_urls: ByIdentity[Frames, tuple[str, ...]] = ByIdentity(MOST_STACKS)
"""The files that the frames of a stack lie in."""
_stacks: ByIdentity[Frames, Frames] = ByIdentity(MOST_STACKS)
"""Whole stacks seen lately, resolved by the maps that were found for their files."""


def symbolicate(batch: Sequence[tuple[int, Payload]]) -> list[Payload]:
    """Resolve the frames of a batch of (project id, payload), in its order.

    One query finds the source maps of the whole batch, and a position seen lately is not resolved again. Whatever goes
    wrong with one event's maps becomes a note, and that event goes on as it came.
    """
    builds = [build_of(project_id, payload) if payload.platform in PLATFORMS else None for project_id, payload in batch]
    resolver = Resolver(Maps(build for build in builds if build))
    return [
        resolver.resolve_payload(build, payload) if build else payload
        for build, (_, payload) in zip(builds, batch, strict=True)
    ]


class Finder(Protocol):
    """Knows which source map belongs to a file; Maps does."""

    def find(self, build: Build, url: str) -> str:
        """The blob of the map of the file at `url`. Raises NoMap."""


class Resolver:
    """Resolves the frames of one batch."""

    def __init__(self, maps: Finder) -> None:
        """`maps` are asked for each file."""
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
        if not value.frames:
            return value
        urls = _urls.get(value.frames) or _urls.put(value.frames, tuple(dict.fromkeys(map(_url_of, value.frames))))
        found = tuple(self._find(build, url) for url in urls)
        frames = _stacks.get(value.frames, found)
        if frames is None:
            maps = dict(zip(urls, found, strict=True))
            frames = tuple(self._frame(maps[_url_of(frame)], frame) for frame in value.frames)
            # A map that was refused is tried again some time; what is noted for want of one is part of the key.
            if not any(frame.note and maps[_url_of(frame)][0] for frame in frames):
                _stacks.put(value.frames, frames, found)
        return msgspec.structs.replace(value, frames=frames)

    def _find(self, build: Build, url: str) -> tuple[str, str]:
        """The blob of the map of the file at `url`, or "" and why there is none; ("", "") for what needs no map."""
        if "://" not in url:  # native code
            return "", ""
        if url.startswith(EXTENSIONS):
            return "", "a browser extension's code, no part of the application"
        try:
            return self._maps.find(build, url), ""
        except NoMap as no_map:
            want(build, url)
            return "", str(no_map)

    def _frame(self, found: tuple[str, str], frame: Frame) -> Frame:
        blob, why_not = found
        if frame.raw is not None or not (blob or why_not):
            return frame
        if not frame.lineno or not frame.colno:
            why_not = why_not if _url_of(frame).startswith(EXTENSIONS) else "the browser gave no line and column"
            return _noted(frame, why_not)
        try:
            return self._at(blob, frame, frame.lineno, frame.colno) if blob else _noted(frame, why_not)
        except NoMap as no_map:
            return _noted(frame, str(no_map))

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
            _resolved.put(key, found, FRAME_BYTES)
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


def _url_of(frame: Frame) -> str:
    return frame.abs_path or frame.filename


def _noted(frame: Frame, note: str) -> Frame:
    return msgspec.structs.replace(frame, note=note)


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
