"""Hot issues: which events keep their payload, once an issue has had more in an hour than anybody reads."""

from collections.abc import Container, Sequence
from datetime import UTC, datetime

from monitor.models import Issue
from monitor.pipeline.grouping import Grouped, Identity


def is_kept(n: int, limit: int) -> bool:
    """Whether the n-th event of an issue in an hour (from 1) is kept wholly, at `limit` events an hour; 0: every one.

    The first `limit` are; of those up to twice as many every 2nd, up to four times every 4th, and so on: `limit` / 2
    for each doubling. So a flood leaves samples of its whole hour, and at 200 a million events no more than 1,430.
    """
    if limit == 0:
        return True
    step: int = 1 << ((n - 1) // limit).bit_length()
    return n % step == 0


def sample(
    events: Sequence[Grouped], issues: dict[Identity, Issue], limit: int, always: Container[Identity]
) -> set[Identity]:
    """Count the events in their issues' hours (the rows are locked, and saved later); return those to keep wholly."""
    now = datetime.now(UTC)
    kept = set()
    for event in events:
        n = _count_in_hour(issues[event.identity], min(event.payload.received_at, now))
        if is_kept(n, limit) or event.identity in always:
            kept.add(event.identity)
    return kept


def _count_in_hour(issue: Issue, at: datetime) -> int:
    """The how-manieth event of its hour this is. One that comes late counts in the hour that has begun."""
    hour = at.replace(minute=0, second=0, microsecond=0)
    if issue.hour is None or hour > issue.hour:
        issue.hour, issue.hour_events = hour, 0
    issue.hour_events += 1
    return issue.hour_events
