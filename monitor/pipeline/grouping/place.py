"""Where it went wrong: the innermost function of the application's own, and what stands in for it without one."""

from collections import Counter
from collections.abc import Sequence
from typing import Literal, NamedTuple

from monitor.pipeline.grouping.frames import ANONYMOUS, Spot, is_constructor, is_native, is_own_code, spot_of
from monitor.pipeline.payload import Frame
from monitor.pipeline.remember import ByIdentity

MOST_STACKS = 2000
NOWHERE = Spot("", "")
CYCLE = 3
"""A function that stands so often on a stack too deep is part of the cycle."""

Frames = tuple[Frame, ...]


class Place(NamedTuple):
    """`inner` threw or called what threw, `caller` called it (engines drop callers, and an inner function that ends in
    a call: JavaScriptCore's tail calls); `library` is the innermost function of a package.
    """

    inner: Spot = NOWHERE
    caller: Spot = NOWHERE
    library: Spot = NOWHERE
    is_source: bool = False


Origin = Literal["engine", "own class", "plain class", "too deep"]
"""Who made the error: the engine, a class of the application's own, `new Error`; or the engine, as a stack too deep."""

_places: ByIdentity[Frames, Place] = ByIdentity(MOST_STACKS)
_culprits: ByIdentity[Frames, str] = ByIdentity(MOST_STACKS)


def place_of(frames: Frames, origin: Origin) -> Place:
    """The place that a stack tells."""
    if not frames:
        return Place()
    found = _places.get(frames, origin)
    if found is None:
        found = _cycle(frames) if origin == "too deep" else _place(frames, origin)
        _places.put(frames, found, origin)
    return found


def culprit_of(frames: Frames) -> str:
    """Where to look first, for people: the innermost frame of the application's own, else of all; "" without frames."""
    return _culprits.get(frames) or _culprits.put(frames, _culprit(frames)) if frames else ""


def _culprit(frames: Frames) -> str:
    named = [frame for frame in frames if frame.filename or frame.function]
    own = _own(named, "plain class")
    frame = own[0] if own else named[-1] if named else Frame()
    return f"{frame.filename} in {frame.function or ANONYMOUS}"[:500] if named else ""


def _own(frames: Sequence[Frame], origin: Origin) -> list[Frame]:
    """The application's own frames, innermost first, without the constructors of the error, if it had any."""
    own = [frame for frame in reversed(frames) if is_own_code(frame)]
    if origin == "engine":
        return own
    is_own_class = origin == "own class"
    return own[next((at for at, frame in enumerate(own) if not is_constructor(frame, is_own_class)), 0) :]


def _place(frames: Frames, origin: Origin) -> Place:
    own = _own(frames, origin)
    library = next((frame for frame in reversed(frames) if _is_library(frame)), None)
    spots = [spot_of(frame) for frame in own]
    inner = spots[0] if spots else NOWHERE
    return Place(
        inner=inner,
        caller=next((spot for spot in spots[1:4] if spot != inner), NOWHERE),
        library=spot_of(library) if library else NOWHERE,
        is_source=bool(own) and own[0].raw is not None,
    )


def _is_library(frame: Frame) -> bool:
    return not is_own_code(frame) and not is_native(frame) and not is_constructor(frame, True)


def _cycle(frames: Frames) -> Place:
    """The functions that call each other, in one order: engines cut the stack at different ones."""
    own = [frame for frame in frames if is_own_code(frame)]
    often = [spot for spot, times in Counter(map(spot_of, own)).items() if times >= CYCLE and spot.function]
    found = _place(frames, "engine")
    return found._replace(inner=min(often), caller=NOWHERE) if often else found
