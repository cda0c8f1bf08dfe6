"""The only writer: events, issues and every counter beside them, in the caller's transaction."""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
from django.conf import settings

from monitor.batch import Count, Item, read_json
from monitor.models import DeadLetter, Issue
from monitor.pipeline import counters
from monitor.pipeline.counters import Seen
from monitor.pipeline.dictionaries import find_compressors
from monitor.pipeline.find_issues import find_issues
from monitor.pipeline.grouping import Grouped, Identity
from monitor.pipeline.known_events import IDENTITY, not_known
from monitor.pipeline.pack import pack, store_stacks
from monitor.pipeline.reopen import find_comebacks, reopen
from monitor.pipeline.sample import sample
from monitor.pipeline.scrub import scrub_value
from monitor.pipeline.upsert import Column, update, upsert


@dataclass(frozen=True)
class Stored:
    """What became of an event that was not known. `is_kept`: its payload is stored; else it is only counted."""

    event: Grouped
    issue: Issue
    is_new: bool
    is_regression: bool
    is_kept: bool


def store(events: Sequence[Grouped]) -> list[Stored]:
    """Write events that are not known yet, and count exactly those. Returns them, in order.

    1. find or make the issues, and lock them; 2. leave out what is known already: of two workers with the same event
    the second one sees here what the first has committed; 3. insert the events, of hot issues with the payloads of
    some; 4. count what was really inserted; 5. reopen resolved issues. Partitions must exist.
    """
    unique = list({event.identity: event for event in reversed(events)}.values())[::-1]
    issues, made = find_issues(unique)
    fresh = not_known([event for event in unique if event.identity in issues])
    comebacks = find_comebacks(fresh, issues)
    always = {event.identity for event in comebacks.values()}
    kept = sample(fresh, issues, settings.FARSIDE_HOT_ISSUE_EVENTS, always)
    inserted = _insert(fresh, kept, issues)
    if not inserted:
        return []
    _store_releases(inserted)
    _count_issues(inserted, kept, issues)
    reopen([event for event in inserted if event.identity in always], issues)
    _save(inserted, issues)
    # Of several events that make an issue, the first stands for it.
    firsts = {issues[event.identity].id: event for event in reversed(inserted)}
    return [
        Stored(
            event,
            issues[event.identity],
            is_new=(issue_id := issues[event.identity].id) in made and firsts[issue_id] is event,
            is_regression=event.identity in always,
            is_kept=event.identity in kept,
        )
        for event in inserted
    ]


def outcomes_of(events: Sequence[Grouped], stored: Sequence[Stored]) -> list[Count]:
    """One each: the events of `stored` are stored, or sampled if their payload is not kept; the others came again."""
    new = {id(one.event): "stored" if one.is_kept else "sampled" for one in stored}
    return [
        Count(
            event.project_id,
            event.payload.received_at.timestamp(),
            "event",
            new.get(id(event), "duplicate"),
            "",
            1,
        )
        for event in events
    ]


EVENT = [
    *IDENTITY,
    Column("issue_id", "bigint"),
    Column("occurred_at", "timestamptz"),
    Column("received_at", "timestamptz"),
    Column("processed_at", "timestamptz"),
    Column("release", "varchar"),
    Column("environment", "varchar"),
    Column("payload", "bytea"),
]


def _insert(events: Sequence[Grouped], kept: Set[Identity], issues: dict[Identity, Issue]) -> list[Grouped]:
    """Insert, without their payload those that are not `kept`; return those that were inserted."""
    rows = _rows([event for event in events if event.identity in kept], issues)
    rest = [event.identity for event in events if event.identity not in kept]
    inserted = {*_inserted("monitor_event", EVENT, rows), *_inserted("monitor_sampledevent", IDENTITY, rest)}
    return [event for event in events if event.identity in inserted]


