"""Rows of frames: order, folding, the failing word, raw frames."""

from datetime import UTC, datetime

import pytest

from monitor.pipeline.payload import ExceptionValue, Frame, Payload, RawFrame
from monitor.views.stack import Line, package_of, source_lines, stacks

AT = datetime(2026, 5, 1, tzinfo=UTC)
OWN = Frame(
    filename="src/total.ts", function="total", lineno=44, colno=24,
    pre_context=("before",), context_line="  const unit = product.price.for(currency);", post_context=("after",),
    raw=RawFrame("/assets/index.js", "e", 1, 4102),
)  # fmt: skip
LIB = Frame(filename="node_modules/react-dom/cjs/react-dom.js", function="render", in_app=False)


def payload(*frames: Frame) -> Payload:
    exception = ExceptionValue(type="TypeError", frames=frames)
    return Payload(event_id="0" * 32, day=AT.date(), occurred_at=AT, received_at=AT, exceptions=(exception,))


def test_the_frame_that_threw_is_on_top_and_open() -> None:
    [stack] = stacks(payload(LIB, LIB, OWN))
    assert [group.label for group in stack.groups] == ["", "2 frames of react-dom"]
    assert stack.groups[0].rows[0].is_open
    assert not any(row.is_open for row in stack.groups[1].rows)


def test_library_frames_of_several_packages_are_of_libraries() -> None:
    other = Frame(filename="node_modules/@scope/ui/index.js", in_app=False)
    assert stacks(payload(other, LIB, OWN))[0].groups[1].label == "2 frames of libraries"


def test_without_own_frames_the_top_one_opens() -> None:
    [stack] = stacks(payload(LIB, LIB))
    assert stack.groups[0].rows[0].is_open


def test_the_failing_word_is_marked() -> None:
    hit = next(line for line in source_lines(OWN) if line.is_hit)
    assert hit == Line(44, "  const unit = product.", "price", ".for(currency);", True)


def test_lines_are_numbered_around_it() -> None:
    assert [line.number for line in source_lines(OWN)] == [43, 44, 45]


@pytest.mark.parametrize("column", [None, 0, 4000])
def test_a_column_outside_of_the_line_marks_nothing(column: int | None) -> None:
    [line] = source_lines(Frame(lineno=1, colno=column, context_line="x = 1"))
    assert line == Line(1, "x = 1", is_hit=True)


def test_raw_frames_show_what_the_browser_saw() -> None:
    [stack] = stacks(payload(OWN), is_raw=True)
    row = stack.groups[0].rows[0]
    assert (row.function, row.place, row.lines) == ("e", "/assets/index.js:1:4102", ())


def test_causes_come_after_what_surfaced_and_stay_closed() -> None:
    causes = (ExceptionValue(type="Cause", frames=(OWN,)), ExceptionValue(type="Surfaced", frames=(OWN,)))
    event = Payload(event_id="0" * 32, day=AT.date(), occurred_at=AT, received_at=AT, exceptions=causes)
    shown = stacks(event)
    assert [stack.exception.type for stack in shown] == ["Surfaced", "Cause"]
    assert not shown[1].groups[0].rows[0].is_open


def test_packages_are_read_from_paths() -> None:
    assert package_of(Frame(filename="../node_modules/@scope/ui/index.js")) == "@scope/ui"
    assert package_of(Frame(abs_path="/usr/lib/python3/site-packages/django/urls.py")) == "django"
    assert package_of(Frame(filename="src/app.ts")) == ""
