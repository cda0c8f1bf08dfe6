"""How much of each limit is used, as the doors count it in Valkey."""

import calendar
from collections.abc import Sequence
from datetime import UTC, datetime

from monitor.broker import LIMIT
from monitor.models import Key, Project
from monitor.pipeline.backlog import impatient_client

DAY_S = 86_400


def usage(project: Project, keys: Sequence[Key], now: float) -> dict[str, int]:
    """Events taken in the windows that hold `now`, by scope: p<project> and k<key> (rates), q<project> (quota).

    Raises redis.RedisError when the broker does not answer soon.
    """
    begins = {f"p{project.pk}": rate_begin(project.rate_window_s, now), f"q{project.pk}": quota_begin(project, now)}
    begins |= {f"k{key.pk}": rate_begin(key.rate_window_s, now) for key in keys}
    counted = impatient_client().mget([LIMIT.format(scope, begin) for scope, begin in begins.items()])
    return {scope: int(value or 0) for scope, value in zip(begins, counted, strict=True)}


def rate_begin(window_s: int, now: float) -> int:
    """When the window that holds `now` began, in seconds since 1970: windows lie at whole multiples."""
    return int(now // window_s) * window_s


def quota_begin(project: Project, now: float) -> int:
    """When the project's day or month of UTC that holds `now` began."""
    if project.quota_period == "day":
        return rate_begin(DAY_S, now)
    today = datetime.fromtimestamp(now, UTC)
    return calendar.timegm((today.year, today.month, 1, 0, 0, 0))
