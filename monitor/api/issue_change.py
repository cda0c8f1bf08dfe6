"""Changing issues through the API: status and assignee, in Sentry's words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.db.models import Q
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from monitor.models import Issue, Organisation, Release

STATUSES = ("resolved", "resolvedInNextRelease", "unresolved", "ignored")


class StatusDetails(serializers.Serializer[Any]):
    """In which release an issue is resolved: one of them, `latest` for the newest, or the next one."""

    inRelease = serializers.CharField(max_length=250, required=False)
    inNextRelease = serializers.BooleanField(required=False)


class IssueChange(serializers.Serializer[Any]):
    """What to change. `assignedTo`: a member's name, e-mail or `user:<id>`; empty for nobody."""

    status = serializers.ChoiceField(STATUSES, required=False)
    statusDetails = StatusDetails(required=False)
    assignedTo = serializers.CharField(max_length=254, required=False, allow_blank=True, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Something must be asked for that Farside can do: a change silently left undone would mislead."""
        if not attrs.keys() & {"status", "assignedTo"}:
            raise ValidationError("Nothing to change: send status or assignedTo.")
        return attrs


@dataclass(frozen=True)
class Change:
    """A change that is understood. `assignee` counts only with `assigns`."""

    status: str
    how: str
    version: str
    assigns: bool
    assignee: User | None


def understand(data: dict[str, Any], organisation: Organisation) -> Change:
    """The change that validated data ask for. Raises 400 for an assignee who is no member."""
    details = data.get("statusDetails") or {}
    status, how = data.get("status", ""), "now"
    if status == "resolvedInNextRelease" or (status == "resolved" and details.get("inNextRelease")):
        status, how = "resolved", "next"
    elif status == "resolved" and details.get("inRelease"):
        how = "release"
    version = details.get("inRelease", "")
    assigned = data.get("assignedTo") or ""
    assignee = _member(assigned, organisation) if assigned else None
    return Change(status, how, "" if version == "latest" else version, "assignedTo" in data, assignee)


@transaction.atomic
def change_issues(keys: Sequence[tuple[int, int]], change: Change, by: User | AnonymousUser) -> list[Issue]:
    """Make the change to the issues (project id, id), all or none; their rows are locked against the pipeline."""
    user = by if isinstance(by, User) else None
    wanted = Q(project_id__in={key[0] for key in keys}, id__in=[key[1] for key in keys])
    issues = list(Issue.objects.select_for_update(of=("self",)).filter(wanted).order_by("project_id", "id"))
    for issue in issues:
        _change_status(issue, change, user)
        if change.assigns:
            issue.assignee = change.assignee
            issue.save(update_fields=["assignee"])
            issue.record("assigned", user, to=change.assignee.get_username() if change.assignee else "")
    return issues


def _change_status(issue: Issue, change: Change, by: User | None) -> None:
    if change.status == "resolved":
        _refuse_unknown_release(issue, change)
        issue.resolve(by, change.how, change.version)
    elif change.status == "ignored":
        issue.ignore(by)
    elif change.status == "unresolved":
        issue.unresolve(by)


def _refuse_unknown_release(issue: Issue, change: Change) -> None:
    if change.version and not Release.objects.filter(project_id=issue.project_id, version=change.version).exists():
        text = f"statusDetails.inRelease: the project of issue {issue.id} has no release {change.version!r}."
        raise ValidationError({"detail": text})


def _member(text: str, organisation: Organisation) -> User:
    members = User.objects.filter(memberships__organisation=organisation)
    kind, separator, number = text.partition(":")
    if separator and kind == "user" and number.isdecimal():
        found = members.filter(pk=int(number[:18])).first()
    else:
        found = members.filter(Q(username=text) | Q(email__iexact=text)).first()
    if found is None:
        raise ValidationError({"detail": f"assignedTo: {text!r} is no member of this organisation."})
    return found
