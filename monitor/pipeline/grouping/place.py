"""Where it went wrong: the innermost function of the application's own, and what stands in for it without one."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Literal, NamedTuple

from monitor.pipeline.grouping.frames import ANONYMOUS, Spot, is_constructor, is_native, is_own_code, is_source, spot_of
from monitor.pipeline.payload import Frame
from monitor.pipeline.remember import ByIdentity

MOST_STACKS = 2000
MOST_CALLERS = 4
"""Own frames that are looked at, from the innermost."""
MOST_INNER = 15
"""Frames among which a package's is looked for, from the innermost."""
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
    frame = next(_own(frames, "plain class"), None)
    if frame is None:
        frame = next((frame for frame in reversed(frames) if frame.filename or frame.function), None)
    return f"{frame.filename} in {frame.function or ANONYMOUS}"[:500] if frame else ""


def _own(frames: Sequence[Frame], origin: Origin) -> Iterator[Frame]:
    """The application's own frames, innermost first, without the constructors of the error, if other frames follow."""
    constructor = None
    is_below = origin != "engine"
    for frame in reversed(frames):
        if not is_own_code(frame):
            continue
        if is_below and is_constructor(frame, origin == "own class"):
            constructor = constructor or frame
            continue
        is_below, constructor = False, None
        yield frame
    if constructor:
        yield constructor


def _place(frames: Frames, origin: Origin) -> Place:
    own = list(islice(_own(frames, origin), MOST_CALLERS))
    library = next(filter(_is_library, islice(reversed(frames), MOST_INNER)), None)
    spots = list(map(spot_of, own))
    inner = spots[0] if spots else NOWHERE
    return Place(
        inner=inner,
        caller=next((spot for spot in spots[1:] if spot != inner), NOWHERE),
        library=spot_of(library) if library else NOWHERE,
        is_source=bool(own) and is_source(own[0]),
    )


def _is_library(frame: Frame) -> bool:
    return not is_own_code(frame) and not is_native(frame) and not is_constructor(frame, True)


def _cycle(frames: Frames) -> Place:
    """The functions that call each other, in one order: engines cut the stack at different ones."""
    times = Counter(map(id, frames))  # equal frames of a stack are the same object, as a rule
    spots: Counter[Spot] = Counter()
    for frame in {id(frame): frame for frame in frames}.values():
        if is_own_code(frame):
            spots[spot_of(frame)] += times[id(frame)]
    often = [spot for spot, many in spots.items() if many >= CYCLE and spot.function]
    found = _place(frames, "engine")
    return found._replace(inner=min(often), caller=NOWHERE) if often else found
