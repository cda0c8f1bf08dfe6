"""The issues that events belong to: found by their keys, made where nobody owns one of them, locked."""

from collections.abc import Iterable, Sequence

from monitor.models import Fingerprint, Issue, Project
from monitor.pipeline.grouping import VERSION, Grouped, Identity, Key, OwnedKey, join
from monitor.pipeline.known_events import not_known
from monitor.pipeline.upsert import Column, upsert


def find_issues(events: Sequence[Grouped]) -> tuple[dict[Identity, Issue], set[int]]:
    """The issue of each event, locked until the transaction ends, and the ids of those that were made for them.

    Keys that an event is the first to bring come to be its issue's. An event that is known already makes no issue; one
    of a project that is gone has none.
    """
    book = _Book(_owners(events))
    orphans = [event for event in events if not book.join(event)]
    # What was grouped by other keys before its source map came is known, and makes no issue.
    made = _make(not_known(orphans), book)
    _register(book.registered)
    locked = _lock(set(book.issues.values()))
    return {identity: locked[owner] for identity, owner in book.issues.items() if owner in locked}, made


IssueId = tuple[int, int]
"""Project and id."""


class _Book:
    """Who owns which key, as event after event joins. Issues that are still to be made have numbers below 0."""

    def __init__(self, owners: dict[OwnedKey, IssueId]) -> None:
        self.owners = owners
        self.issues: dict[Identity, IssueId] = {}
        self.registered: dict[OwnedKey, tuple[Key, IssueId]] = {}

    def join(self, event: Grouped, otherwise: IssueId | None = None) -> bool:
        """Let the event join the owner of its keys, else `otherwise`; False when there is neither."""
        project_id = event.project_id
        owner, free = join(event.grouping.keys, lambda digest: self.owners.get((project_id, digest)))
        owner = owner or otherwise
        if owner is None:
            return False
        self.issues[event.identity] = owner
        for key in free:
            self.owners[project_id, key.digest] = owner
            self.registered[project_id, key.digest] = key, owner
        return True

    def name(self, names: dict[IssueId, IssueId]) -> None:
        """Exchange the numbers of issues that have been made by now."""
        self.issues = {identity: names.get(owner, owner) for identity, owner in self.issues.items()}
        self.registered = {place: (key, names.get(owner, owner)) for place, (key, owner) in self.registered.items()}


def _owners(events: Iterable[Grouped]) -> dict[OwnedKey, IssueId]:
    """Key -> the issue that owns it, for those of the events' keys that are owned, and of what speaks against them."""
    wanted = {
        (event.project_id, digest)
        for event in events
        for key in event.grouping.keys
        for digest in (key.digest, key.unless)
        if digest
    }
    found = Fingerprint.objects.filter(
        project_id__in={project_id for project_id, _ in wanted}, digest__in={digest for _, digest in wanted}
    ).values_list("project_id", "digest", "issue_id")
    return {(project, digest): (project, issue) for project, digest, issue in found if (project, digest) in wanted}


def _make(orphans: Sequence[Grouped], book: _Book) -> set[int]:
    """Make the issues of events that nobody owns; return their ids. Later events join those of the earlier ones.

    The projects' rows are locked, so that two batches make one.
    """
    if not orphans:
        return set()
    projects = Project.objects.select_for_update().filter(id__in={event.project_id for event in orphans})
    numbers = {project.id: project.last_issue_number for project in projects.order_by("id")}
    book.owners.update(_owners(orphans))  # another batch may have made them before this one had the lock
    rows: dict[IssueId, Issue] = {}
    for event in orphans:
        if event.project_id in numbers and not book.join(event):
            numbers[event.project_id] += 1
            place = (event.project_id, -len(rows) - 1)
            rows[place] = _new_issue(event, numbers[event.project_id])
            book.join(event, otherwise=place)
    made = Issue.objects.bulk_create(rows.values())
    book.name({place: (issue.project_id, issue.id) for place, issue in zip(rows, made, strict=True)})
    for project_id, number in numbers.items():
        Project.objects.filter(id=project_id).update(last_issue_number=number)
    return {issue.id for issue in made}


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


def _register(keys: dict[OwnedKey, tuple[Key, IssueId]]) -> None:
    """Let issues own keys. One that another batch has registered meanwhile stays with its owner."""
    upsert(
        "monitor_fingerprint",
        [
            Column("project_id", "bigint"),
            Column("digest", "varchar"),
            Column("version", "varchar"),
            Column("issue_id", "bigint"),
            Column("reason", "varchar"),
        ],
        [(*place, VERSION, issue_id, key.reason) for place, (key, (_, issue_id)) in keys.items()],
        conflict="project_id, digest",
    )


def _lock(wanted: set[IssueId]) -> dict[IssueId, Issue]:
    """The issues, locked until the transaction ends; in one order for all, so without deadlocks."""
    rows = Issue.objects.select_for_update().filter(
        project_id__in={project_id for project_id, _ in wanted}, id__in={issue_id for _, issue_id in wanted}
    )
    return {(issue.project_id, issue.id): issue for issue in rows.order_by("project_id", "id")}