def _inserted(table: str, columns: Sequence[Column], rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    key = "project_id, day, event_id"
    return upsert(table, columns, rows, conflict=key, returning=key)


def _rows(events: Sequence[Grouped], issues: dict[Identity, Issue]) -> list[tuple[Any, ...]]:
    """The events' rows; the stacks that they refer to are stored before them."""
    now = datetime.now(UTC)
    compressors = find_compressors({event.project_id for event in events})
    packed = [pack(event.payload, compressors[event.project_id]) for event in events]
    store_stacks(
        ((event.project_id, event.payload.day, digest), frames)
        for event, one in zip(events, packed, strict=True)
        for digest, frames in one.stacks
    )
    return [
        (
            *event.identity,
            issues[event.identity].id,
            event.payload.occurred_at,
            event.payload.received_at,
            now,
            event.payload.release,
            event.payload.environment,
            one.payload,
        )
        for event, one in zip(events, packed, strict=True)
    ]


def _store_releases(events: Sequence[Grouped]) -> None:
    spans: dict[tuple[int, str], list[datetime]] = {}
    for event in events:
        if event.payload.release:
            spans.setdefault((event.project_id, event.payload.release), []).append(event.payload.occurred_at)
    rows = [(project_id, version, "", "", "[]", min(at), max(at)) for (project_id, version), at in spans.items()]
    upsert(
        "monitor_release",
        [
            Column("project_id", "bigint"),
            Column("version", "varchar"),
            Column("ref", "varchar"),
            Column("url", "varchar"),
            Column("commits", "jsonb"),
            Column("first_event_at", "timestamptz", "LEAST(monitor_release.first_event_at, EXCLUDED.first_event_at)"),
            Column("last_event_at", "timestamptz", "GREATEST(monitor_release.last_event_at, EXCLUDED.last_event_at)"),
        ],
        rows,
        conflict="project_id, version",
    )


def _count_issues(events: Sequence[Grouped], kept: Set[Identity], issues: dict[Identity, Issue]) -> None:
    """Every counter of the issues; the columns of the locked rows are raised in memory and saved once, at the end."""
    seen = [Seen(event.project_id, issues[event.identity].id, event.payload, event.client) for event in events]
    counters.count_bins(seen)
    counters.count_tags(seen)
    counters.count_releases(seen)
    new_users = counters.count_users(seen)
    for event in events:
        issue, payload = issues[event.identity], event.payload
        issue.event_count += 1
        issue.sampled_count += event.identity not in kept
        issue.first_seen = min(issue.first_seen, payload.occurred_at)
        if payload.occurred_at >= issue.last_seen:
            issue.last_seen = payload.occurred_at
            issue.last_release = payload.release or issue.last_release
    for issue in {issue.id: issue for issue in issues.values()}.values():
        issue.user_count += new_users[(issue.project_id, issue.id)]


ISSUE = [
    Column("project_id", "bigint"),
    Column("id", "bigint"),
    Column("event_count", "bigint"),
    Column("user_count", "bigint"),
    Column("sampled_count", "bigint"),
    Column("hour", "timestamptz"),
    Column("hour_events", "int"),
    Column("first_seen", "timestamptz"),
    Column("last_seen", "timestamptz"),
    Column("last_release", "varchar"),
    Column("status", "varchar"),
    Column("regressed_at", "timestamptz"),
    Column("regressed_release", "varchar"),
]


def _save(events: Sequence[Grouped], issues: dict[Identity, Issue]) -> None:
    """Write what was raised in memory, of all issues in one statement; their rows are locked."""
    touched = {issue.id: issue for issue in (issues[event.identity] for event in events)}
    rows = [tuple(getattr(issue, column.name) for column in ISSUE) for issue in touched.values()]
    update("monitor_issue", ISSUE, rows, key="project_id, id")


def store_dead_letter(item: Item, reason: str) -> None:
    """Keep an item that cannot be processed, without its secrets, and what pipeline.retry needs to queue it again."""
    received = {name: getattr(item, name) for name in ("sent_at", "user_agent", "client", "place", "address")}
    DeadLetter.objects.create(
        project_id=item.project_id,
        event_id=item.event_id,
        received_at=datetime.fromtimestamp(item.received_at, UTC),
        reason=_storable(reason)[:2000],
        item=_without_secrets(item.body),
        received=msgspec.to_builtins({name: value for name, value in received.items() if value}),
    )


def _storable(text: str) -> str:
    """PostgreSQL takes neither NUL nor half of a surrogate pair, and the fault may repeat what the client sent."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _without_secrets(body: bytes) -> bytes:
    """The item's JSON scrubbed; what is none, or none that can be written again, as a JSON text."""
    try:
        return msgspec.json.encode(scrub_value(read_json(body)))
    except (ValueError, RecursionError, OverflowError):
        return msgspec.json.encode(scrub_value(body.decode("utf-8", "replace")))
