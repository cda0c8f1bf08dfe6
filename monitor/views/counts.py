"""Events of issues over time, for sparklines and charts."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import (
    DateTimeField,
    DurationField,
    ExpressionWrapper,
    F,
    FloatField,
    Func,
    IntegerField,
    Sum,
    Value,
)
from django.db.models.functions import Cast, Floor

from monitor.models import IssueCount

RECENT = 3
"""The last steps, which may be rising against those before."""


@dataclass(frozen=True)
class Window:
    """`bins` steps of equal length that end now; the last one is still filling."""

    begin: datetime
    step: timedelta
    bins: int

    @classmethod
    def until(cls, now: datetime, step: timedelta, bins: int) -> "Window":
        """The window whose last step holds `now`; steps begin at whole multiples since 1970."""
        last = datetime.fromtimestamp(now.timestamp() // step.total_seconds() * step.total_seconds(), UTC)
        return cls(last - step * (bins - 1), step, bins)

    def times(self) -> list[int]:
        """Where each step begins, in epoch seconds."""
        first, width = int(self.begin.timestamp()), int(self.step.total_seconds())
        return [first + width * index for index in range(self.bins)]


def step_of(column: str, window: Window) -> Func:
    """The beginning of the step of `window` that the time in `column` lies in, as an expression."""
    return Func(Value(window.step), column, Value(window.begin), function="date_bin", output_field=DateTimeField())


def count_events(project_id: int, issue_ids: Collection[int], window: Window) -> dict[int, list[int]]:
    """issue id -> events in each step of `window`, in one query; every asked id has its list."""
    counts = {issue_id: [0] * window.bins for issue_id in issue_ids}
    rows = IssueCount.objects.filter(project_id=project_id, issue_id__in=counts, bin__gte=window.begin)
    steps = rows.annotate(position=_position("bin", window)).values_list("issue_id", "position")
    for issue_id, position, events in steps.annotate(Sum("events")):
        if position < window.bins:
            counts[issue_id][position] += events
    return counts


def _position(column: str, window: Window) -> Func:
    """Which step of `window` the time in `column` lies in, from 0; a number, as a list has hundreds to read."""
    since = ExpressionWrapper(F(column) - Value(window.begin), DurationField())
    seconds = Func(Value("epoch"), since, function="date_part", output_field=FloatField())
    return Cast(Floor(seconds / window.step.total_seconds()), IntegerField())


def rise(counts: list[int]) -> float | None:
    """How many times the usual rate the RECENT steps ran at; None unless it is plainly more (3 ×, 10 events)."""
    before, now = counts[:-RECENT], counts[-RECENT:]
    usual = sum(before) / (len(before) or 1)
    factor = sum(now) / RECENT / usual if usual else 0.0
    return factor if factor >= 3 and sum(now) >= 10 else None
