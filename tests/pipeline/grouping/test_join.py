"""Which issue an event joins: what engines and builds do to a fault, and what keeps strangers apart."""

import pytest

from monitor.pipeline.grouping import Key, join
from monitor.pipeline.grouping.frames import Spot
from monitor.pipeline.grouping.keys import keys_of, make_key
from monitor.pipeline.grouping.place import Place
from monitor.pipeline.grouping.signature import signature_of

TITLE = signature_of("TypeError", "Cannot read properties of undefined (reading 'title')")
NOT_FOUND = signature_of("Error", "Not found")
FETCH = signature_of("TypeError", "Load failed (a.example)")


def spot(text: str) -> Spot:
    """`rename@notes` as a spot; "" as none."""
    function, _, file = text.partition("@")
    return Spot(function, file)


def place(inner: str, caller: str = "", library: str = "", is_source: bool = True) -> Place:
    return Place(spot(inner), spot(caller), spot(library), is_source)


class Project:
    """Issues by number, as a store keeps them."""

    def __init__(self) -> None:
        self.owners: dict[str, int] = {}
        self.issues = 0

    def take(self, keys: tuple[Key, ...]) -> int:
        found, registered = join(keys, self.owners.get)
        if found is None:
            self.issues += 1
        issue = found or self.issues
        self.owners.update(dict.fromkeys((key.digest for key in registered), issue))
        return issue


@pytest.fixture
def project() -> Project:
    return Project()


def test_a_moved_file_a_renamed_function_a_callback(project: Project) -> None:
    assert project.take(keys_of(TITLE, place("rename@notes"), "1")) == 1
    assert project.take(keys_of(TITLE, place("rename@documents"), "2")) == 1
    assert project.take(keys_of(TITLE, place("renameNote@documents"), "3")) == 1
    assert project.take(keys_of(TITLE, place("renameNote@notes"), "4")) == 1


def test_in_one_release_another_function_of_the_file_is_another_fault(project: Project) -> None:
    assert project.take(keys_of(NOT_FOUND, place("lock@notes"), "1")) == 1
    assert project.take(keys_of(NOT_FOUND, place("trash@notes"), "1")) == 2
    assert project.take(keys_of(NOT_FOUND, place("lock@notes"), "2")) == 1
    assert project.take(keys_of(NOT_FOUND, place("trash@notes"), "2")) == 2


def test_a_tail_call_leaves_out_the_function_that_called(project: Project) -> None:
    invalid = signature_of("RangeError", "Invalid time value")
    assert project.take(keys_of(invalid, place("toDay@dates", "dueDay@Journal"), "1")) == 1
    assert project.take(keys_of(invalid, place("dueDay@Journal"), "1")) == 1
    assert project.take(keys_of(invalid, place("nextPeriod@dates2", "shiftRate@Panel"), "1")) == 2


def test_the_other_way_round_too(project: Project) -> None:
    invalid = signature_of("RangeError", "Invalid time value")
    assert project.take(keys_of(invalid, place("dueDay@Journal"), "1")) == 1
    assert project.take(keys_of(invalid, place("toDay@dates", "dueDay@Journal"), "1")) == 1


def test_two_functions_with_one_caller_are_not_glued_by_it(project: Project) -> None:
    assert project.take(keys_of(NOT_FOUND, place("findRow@table", "openPage@pages"), "1")) == 1
    assert project.take(keys_of(NOT_FOUND, place("findUser@users", "openPage@pages"), "1")) == 2


def test_an_event_without_a_stack_joins_one_with(project: Project) -> None:
    assert project.take(keys_of(FETCH, place("upload@sync"), "1")) == 1
    assert project.take(keys_of(FETCH, Place(), "1")) == 1


def test_the_first_place_makes_an_issue_without_one_its_own_and_the_second_does_not(project: Project) -> None:
    assert project.take(keys_of(FETCH, Place(), "1")) == 1
    assert project.take(keys_of(FETCH, place("upload@sync"), "1")) == 1
    assert project.take(keys_of(FETCH, place("download@files"), "1")) == 2
    assert project.take(keys_of(FETCH, Place(), "2")) == 1


@pytest.mark.parametrize("first", ["readonly", "detailed"])
def test_an_engine_that_leaves_out_the_property(project: Project, first: str) -> None:
    detailed = signature_of("TypeError", '"refresh" is read-only')
    without = signature_of("TypeError", "Attempted to assign to readonly property.")
    order = (without, detailed) if first == "readonly" else (detailed, without)
    assert {project.take(keys_of(one, place("setRefresh@hosts"), "1")) for one in order} == {1}
    other = signature_of("TypeError", '"zoom" is read-only')
    assert project.take(keys_of(other, place("setRefresh@hosts"), "1")) == 2


def test_a_reworded_message_of_an_own_class(project: Project) -> None:
    old, new = (signature_of("StockError", text) for text in ("Only 2 of this left", "There are only 2 of this"))
    assert project.take(keys_of(old, place("reserve@Catalog"), "1")) == 1
    assert project.take(keys_of(new, place("reserve@Catalog"), "2")) == 1
    assert project.take(keys_of(new, place("restock@Catalog2"), "2")) == 2


def test_a_build_without_maps_keeps_its_issue(project: Project) -> None:
    assert project.take(keys_of(TITLE, place("", is_source=False), "1")) == 1
    assert project.take(keys_of(TITLE, place("rename@index", is_source=False), "2")) == 1
    assert project.take(keys_of(TITLE, place("renameNote@index", is_source=False), "3")) == 1


def test_library_frames_tell_what_nothing_else_does(project: Project) -> None:
    expected = signature_of("TypeError", "Expected function")
    assert project.take(keys_of(expected, place("makeScroller@recommend", library="throttle@throttle"), "1")) == 1
    assert project.take(keys_of(expected, place("", library="throttle@throttle"), "1")) == 1
    assert project.take(keys_of(expected, place("", library="debounce@debounce"), "1")) == 2


def test_the_strongest_key_decides_and_owned_keys_stay() -> None:
    strong, weak, new = (make_key("test", (name,), name) for name in ("strong", "weak", "new"))
    owners = {strong.digest: 1, weak.digest: 2}
    assert join((strong, weak, new), owners.get) == (1, [new])
    assert join((weak, new), owners.get) == (2, [new])
    assert join((new,), owners.get) == (None, [new])


def test_a_key_serves_the_side_that_it_is_for() -> None:
    registered = make_key("test", ("a",), "a", use="registered")
    looked_up = make_key("test", ("b",), "b", use="looked up")
    assert join((registered, looked_up), {registered.digest: 1}.get) == (None, [])
    assert join((registered, looked_up), {looked_up.digest: 2}.get) == (2, [registered])


def test_a_key_is_void_for_an_issue_that_owns_what_speaks_against_it() -> None:
    against = make_key("test", ("against",), "against")
    key = make_key("test", ("key",), "key", unless=against.digest)
    assert join((key,), {key.digest: 1, against.digest: 1}.get) == (None, [])
    assert join((key,), {key.digest: 1, against.digest: 2}.get) == (1, [])
