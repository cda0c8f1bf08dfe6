"""Which issues `?query=` and `?sort=` select, in the part of Sentry's search language that Farside knows."""

import re
from collections.abc import Sequence

from django.db.models import Q
from rest_framework.exceptions import ParseError

from monitor.models import Issue, IssueTag, Project
from monitor.models.issue import OPEN, IssueQuerySet

DEFAULT_QUERY = "is:unresolved"
SORTS = {"date": "-last_seen", "new": "-first_seen", "freq": "-event_count", "user": "-user_count"}
STATES = {
    "unresolved": Q(status__in=OPEN),
    "resolved": Q(status="resolved"),
    "ignored": Q(status="ignored"),
    "archived": Q(status="ignored"),
    "regressed": Q(status="regressed"),
    "assigned": Q(assignee__isnull=False),
    "unassigned": Q(assignee__isnull=True),
}
# key:value or key:"a value", not https://…
_TERM = re.compile(r'(?<!\S)([A-Za-z][\w.-]*):("[^"]*"|(?!//)\S+)')


def select_issues(projects: Sequence[Project], query: str, sort: str) -> IssueQuerySet:
    """Issues of `projects`: every `is:` and `tag:value` of `query` holds, and each other word is in type, message or
    culprit. Raises 400 for a state or an order that is not known.
    """
    project_ids = [project.pk for project in projects]
    found = Issue.objects.filter(project_id__in=project_ids)
    for key, value in _TERM.findall(query):
        found = found.filter(_condition(key, value.strip('"'), project_ids))
    if sort not in SORTS:
        raise ParseError(f"sort={sort} is not known; use one of {', '.join(SORTS)}.")
    return found.matching(_TERM.sub(" ", query)).order_by(SORTS[sort], "-id")


def _condition(key: str, value: str, project_ids: Sequence[int]) -> Q:
    if key != "is":
        tagged = IssueTag.objects.filter(project_id__in=project_ids, key=key, value=value)
        return Q(id__in=tagged.values("issue_id"))
    if value not in STATES:
        raise ParseError(f"is:{value} is not known; use is: with one of {', '.join(STATES)}.")
    return STATES[value]
