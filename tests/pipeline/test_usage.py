"""Where the windows of limits begin: as the doors count them."""

from datetime import UTC, datetime

import pytest

from ingest.quota import Limit
from monitor.models import Project
from monitor.pipeline.usage import DAY_S, quota_begin, rate_begin

MOMENTS = [
    datetime(*parts, tzinfo=UTC).timestamp() for parts in ((2026, 2, 28, 23, 59, 59), (2028, 3, 1), (2026, 12, 31, 5))
]


@pytest.mark.parametrize("now", MOMENTS)
@pytest.mark.parametrize("window_s", [1, 60, 7, DAY_S])
def test_rates_are_counted_in_the_doors_windows(now: float, window_s: int) -> None:
    assert rate_begin(window_s, now) == Limit("p1", "project_rate", 5, window_s).window(now)[0]


@pytest.mark.parametrize("now", MOMENTS)
@pytest.mark.parametrize(("period", "window_s"), [("day", DAY_S), ("month", 0)])
def test_quotas_are_counted_in_the_doors_windows(now: float, period: str, window_s: int) -> None:
    assert quota_begin(Project(quota_period=period), now) == Limit("q1", "project_quota", 5, window_s).window(now)[0]
