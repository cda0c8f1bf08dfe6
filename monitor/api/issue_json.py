"""Issues in Sentry's form."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Sum
from django.db.models.functions import TruncHour
from django.urls import reverse
from django.utils import timezone

from monitor.api.project_json import project_reference
from monitor.models import Activity, Issue, IssueCount, IssueTag, Project

HOURS = 24


def issues_json(issues: Sequence[Issue], projects: dict[int, Project]) -> list[dict[str, Any]]:
    """Rows of a list, each with its events by hour in the last 24 hours."""
    stats = _stats(issues)
    return [issue_json(issue, projects[issue.project_id]) | {"stats": {"24h": stats[issue.id]}} for issue in issues]


def issue_detail_json(issue: Issue, project: Project) -> dict[str, Any]:
    """One issue with its history, tag keys and releases."""
    of_issue = {"project_id": issue.project_id, "issue_id": issue.id}
    activities = Activity.objects.filter(**of_issue).select_related("user").order_by("-at", "-id")[:100]
    return issues_json([issue], {project.pk: project})[0] | {
        "activity": [activity_json(activity) for activity in activities],
        "tags": [tag_json(key, values=None, total=total, unique=unique) for key, total, unique in tag_totals(issue)],
        "firstRelease": _release(issue.first_release),
        "lastRelease": _release(issue.last_release),
    }


def issue_json(issue: Issue, project: Project) -> dict[str, Any]:
    """What a list and the issue itself have in common. Ids are texts and so is `count`, as Sentry has them."""
    is_regressed = issue.status == "regressed"
    path = reverse("issue", args=[project.organisation.slug, project.slug, issue.number])
    return {
        "id": str(issue.id),
        "shortId": f"{project.slug.upper()}-{issue.number}",
        "title": issue.title(),
        "culprit": issue.culprit,
        "permalink": settings.FARSIDE_URL + path,
        "level": issue.level,
        "platform": issue.platform,
        "project": project_reference(project),
        "type": "error",
        "metadata": {"type": issue.type, "value": issue.value},
        "status": "unresolved" if is_regressed else issue.status,
        "substatus": "regressed" if is_regressed else None,
        "statusDetails": status_details(issue),
        "assignedTo": user_json(issue.assignee) | {"type": "user"} if issue.assignee else None,
        "isUnhandled": issue.is_handled is False,
        "count": str(issue.event_count),
        "sampledCount": str(issue.sampled_count),
        "userCount": issue.user_count,
        "firstSeen": issue.first_seen,
        "lastSeen": issue.last_seen,
    }


def status_details(issue: Issue) -> dict[str, Any]:
    """How a resolved issue was resolved."""
    if issue.status != "resolved":
        return {}
    if issue.resolution == "next":
        return {"inNextRelease": True}
    return {"inRelease": issue.resolved_release} if issue.resolution == "release" else {}


def activity_json(activity: Activity) -> dict[str, Any]:
    """A line of the issue's history."""
    return {
        "id": str(activity.id),
        "type": activity.kind,
        "user": user_json(activity.user) if activity.user else None,
        "data": activity.data,
        "dateCreated": activity.at,
    }


def user_json(user: User) -> dict[str, Any]:
    """A member, as other objects name them."""
    return {"id": str(user.pk), "name": user.get_full_name() or user.get_username(), "email": user.email}


def tag_totals(issue: Issue) -> list[tuple[str, int, int]]:
    """(key, events that carry it, different values) of the issue's tags, by key."""
    totals: dict[str, tuple[int, int]] = {}
    rows = IssueTag.objects.filter(project_id=issue.project_id, issue_id=issue.id).order_by("key")
    for key, events in rows.values_list("key", "events"):
        total, unique = totals.get(key, (0, 0))
        totals[key] = (total + events, unique + 1)
    return [(key, total, unique) for key, (total, unique) in totals.items()]


def tag_json(key: str, values: Sequence[IssueTag] | None, total: int, unique: int) -> dict[str, Any]:
    """A tag of an issue, with its commonest values where they are wanted."""
    shown = {"key": key, "name": key.replace(".", " ").title(), "totalValues": total, "uniqueValues": unique}
    return shown if values is None else shown | {"topValues": [tag_value_json(value) for value in values]}


def tag_value_json(tag: IssueTag) -> dict[str, Any]:
    """A tag's value, and how many of the issue's events carry it."""
    return {"key": tag.key, "name": tag.value, "value": tag.value, "count": tag.events, "lastSeen": tag.last_seen}


def _release(version: str) -> dict[str, str] | None:
    return {"version": version, "shortVersion": version.rpartition("@")[2]} if version else None


def _stats(issues: Sequence[Issue]) -> dict[int, list[tuple[int, int]]]:
    """Issue id -> [(beginning of the hour in seconds since 1970, events)] of the last hours, the running one last."""
    last = timezone.now().astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    hours = [last - timedelta(hours=back) for back in reversed(range(HOURS))]
    rows = IssueCount.objects.filter(
        project_id__in={issue.project_id for issue in issues},
        issue_id__in=[issue.id for issue in issues],
        bin__gte=hours[0],
    )
    summed = rows.annotate(hour=TruncHour("bin", tzinfo=UTC)).values_list("issue_id", "hour").annotate(Sum("events"))
    events: dict[tuple[int, datetime], int] = {(issue_id, hour): total for issue_id, hour, total in summed}
    return {issue.id: [(int(hour.timestamp()), events.get((issue.id, hour), 0)) for hour in hours] for issue in issues}
