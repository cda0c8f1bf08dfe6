"""Resolved issues that come back: which event brings each back, and the mark it leaves."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from monitor.models import Issue, Release
from monitor.models.issue import is_regression
from monitor.models.version import Dated
from monitor.pipeline.grouping import Grouped, Identity

Dates = dict[tuple[int, str], Dated]


def find_comebacks(events: Sequence[Grouped], issues: dict[Identity, Issue]) -> dict[int, Grouped]:
    """Issue id -> the first of `events` that brings the issue back, for those that are resolved and come back."""
    dates = _release_dates(events, issues)
    found: dict[int, Grouped] = {}
    for event in events:
        issue = issues[event.identity]
        if issue.status == "resolved" and issue.id not in found and _comes_back(issue, event, dates):
            found[issue.id] = event
    return found


def _comes_back(issue: Issue, event: Grouped, dates: Dates) -> bool:
    version = event.payload.release
    # One that is not known yet is dated when it is stored: now.
    release = dates.get((event.project_id, version), Dated(version, datetime.now(UTC)) if version else None)
    marker = dates.get((event.project_id, issue.resolved_release))
    if issue.resolved_release and marker is None and issue.resolved_at:
        marker = Dated(issue.resolved_release, issue.resolved_at)
    return is_regression(issue, event.payload.occurred_at, release, marker)


def _release_dates(events: Sequence[Grouped], issues: dict[Identity, Issue]) -> Dates:
    """What orders the releases of events whose issue is resolved; mostly there is none, and nothing is asked."""
    wanted: dict[int, set[str]] = {}
    for event in events:
        issue = issues[event.identity]
        if issue.status == "resolved":
            wanted.setdefault(event.project_id, set()).update({event.payload.release, issue.resolved_release} - {""})
    return {
        (project_id, version): dated
        for project_id, versions in wanted.items()
        for version, dated in Release.objects.dated(project_id, versions).items()
    }


def reopen(events: Iterable[Grouped], issues: dict[Identity, Issue]) -> None:
    """Mark the issues that these events bring back, and tell it in their history; the caller saves them."""
    for event in events:
        issue, payload = issues[event.identity], event.payload
        issue.status, issue.regressed_release = "regressed", payload.release
        issue.regressed_at = payload.occurred_at
        issue.record("regressed", None, release=payload.release, resolved_in=issue.resolved_release)
