"""Rate limits and quotas of keys and projects: what they are, and which request is the one too many."""

import calendar
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ingest.errors import Refused
from monitor.broker import LIMIT

CATEGORY = "error"
"""What SDKs call the items that are limited: error events. Others are only counted, and cost nothing."""
DAY_S = 86_400


@dataclass(frozen=True)
class Limit:
    """At most `most` events in each window of `window_s` seconds; 0 stands for a calendar month of UTC.

    `scope` tells the counters of keys and projects apart, `reason` is how refusals are counted and explained.
    """

    scope: str
    reason: str
    most: int
    window_s: int

    def window(self, now: float) -> tuple[int, int]:
        """Where the window that holds `now` begins and where it ends, in seconds since 1970."""
        if self.window_s:
            begin = int(now // self.window_s) * self.window_s
            return begin, begin + self.window_s
        day = datetime.fromtimestamp(now, UTC)
        begin = calendar.timegm((day.year, day.month, 1, 0, 0, 0))
        return begin, begin + calendar.monthrange(day.year, day.month)[1] * DAY_S

    def counter(self, now: float) -> str:
        """The key in Valkey that counts the window of `now`."""
        return LIMIT.format(self.scope, self.window(now)[0])

    def refuse(self, now: float) -> Refused:
        """The answer 429 of an SDK's protocol: hold errors back until the window ends."""
        seconds = max(1, math.ceil(self.window(now)[1] - now))
        whose = "key" if self.scope.startswith("k") else "project"
        return Refused(
            429,
            f"the {whose}'s limit of {self.most} events {self._period()} is used up; it opens again in {seconds} s",
            retry_after=seconds,
            rate_limits=f"{seconds}:{CATEGORY}:{whose}:{self.reason}",
        )

    def _period(self) -> str:
        named = {0: "a month", 1: "a second", 60: "a minute", 3600: "an hour", DAY_S: "a day"}
        return named.get(self.window_s, f"in {self.window_s} s")


class Estimates:
    """How much of each window is used, as far as this process knows: what the broker said last, and its own since."""

    def __init__(self) -> None:
        self._used: dict[str, tuple[int, int]] = {}

    def used(self, limit: Limit, now: float) -> int:
        """Events counted in the window of `now`."""
        begin, used = self._used.get(limit.scope, (0, 0))
        return used if begin == limit.window(now)[0] else 0

    def left(self, limit: Limit, now: float) -> int:
        """How many more may come in this window."""
        return limit.most - self.used(limit, now)

    def set(self, limit: Limit, now: float, used: int) -> None:
        """Remember what the broker counts."""
        self._used[limit.scope] = (limit.window(now)[0], used)

    def add(self, limit: Limit, now: float, cost: int) -> None:
        """Count what the broker does not hear of, being away."""
        self.set(limit, now, self.used(limit, now) + cost)

    def spent(self, limits: Iterable[Limit], now: float) -> Limit | None:
        """The first limit that is known to be used up."""
        return next((limit for limit in limits if self.left(limit, now) <= 0), None)


def admit(wanted: Sequence[tuple[int, Sequence[Limit]]], left: dict[Limit, int]) -> list[Limit | None]:
    """For each request (its events, its limits), in order: None when it fits, else the limit that it would pass.

    A request is taken whole or not at all; `left` is what each limit has room for, and is lowered by what is taken.
    """
    found: list[Limit | None] = []
    for cost, limits in wanted:
        passed = next((limit for limit in limits if cost > left[limit]), None) if cost else None
        if passed is None:
            for limit in limits:
                left[limit] -= cost
        found.append(passed)
    return found
