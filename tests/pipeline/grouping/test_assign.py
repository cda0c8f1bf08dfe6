"""Which events make one issue by their strongest key, and which make two."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from monitor.pipeline.grouping import Grouping, group
from monitor.pipeline.grouping.parameterize import parameterize
from monitor.pipeline.payload import ExceptionValue, Frame, Payload

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FRAMES = (
    Frame(filename="node_modules/x/index.js", function="run", in_app=False, lineno=5),
    Frame(filename="src/cart.ts", function="checkout", lineno=61),
    Frame(filename="src/total.ts", function="lineTotal", lineno=44),
)


def payload(*exceptions: ExceptionValue, **fields: Any) -> Payload:
    return Payload(event_id="0" * 32, day=NOW.date(), occurred_at=NOW, received_at=NOW, exceptions=exceptions, **fields)


def thrown(
    frames: tuple[Frame, ...] = FRAMES, kind: str = "TypeError", value: str = "x is undefined"
) -> ExceptionValue:
    return ExceptionValue(type=kind, value=value, frames=frames)


def key(*exceptions: ExceptionValue, **fields: Any) -> str:
    return group(payload(*exceptions, **fields)).digest


def test_the_stack_makes_the_issue_not_the_wording_or_the_line() -> None:
    moved = tuple(msgspec.structs.replace(frame, lineno=99) for frame in FRAMES)
    assert key(thrown()) == key(thrown(value="t is undefined")) == key(thrown(moved))


def test_another_function_or_type_is_another_issue() -> None:
    other = (*FRAMES[:-1], msgspec.structs.replace(FRAMES[-1], function="discount"))
    assert len({key(thrown()), key(thrown(other)), key(thrown(kind="RangeError"))}) == 3


def test_library_frames_do_not_count() -> None:
    assert key(thrown()) == key(thrown(FRAMES[1:]))


def test_the_way_a_user_came_does_not_count() -> None:
    deep = FRAMES + (FRAMES[-1],) * 40
    assert key(thrown(deep)) == key(thrown(FRAMES[-1:])) == key(thrown())


def test_a_stack_of_libraries_alone_counts_by_its_innermost_frame() -> None:
    library = (msgspec.structs.replace(FRAMES[0], function="runAll"),)
    assert key(thrown(library)) != key(thrown(())) != key(thrown())


def test_content_hashes_of_files_do_not_count() -> None:
    one, two = (Frame(filename=f"/assets/app-{mark}.js", function="f") for mark in ("BxK3_9aZ", "Dq81mmXw"))
    assert key(thrown((one,))) == key(thrown((two,)))


@pytest.mark.parametrize("name", ["Object.lineTotal", "async lineTotal", "lineTotal", "new lineTotal"])
def test_engines_prefixes_do_not_count(name: str) -> None:
    frames = (*FRAMES[:-1], msgspec.structs.replace(FRAMES[-1], function=name))
    assert key(thrown(frames)) == key(thrown())


def test_what_surfaced_counts_not_its_cause() -> None:
    assert key(thrown(kind="SaveError"), thrown()) == key(thrown()) != key(thrown(kind="SaveError"))


def test_where_the_cause_was_counts_if_what_surfaced_tells_no_place() -> None:
    one, two = (key(thrown(frames), thrown((), kind="SaveError")) for frames in (FRAMES, FRAMES[:2]))
    assert one != two


def test_without_a_stack_the_message_counts_parameterised() -> None:
    orders = {key(thrown((), value=f"order {number} of 'user{number}' is missing")) for number in range(10)}
    assert len(orders) == 1
    assert key(thrown((), value="stock is empty")) not in orders


def test_messages_group_by_their_parameterised_text() -> None:
    assert key(message="job 7 failed") == key(message="job 8 failed") != key(message="job 8 slow")


def test_a_message_dressed_as_an_exception_groups_by_its_text() -> None:
    assert key(thrown(kind="", value="hello")) != key(thrown(kind="", value="good bye"))


def test_a_fingerprint_of_the_client_counts_alone_or_beside_the_default() -> None:
    other = thrown(FRAMES[:2])
    assert key(thrown(), fingerprint=("pay",)) == key(other, fingerprint=("pay",))
    extended = ("{{ default }}", "pay")
    assert key(thrown(), fingerprint=extended) != key(other, fingerprint=extended)
    assert key(thrown(), fingerprint=("{{default}}",)) == key(thrown())


def test_tells_why_and_where() -> None:
    found: Grouping = group(payload(thrown()))
    assert found.reason == "use of a property of null or undefined, in lineTotal (total)"
    assert (found.culprit, found.type, found.value) == ("src/total.ts in lineTotal", "TypeError", "x is undefined")


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("user 12345 not found", "user <number> not found"),
        ("GET https://a.example/x?y=1 failed", "GET <url> failed"),
        ("id 6f1c1a52-9b51-4d4c-9d3e-1f2a3b4c5d6e", "id <uuid>"),
        ("mail to ann@example.com bounced", "mail to <email> bounced"),
        ("timeout after 3.5 s at 2026-11-22T10:00:00Z", "timeout after <number> s at <date>"),
        ("order A-1042 and user42", "order <id> and <id>"),
        ("waited 300ms", "waited <number> ms"),
        ("no 'Ann' here", "no <quoted> here"),
        ("can't stop", "can't stop"),
        ("first line\nsecond 1", "first line"),
    ],
)
def test_parameterize(message: str, expected: str) -> None:
    assert parameterize(message) == expected


@pytest.mark.parametrize(
    ("event", "digest"),
    [
        (payload(thrown()), "c0e85435a895fd93752d24b648e8f8d714dcee2640ae41234d5af5360ec4233a"),
        (payload(thrown(FRAMES[:1])), "c6704cdcb2dd005cee89f827f88c2540c898c6acf940c8205c5df66fd4206d0d"),
        (
            payload(thrown((), value="order 12 of 'ann' is missing")),
            "b8c5391913883f42823fe953f89e23522d19acb5198ec9e60caf316cd87ed2b9",
        ),
        (
            payload(thrown(kind="NetworkError"), thrown()),
            "815f2d79169748d63d7ae023fffcd6b84383ca994d524b28e92dc62513bcacb7",
        ),
        (payload(message="job 7 failed"), "78a34cb3d6ff8b94af294fd136d22ecb8f6f5e39292add4962701de8521e69cc"),
        (
            payload(thrown(), fingerprint=("{{ default }}", "pay")),
            "4db8ffb04eeab9c213f654f897add8b008df552be130005b34c6c48f9183774a",
        ),
    ],
)
def test_the_key_of_version_1_is_as_it_was_and_only_looked_up(event: Payload, digest: str) -> None:
    last = group(event).keys[-1]
    assert (last.digest, last.use) == (digest, "looked up")


def test_every_key_says_what_it_was_made_of() -> None:
    keys = group(payload(thrown(value="Cannot read properties of undefined (reading 'price')"))).keys
    assert len({key.digest for key in keys}) == len(keys)
    assert all(key.reason and key.components for key in keys)
    assert keys[0].components == ("use of a property of null or undefined", "price", "lineTotal", "total")
