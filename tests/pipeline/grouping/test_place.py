"""Where it went wrong, as a stack tells it."""

from monitor.pipeline.grouping.frames import Spot
from monitor.pipeline.grouping.place import NOWHERE, culprit_of, place_of
from monitor.pipeline.payload import Frame, RawFrame

RAW = RawFrame("/app.js", "t", 1, 1)


def source(function: str, file: str = "cart") -> Frame:
    return Frame(filename=f"src/{file}.ts", module=f"src/{file}", function=function, raw=RAW)


LIBRARY = Frame(filename="node_modules/vue/runtime.js", module="node_modules/vue/runtime", function="callHook", raw=RAW)
NATIVE = Frame(filename="[native code]", function="forEach")
CONSTRUCTOR = source("StockError.constructor", "errors")


def test_the_innermost_own_function_its_caller_and_the_library() -> None:
    found = place_of((LIBRARY, source("checkout"), source("lineTotal"), NATIVE), "engine")
    assert found == (Spot("lineTotal", "cart"), Spot("checkout", "cart"), Spot("callHook", "runtime"), True)


def test_a_constructor_of_the_error_is_no_place_where_it_was_thrown() -> None:
    frames = (source("checkout"), CONSTRUCTOR)
    assert place_of(frames, "own class").inner == Spot("checkout", "cart")
    assert place_of(frames, "engine").inner == Spot("StockError.constructor", "errors")


def test_a_constructor_alone_is_better_than_nothing() -> None:
    assert place_of((CONSTRUCTOR,), "own class").inner == Spot("StockError.constructor", "errors")


def test_a_cycle_is_the_same_wherever_it_is_cut_off() -> None:
    one, two = source("pathOf", "tree"), source("parentPath", "tree")
    cycles = {place_of((source("open"), *(one, two) * 20, *rest), "too deep") for rest in ((), (one,), (one, NATIVE))}
    assert {found.inner for found in cycles} == {Spot("parentPath", "tree")}


def test_no_frames_and_only_native_ones_are_no_place() -> None:
    assert place_of((), "engine").inner == place_of((NATIVE,), "engine").inner == NOWHERE


def test_the_culprit_is_shown_as_the_frame_has_it() -> None:
    assert culprit_of((LIBRARY, source("checkout"), CONSTRUCTOR)) == "src/cart.ts in checkout"
    assert culprit_of((NATIVE,)) == "[native code] in forEach"
    assert culprit_of(()) == ""
