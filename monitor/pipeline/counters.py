"""The counters beside issues: what is counted, for exactly the events that were inserted."""

import hmac
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from monitor.pipeline.payload import Payload
from monitor.pipeline.tags import tags_of
from monitor.pipeline.upsert import Column, upsert

BIN = timedelta(minutes=5)


@dataclass(frozen=True)
class Seen:
    """An inserted event, and the issue it belongs to. `client` is the door's hash of address and browser."""

    project_id: int
    issue_id: int
    payload: Payload
    client: str


def count_bins(seen: Sequence[Seen]) -> None:
    """Events of each issue in five minutes."""
    bins = Counter((one.project_id, one.issue_id, _bin(one.payload.occurred_at)) for one in seen)
    upsert(
        "monitor_issuecount",
        [
            Column("project_id", "bigint"),
            Column("issue_id", "bigint"),
            Column("bin", "timestamptz"),
            Column("events", "int", "monitor_issuecount.events + EXCLUDED.events"),
        ],
        [(*key, many) for key, many in bins.items()],
        conflict="project_id, issue_id, bin",
    )


def _bin(at: datetime) -> datetime:
    return at - timedelta(seconds=at.timestamp() % BIN.total_seconds())


def count_tags(seen: Sequence[Seen]) -> None:
    """How often each issue's events carried each tag."""
    found: dict[tuple[int, int, str, str], tuple[int, datetime]] = {}
    for one in seen:
        for tag, value in tags_of(one.payload).items():
            key = (one.project_id, one.issue_id, tag, value)
            many, last = found.get(key, (0, one.payload.occurred_at))
            found[key] = (many + 1, max(last, one.payload.occurred_at))
    upsert(
        "monitor_issuetag",
        [
            Column("project_id", "bigint"),
            Column("issue_id", "bigint"),
            Column("key", "varchar"),
            Column("value", "varchar"),
            Column("events", "bigint", "monitor_issuetag.events + EXCLUDED.events"),
            Column("last_seen", "timestamptz", "GREATEST(monitor_issuetag.last_seen, EXCLUDED.last_seen)"),
        ],
        [(*key, *numbers) for key, numbers in found.items()],
        conflict="project_id, issue_id, key, value",
    )


def count_releases(seen: Sequence[Seen]) -> None:
    """In which releases and environments each issue was seen."""
    found: dict[tuple[int, int, str, str], list[datetime]] = {}
    for one in seen:
        key = (one.project_id, one.issue_id, one.payload.release, one.payload.environment)
        found.setdefault(key, []).append(one.payload.occurred_at)
    upsert(
        "monitor_issuerelease",
        [
            Column("project_id", "bigint"),
            Column("issue_id", "bigint"),
            Column("release", "varchar"),
            Column("environment", "varchar"),
            Column("events", "bigint", "monitor_issuerelease.events + EXCLUDED.events"),
            Column("first_seen", "timestamptz", "LEAST(monitor_issuerelease.first_seen, EXCLUDED.first_seen)"),
            Column("last_seen", "timestamptz", "GREATEST(monitor_issuerelease.last_seen, EXCLUDED.last_seen)"),
        ],
        [(*key, len(at), min(at), max(at)) for key, at in found.items()],
        conflict="project_id, issue_id, release, environment",
    )


def count_users(seen: Sequence[Seen]) -> Counter[tuple[int, int]]:
    """(project, issue) -> users who had not met it before."""
    rows = {(one.project_id, one.issue_id, _user_hash(one)) for one in seen if _user_hash(one)}
    columns = [Column("project_id", "bigint"), Column("issue_id", "bigint"), Column("user_hash", "varchar")]
    conflict = "project_id, issue_id, user_hash"
    new = upsert("monitor_issueuser", columns, sorted(rows), conflict=conflict, returning="project_id, issue_id")
    return Counter((project_id, issue_id) for project_id, issue_id in new)


def _user_hash(one: Seen) -> str:
    """A keyed hash of who the client says it is, else of where it came from: enough to count, not to name."""
    user = one.payload.user
    said = next((str(user[key]) for key in ("id", "email", "username") if user.get(key)), "")
    if not said:
        return one.client
    return hmac.digest(settings.SECRET_KEY.encode(), f"{one.project_id}:{said}".encode(), "sha256").hex()[:32]
