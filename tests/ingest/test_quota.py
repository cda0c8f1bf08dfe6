"""Windows of limits, and which request is the one too many."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ingest.quota import Estimates, Limit, admit

NOW = datetime(2026, 2, 10, 12, 0, 30, tzinfo=UTC).timestamp()
MINUTE = Limit("k1", "key_rate", 10, 60)
MONTH = Limit("q1", "project_quota", 1000, 0)


def test_windows_begin_at_whole_multiples() -> None:
    assert MINUTE.window(NOW) == (NOW - 30, NOW + 30)
    assert MINUTE.counter(NOW) == f"farside:limit:k1:{int(NOW) - 30}"


def test_a_month_is_the_calendars() -> None:
    begin, end = (datetime.fromtimestamp(at, UTC) for at in MONTH.window(NOW))
    assert (begin, end) == (datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC))


def test_the_refusal_says_when_and_what_to_hold_back() -> None:
    refusal = MINUTE.refuse(NOW)
    assert (refusal.status, refusal.retry_after, refusal.rate_limits) == (429, 30, "30:error:key:key_rate")
    assert refusal.reason == "the key's limit of 10 events a minute is used up; it opens again in 30 s"


@pytest.mark.parametrize(("window_s", "words"), [(0, "a month"), (90, "in 90 s"), (86_400, "a day")])
def test_the_period_is_named(window_s: int, words: str) -> None:
    assert f"of 5 events {words} is" in Limit("p1", "project_rate", 5, window_s).refuse(NOW).reason


def test_an_estimate_ends_with_its_window() -> None:
    estimates = Estimates()
    estimates.add(MINUTE, NOW, 10)
    assert estimates.spent([MONTH, MINUTE], NOW) is MINUTE
    assert estimates.spent([MONTH, MINUTE], NOW + 60) is None


@given(
    costs=some.lists(some.integers(min_value=0, max_value=5), max_size=30),
    room=some.integers(min_value=-3, max_value=20),
)
def test_what_is_admitted_fits(costs: list[int], room: int) -> None:
    verdicts = admit([(cost, [MINUTE]) for cost in costs], {MINUTE: room})
    taken = [cost for cost, passed in zip(costs, verdicts, strict=True) if passed is None]
    assert sum(taken) <= max(0, room)
    assert all(passed is None for cost, passed in zip(costs, verdicts, strict=True) if not cost)
    refused = [cost for cost, passed in zip(costs, verdicts, strict=True) if passed]
    assert not refused or sum(taken) + max(refused) > room
