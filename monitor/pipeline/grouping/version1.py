"""The rule of version 1, kept so that an issue it made still owns its events."""

import re

from monitor.pipeline.grouping.frames import ANONYMOUS
from monitor.pipeline.grouping.place import MOST_STACKS
from monitor.pipeline.payload import Frame, Payload
from monitor.pipeline.remember import ByIdentity

_places: ByIdentity[tuple[Frame, ...], tuple[str, ...]] = ByIdentity(MOST_STACKS)
_NAMELESS = ("", "?", ANONYMOUS, "<module>", "anonymous")


def default_key(payload: Payload) -> list[str]:
    """What version 1 made its digest of."""
    thrown = payload.thrown()
    if thrown is None or not thrown.type:
        # A message that an SDK dressed as an exception: its stack leads to the logging call of one and all.
        message = parameterize(payload.message or (thrown.value if thrown else "") or payload.transaction)
        return ["message", payload.logger, message]
    causes = [f"caused by {cause.type}" for cause in payload.exceptions[:-1]]
    if thrown.frames and (place := _places.get(thrown.frames) or _places.put(thrown.frames, _place(thrown.frames))):
        return ["stack", thrown.type, *place, *causes]
    return ["type and message", thrown.type, parameterize(thrown.value), *causes]


def _place(frames: tuple[Frame, ...]) -> tuple[str, ...]:
    """File and function of the innermost in-app frame, of the innermost of all where none is in-app."""
    named = [frame for frame in frames if frame.filename or frame.function]
    found = [frame for frame in named if frame.in_app] or named
    return (_file(found[-1]), _function(found[-1])) if found else ()


def _file(frame: Frame) -> str:
    """The file without what a build or a deploy changes: query, content hash, version folder."""
    name = re.split(r"[?#]", frame.module or frame.filename)[0]
    name = re.sub(r"[.-][0-9a-f]{6,40}(?=[./])|-[\w-]{8}(?=\.(?:m?js|css)$)", "", name)
    return re.sub(r"/v?\d+(\.\d+)+/", "/*/", name)


def _function(frame: Frame) -> str:
    """The function as its author named it; where it has no name, its line of source."""
    name = re.sub(
        r"^(?:(?:async|new|get|set|bound|global code|Object|Module|Array)[ .])+|\[as \w+\]|/<|<$", "", frame.function
    )
    name = ANONYMOUS if name.endswith(f"/{ANONYMOUS}") else name.strip()
    if name in _NAMELESS and frame.context_line:
        return frame.context_line.strip()[:200]
    return name


_PARAMETERS = re.compile(
    r"""(?x)
    (?P<url>\b[a-z][a-z0-9+.-]*://[^\s"'<>]+)
    | (?P<email>[\w.+-]+@[\w-]+\.[\w.-]+)
    | (?P<uuid>\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b)
    | (?P<date>\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?)
    | (?P<ip>\b\d{1,3}(?:\.\d{1,3}){3}\b(?::\d+)?)
    | (?P<hex>\b(?:0x[0-9a-fA-F]+|(?=[0-9a-fA-F]*\d)(?=[0-9a-fA-F]*[a-fA-F])[0-9a-fA-F]{8,})\b)
    | (?P<quoted>"[^"\n]{1,200}"|(?<!\w)'[^'\n]{1,200}'(?!\w)|“[^”\n]{1,200}”|`[^`\n]{1,200}`)
    | (?P<id>(?<!\w)(?:[A-Za-z]+[-_]?\d|\d+[-_]?[A-Za-z]+[-_]?\d)[\w-]*(?!\w))
    | (?P<number>(?<!\w)[+-]?\d+(?:[.,]\d+)*(?:e[+-]?\d+)?(?=\b|[a-z%]))
    """
)


def parameterize(message: str) -> str:
    """The message as version 1 wrote it."""
    line = message.strip().split("\n", 1)[0][:1000]
    return _PARAMETERS.sub(lambda found: f"<{found.lastgroup}>", line)
