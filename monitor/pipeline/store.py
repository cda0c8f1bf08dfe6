"""The only writer: events, issues and every counter beside them, in the caller's transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from monitor.batch import Count, Item, read_json
from monitor.models import DeadLetter, Fingerprint, Issue, Project, Release
from monitor.models.issue import is_regression
from monitor.models.version import Dated
from monitor.pipeline import counters
from monitor.pipeline.counters import Seen
from monitor.pipeline.group import Grouped, Key
from monitor.pipeline.payload import pack
from monitor.pipeline.scrub import scrub_value
from monitor.pipeline.upsert import Column, select_known, upsert


@dataclass(frozen=True)
class Stored:
    """What became of a stored event."""

    event: Grouped
    issue: Issue
    is_new: bool
    is_regression: bool


def store(events: Sequence[Grouped]) -> list[Stored]:
    """Write events that are not stored yet, and count exactly those. Returns them, in order.

    1. leave out what is stored already; 2. find or make the issues, and lock them; 3. insert the events;
    4. count what was really inserted; 5. reopen resolved issues. Partitions must exist.
    """
    fresh = _not_stored(events)
    keys = {event.key for event in fresh}
    owners = _owners(keys)
    new = _make_issues(fresh, missing) if (missing := keys - owners.keys()) else {}
    issues = _lock_issues({**_owners(missing - new.keys()), **owners, **new})
    inserted = _insert_events(fresh, issues)
    seen = [Seen(event.project_id, issues[event.key].id, event.payload, event.client) for event in inserted]
    if not inserted:
        return []
    _store_releases(inserted)
    _count_issues(seen, {issue.id: issue for issue in issues.values()})
    regressed = _reopen(inserted, issues)
    # Of several events that make or reopen an issue, the first stands for it.
    firsts = {event.key: event for event in reversed(inserted)}
    return [
        Stored(
            event,
            issues[event.key],
            is_new=event.key in new and firsts[event.key] is event,
            is_regression=regressed.get(event.key) is event,
        )
        for event in inserted
    ]


def outcomes_of(events: Sequence[Grouped], stored: Sequence[Stored]) -> list[Count]:
    """One each: the events of `stored` were stored; the others came again."""
    new = {id(one.event) for one in stored}
    return [
        Count(
            event.project_id,
            event.payload.received_at.timestamp(),
            "event",
            "stored" if id(event) in new else "duplicate",
            "",
            1,
        )
        for event in events
    ]


def _not_stored(events: Sequence[Grouped]) -> list[Grouped]:
    by_identity = {event.identity: event for event in reversed(events)}
    known = select_known("monitor_event", ["project_id bigint", "day date", "event_id uuid"], list(by_identity))
    return [event for identity, event in reversed(by_identity.items()) if identity not in known]


def _owners(keys: Iterable[Key]) -> dict[Key, int]:
    """Key -> the id of the issue that owns it, for those that are owned."""
    wanted = set(keys)
    found = Fingerprint.objects.filter(
        project_id__in={project_id for project_id, _ in wanted}, digest__in={digest for _, digest in wanted}
    ).values_list("project_id", "digest", "issue_id")
    return {(project_id, digest): issue_id for project_id, digest, issue_id in found if (project_id, digest) in wanted}


def _make_issues(events: Sequence[Grouped], missing: set[Key]) -> dict[Key, int]:
    """Make an issue for every key that none owns; the projects' rows are locked so that two batches make one.

    A key of a project that is gone gets none.
    """
    projects = Project.objects.select_for_update().filter(id__in={key[0] for key in missing}).order_by("id")
    numbers = {project.id: project.last_issue_number for project in projects}
    missing = missing - _owners(missing).keys()
    firsts = {event.key: event for event in reversed(events) if event.key in missing and event.project_id in numbers}
    rows: dict[Key, Issue] = {}
    for key, event in reversed(firsts.items()):
        numbers[event.project_id] += 1
        rows[key] = _new_issue(event, numbers[event.project_id])
    made = dict(zip(rows, Issue.objects.bulk_create(rows.values()), strict=True))
    for project_id, number in numbers.items():
        Project.objects.filter(id=project_id).update(last_issue_number=number)
    Fingerprint.objects.bulk_create(
        Fingerprint(
            project_id=key[0],
            digest=key[1],
            version=firsts[key].grouping.version,
            issue_id=issue.id,
            reason=firsts[key].grouping.reason,
        )
        for key, issue in made.items()
    )
    return {key: issue.id for key, issue in made.items()}


def _new_issue(event: Grouped, number: int) -> Issue:
    payload, grouping = event.payload, event.grouping
    thrown = payload.thrown()
    return Issue(
        project_id=event.project_id,
        number=number,
        type=grouping.type,
        value=grouping.value,
        culprit=grouping.culprit,
        level=payload.level,
        platform=payload.platform,
        is_handled=thrown.is_handled if thrown else None,
        first_seen=payload.occurred_at,
        last_seen=payload.occurred_at,
        first_release=payload.release,
        last_release=payload.release,
    )


def _lock_issues(owners: dict[Key, int]) -> dict[Key, Issue]:
    """The issue of every key, locked until the transaction ends; in one order for all, so without deadlocks."""
    rows = Issue.objects.select_for_update().filter(
        project_id__in={key[0] for key in owners}, id__in=set(owners.values())
    )
    locked = {issue.id: issue for issue in rows.order_by("project_id", "id")}
    return {key: locked[issue_id] for key, issue_id in owners.items() if issue_id in locked}


EVENT = [
    Column("project_id", "bigint"),
    Column("day", "date"),
    Column("event_id", "uuid"),
    Column("issue_id", "bigint"),
    Column("occurred_at", "timestamptz"),
    Column("received_at", "timestamptz"),
    Column("processed_at", "timestamptz"),
    Column("release", "varchar"),
    Column("environment", "varchar"),
    Column("payload", "bytea"),
]


def _insert_events(events: Sequence[Grouped], issues: dict[Key, Issue]) -> list[Grouped]:
    """Insert; return those that no other transaction had inserted first. Events of a deleted project have no issue."""
    now = datetime.now(UTC)
    rows = [
        (
            *event.identity,
            issues[event.key].id,
            event.payload.occurred_at,
            event.payload.received_at,
            now,
            event.payload.release,
            event.payload.environment,
            pack(event.payload),
        )
        for event in events
        if event.key in issues
    ]
    returned = upsert(
        "monitor_event", EVENT, rows, conflict="project_id, day, event_id", returning="project_id, day, event_id"
    )
    inserted = set(returned)
    return [event for event in events if event.identity in inserted]


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


def _count_issues(seen: Sequence[Seen], issues: dict[int, Issue]) -> None:
    """Every counter of the issues; the columns of the locked rows are raised in memory and saved once, at the end."""
    counters.count_bins(seen)
    counters.count_tags(seen)
    counters.count_releases(seen)
    new_users = counters.count_users(seen)
    for one in seen:
        issue, payload = issues[one.issue_id], one.payload
        issue.event_count += 1
        issue.first_seen = min(issue.first_seen, payload.occurred_at)
        if payload.occurred_at >= issue.last_seen:
            issue.last_seen = payload.occurred_at
            issue.last_release = payload.release or issue.last_release
    for issue in issues.values():
        issue.user_count += new_users[(issue.project_id, issue.id)]


def _reopen(events: Sequence[Grouped], issues: dict[Key, Issue]) -> dict[Key, Grouped]:
    """Mark resolved issues that came back; save every touched issue. Returns the event that brought each back."""
    dates = _release_dates(events, issues)
    regressed: dict[Key, Grouped] = {}
    for event in events:
        issue, payload = issues[event.key], event.payload
        release = dates.get((event.project_id, payload.release))
        marker = dates.get((event.project_id, issue.resolved_release))
        if issue.resolved_release and marker is None and issue.resolved_at:
            marker = Dated(issue.resolved_release, issue.resolved_at)
        if is_regression(issue, payload.occurred_at, release, marker):
            issue.status, issue.regressed_release = "regressed", payload.release
            issue.regressed_at = payload.occurred_at
            issue.record("regressed", None, release=payload.release, resolved_in=issue.resolved_release)
            regressed[event.key] = event
    touched = {(issue.project_id, issue.id): issue for issue in (issues[event.key] for event in events)}
    for _, issue in sorted(touched.items()):
        issue.save(update_fields=SAVED)
    return regressed


SAVED = [
    *("event_count", "user_count", "first_seen", "last_seen", "last_release"),
    *("status", "regressed_at", "regressed_release"),
]


def _release_dates(events: Sequence[Grouped], issues: dict[Key, Issue]) -> dict[tuple[int, str], Dated]:
    """What orders the releases of events whose issue is resolved; mostly there is none, and nothing is asked."""
    wanted: dict[int, set[str]] = {}
    for event in events:
        issue = issues[event.key]
        if issue.status == "resolved":
            wanted.setdefault(event.project_id, set()).update({event.payload.release, issue.resolved_release} - {""})
    return {
        (project_id, version): dated
        for project_id, versions in wanted.items()
        for version, dated in Release.objects.dated(project_id, versions).items()
    }


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
