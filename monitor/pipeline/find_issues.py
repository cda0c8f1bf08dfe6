"""The issues that events belong to: found by their keys, made where there is none, locked."""

from collections.abc import Iterable, Sequence

from monitor.models import Fingerprint, Issue, Project
from monitor.pipeline.grouping import Grouped, OwnedKey


def find_owners(keys: Iterable[OwnedKey]) -> dict[OwnedKey, int]:
    """Key -> the id of the issue that owns it, for those that are owned."""
    wanted = set(keys)
    found = Fingerprint.objects.filter(
        project_id__in={project_id for project_id, _ in wanted}, digest__in={digest for _, digest in wanted}
    ).values_list("project_id", "digest", "issue_id")
    return {(project_id, digest): issue_id for project_id, digest, issue_id in found if (project_id, digest) in wanted}


def make_issues(events: Sequence[Grouped]) -> tuple[dict[OwnedKey, int], set[OwnedKey]]:
    """Key -> issue for the keys of `events`, and those keys whose issue was made here, of their first event.

    The projects' rows are locked, so that two batches make one. A key of a project that is gone gets none.
    """
    if not events:
        return {}, set()
    projects = Project.objects.select_for_update().filter(id__in={event.project_id for event in events}).order_by("id")
    numbers = {project.id: project.last_issue_number for project in projects}
    owners = find_owners(event.key for event in events)
    firsts = {event.key: event for event in reversed(events) if event.key not in owners and event.project_id in numbers}
    rows: dict[OwnedKey, Issue] = {}
    for key, event in reversed(firsts.items()):
        numbers[event.project_id] += 1
        rows[key] = _new_issue(event, numbers[event.project_id])
    made = dict(zip(rows, Issue.objects.bulk_create(rows.values()), strict=True))
    for project_id, number in numbers.items():
        Project.objects.filter(id=project_id).update(last_issue_number=number)
    Fingerprint.objects.bulk_create(_fingerprint(firsts[key], issue) for key, issue in made.items())
    return {**owners, **{key: issue.id for key, issue in made.items()}}, set(made)


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


def _fingerprint(event: Grouped, issue: Issue) -> Fingerprint:
    grouping = event.grouping
    return Fingerprint(
        project_id=event.project_id,
        digest=grouping.digest,
        version=grouping.version,
        issue_id=issue.id,
        reason=grouping.reason,
    )


def lock_issues(owners: dict[OwnedKey, int]) -> dict[OwnedKey, Issue]:
    """The issue of every key, locked until the transaction ends; in one order for all, so without deadlocks."""
    rows = Issue.objects.select_for_update().filter(
        project_id__in={key[0] for key in owners}, id__in=set(owners.values())
    )
    locked = {issue.id: issue for issue in rows.order_by("project_id", "id")}
    return {key: locked[issue_id] for key, issue_id in owners.items() if issue_id in locked}
