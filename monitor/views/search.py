"""The issue list's search language: `is:…`, `release:…`, `firstRelease:…`, and words of the title."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.models import User
from django.db.models import Q
from django.utils import timezone

from monitor.models import Issue, IssueRelease, Project, Release
from monitor.models.issue import OPEN, IssueQuerySet

NEW_FOR = timedelta(hours=24)
"""How long an issue counts as new."""

_TOKEN = re.compile(r'(?<!\S)(is|release|firstRelease):("[^"]*"|\S*)', re.IGNORECASE)

STATES: dict[str, Callable[[User], Q]] = {
    "unresolved": lambda user: Q(status__in=OPEN),
    "resolved": lambda user: Q(status="resolved"),
    "ignored": lambda user: Q(status="ignored"),
    "regressed": lambda user: Q(status="regressed"),
    "new": lambda user: Q(first_seen__gte=timezone.now() - NEW_FOR),
    "assigned": lambda user: Q(assignee__isnull=False),
    "unassigned": lambda user: Q(assignee=None),
    "mine": lambda user: Q(assignee=user),
}


@dataclass(frozen=True)
class Found:
    """The issues a query selects, and what could not be understood in it."""

    issues: IssueQuerySet
    problems: tuple[str, ...] = ()


def search(project: Project, query: str, user: User) -> Found:
    """Issues of `project` that `query` selects. A token that is not understood selects nothing away, but is told."""
    found, problems = Issue.objects.filter(project_id=project.pk), []
    tokens = [(key.lower(), value.strip('"')) for key, value in _TOKEN.findall(query)]
    for key, value in tokens:
        if key == "is" and value.lower() in STATES:
            found = found.filter(STATES[value.lower()](user))
        elif key == "is":
            problems.append(f"is:{value} is not known; write is: with {', '.join(STATES)}.")
        else:
            found = found.filter(_in_release(project.pk, key, value))
    return Found(found.matching(_TOKEN.sub(" ", query)), tuple(problems))


def _in_release(project_id: int, key: str, value: str) -> Q:
    """Issues seen in a release, or first seen in it. `latest` is the newest one; a `*` at the end matches the rest."""
    version = Release.objects.newest(project_id) if value == "latest" else value
    lookup, text = ("startswith", version[:-1]) if version.endswith("*") else ("exact", version)
    if key == "firstrelease":
        return Q(**{f"first_release__{lookup}": text})
    seen = IssueRelease.objects.filter(project_id=project_id, **{f"release__{lookup}": text})
    return Q(id__in=seen.values("issue_id"))
