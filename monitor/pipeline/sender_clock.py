"""Sets right the times that probers and hosts say, by the difference between their clock and ours."""

from datetime import datetime, timedelta

from django.conf import settings

TOLERANCE = timedelta(minutes=5)
"""Up to this a difference may be the network's or a retry's, and times are taken as said."""


class EntryRefused(Exception):
    """An entry of a request cannot be stored: `path` says which (`results[3].scheduled_at`), `reason` why."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path, self.reason = path, reason


def skew_s(sent_at: datetime, received_at: datetime, known_s: float) -> float:
    """Seconds to add to the sender's times; 0 while its clock is right.

    `known_s` is what its last request got. It stays while it still fits, so that a request sent again lands on the
    same times and is known as a repeat.
    """
    difference = received_at - sent_at
    if abs(difference) <= TOLERANCE:
        return 0.0
    if abs(difference - timedelta(seconds=known_s)) <= TOLERANCE:
        return known_s
    return difference.total_seconds()


def set_right(said: datetime, added_s: float, received_at: datetime, path: str) -> datetime:
    """`said` by our clock. Raises EntryRefused for the future and for what retention would drop at once."""
    at = said + timedelta(seconds=added_s)
    if at > received_at + TOLERANCE:
        raise EntryRefused(path, f"{said.isoformat()} is in the future, by the sender's own clock (sent_at)")
    if at < received_at - timedelta(days=settings.FARSIDE_RETENTION_DAYS):
        raise EntryRefused(path, f"{said.isoformat()} is older than the {settings.FARSIDE_RETENTION_DAYS} days kept")
    return at
