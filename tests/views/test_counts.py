"""Windows of time, and what counts as rising."""

from datetime import UTC, datetime, timedelta

import pytest

from monitor.models import IssueCount, Project
from monitor.views.counts import Window, count_events, rise

NOW = datetime(2026, 5, 1, 12, 34, 56, tzinfo=UTC)
HOURS = Window.until(NOW, timedelta(hours=1), 3)


def test_the_last_step_holds_now() -> None:
    assert HOURS.begin == datetime(2026, 5, 1, 10, tzinfo=UTC)
    assert HOURS.times()[-1] == datetime(2026, 5, 1, 12, tzinfo=UTC).timestamp()


def test_events_fall_into_their_steps(project: Project) -> None:
    for minutes, events in [(0, 1), (30, 2), (90, 4), (200, 8)]:
        at = NOW.replace(minute=0, second=0) - timedelta(minutes=minutes)
        IssueCount.objects.create(project=project, issue_id=7, bin=at, events=events)
    assert count_events(project.pk, [7, 8], HOURS) == {7: [4, 2, 1], 8: [0, 0, 0]}


@pytest.mark.parametrize(
    ("counts", "factor"),
    [
        ([1] * 21 + [10] * 3, 10),
        ([1] * 21 + [2] * 3, None),
        ([0] * 21 + [9] * 3, None),
        ([0] * 20 + [1] + [3, 3, 3], None),
    ],
)
def test_rise(counts: list[int], factor: float | None) -> None:
    assert rise(counts) == factor
