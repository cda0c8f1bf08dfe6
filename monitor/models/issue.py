"""Issues, the events and fingerprints that make them, and the counters beside them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.utils import timezone

from monitor.models.columns import created_at, project_key, sequence_id
from monitor.models.release import Release
from monitor.models.version import Dated, is_newer

STATUSES = ("unresolved", "resolved", "ignored", "regressed")
OPEN = ("unresolved", "regressed")
RESOLUTIONS = ("now", "release", "next")
TRIAGE = ("status", "resolution", "resolved_at", "resolved_release", "resolved_includes")
"""The columns that people change; the counters beside them are the worker's."""


class IssueQuerySet(models.QuerySet["Issue"]):
    """Issues of one project."""

    def open(self) -> "IssueQuerySet":
        """Those that want a look: unresolved or regressed."""
        return self.filter(status__in=OPEN)

    def matching(self, text: str) -> "IssueQuerySet":
        """Those whose type, message or culprit contain every word of `text`."""
        found = self
        for word in text.split():
            found = found.filter(
                models.Q(type__icontains=word) | models.Q(value__icontains=word) | models.Q(culprit__icontains=word)
            )
        return found


class Issue(models.Model):
    """Events that share a fingerprint: the unit of triage."""

    pk = models.CompositePrimaryKey("project_id", "id")
    project = project_key()
    id = sequence_id("monitor_issue")
    number = models.IntegerField()
    type = models.CharField(max_length=200, blank=True, default="")
    value = models.TextField(blank=True, default="")
    culprit = models.CharField(max_length=500, blank=True, default="")
    level = models.CharField(max_length=10, default="error")
    platform = models.CharField(max_length=30, blank=True, default="")
    is_handled = models.BooleanField(null=True)
    status = models.CharField(max_length=12, choices=[(status, status) for status in STATUSES], default="unresolved")
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    first_release = models.CharField(max_length=250, blank=True, default="")
    last_release = models.CharField(max_length=250, blank=True, default="")
    event_count = models.BigIntegerField(default=0)
    user_count = models.BigIntegerField(default=0)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    resolved_at = models.DateTimeField(null=True)
    resolution = models.CharField(max_length=8, blank=True, default="", choices=[(kind, kind) for kind in RESOLUTIONS])
    resolved_release = models.CharField(max_length=250, blank=True, default="")
    resolved_includes = models.BooleanField(default=False)
    regressed_at = models.DateTimeField(null=True)
    regressed_release = models.CharField(max_length=250, blank=True, default="")
    hour = models.DateTimeField(null=True, editable=False)
    hour_events = models.IntegerField(default=0, editable=False)
    sampled_count = models.BigIntegerField(default=0, editable=False)
    created_at = created_at()

    objects = IssueQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "number"], name="issue_number_once")]
        indexes = [
            models.Index(fields=["project", "status", "-last_seen"], name="issue_by_last_seen"),
            models.Index(fields=["project", "-last_seen", "-id"], name="issue_by_seen"),
        ]

    def __str__(self) -> str:
        return self.title()

    def title(self) -> str:
        """`type: message`, or whichever there is."""
        return ": ".join(part for part in (self.type, self.value) if part) or "(no message)"

    def short_id(self) -> str:
        """`WEB-12`: the project's slug and the issue's number in it."""
        return f"{self.project.slug.upper()}-{self.number}"

    def resolve(self, by: User | None, how: str = "now", version: str = "") -> None:
        """Mark as resolved: `now`, in the `release` named by version (or the newest one), or in the `next` one.

        Remembers which releases may still throw without reopening the issue: all up to `resolved_release`, that one
        included unless `resolved_includes` says that it should already be free of the error.
        """
        seen = IssueRelease.objects.filter(project_id=self.project_id, issue_id=self.id).values_list(
            "release", flat=True
        )
        newest_seen = Release.objects.newest(self.project_id, seen)
        marker, includes = newest_seen, False
        if how == "next":
            marker = Release.objects.newest(self.project_id)
        elif how == "release":
            marker = version or Release.objects.newest(self.project_id)
            dates = Release.objects.dated(self.project_id, [marker, newest_seen])
            includes = bool(
                marker in dates and (newest_seen not in dates or is_newer(dates[marker], dates[newest_seen]))
            )
        self.status, self.resolution, self.resolved_at = "resolved", how, timezone.now()
        self.resolved_release, self.resolved_includes = marker, includes
        self.save(update_fields=TRIAGE)
        self.record("resolved", by, how=how, release=marker)

    def ignore(self, by: User | None) -> None:
        """Stop telling anybody about it; it goes on being counted."""
        self.status = "ignored"
        self.save(update_fields=TRIAGE)
        self.record("ignored", by)

    def unresolve(self, by: User | None) -> None:
        """Put it back among the open ones."""
        self.status, self.resolution, self.resolved_at, self.resolved_release = "unresolved", "", None, ""
        self.save(update_fields=TRIAGE)
        self.record("unresolved", by)

    def record(self, kind: str, by: User | None, **data: str) -> None:
        """Add a line to the issue's history."""
        Activity.objects.create(project_id=self.project_id, issue_id=self.id, kind=kind, user=by, data=data)


def is_regression(issue: Issue, occurred_at: datetime, release: Dated | None, resolved_release: Dated | None) -> bool:
    """Whether an event brings a resolved issue back.

    `release` is the event's (None: it carries none), `resolved_release` the one remembered when the issue was resolved
    (None: no release was known then). Only what happened after the resolve, in a release newer than the remembered one,
    counts; a stale tab of an older release never does, nor does an event without a release where releases are known.
    """
    if issue.status != "resolved" or issue.resolved_at is None or occurred_at <= issue.resolved_at:
        return False
    if resolved_release is None:
        return True
    if release is None:
        return False
    if release.version == resolved_release.version:
        return issue.resolved_includes
    return is_newer(release, resolved_release)


class Fingerprint(models.Model):
    """A grouping key and the issue that owns it, with the algorithm's version and a readable reason."""

    pk = models.CompositePrimaryKey("project_id", "digest")
    project = project_key()
    digest = models.CharField(max_length=64)
    version = models.CharField(max_length=20)
    issue_id = models.BigIntegerField()
    reason = models.CharField(max_length=500)
    created_at = created_at()

    class Meta:
        indexes = [models.Index(fields=["project", "issue_id"], name="fingerprint_by_issue")]


class Event(models.Model):
    """One occurrence. Partitioned by `day`, the UTC day of `occurred_at` (clamped at first receipt).

    `payload` is what pipeline.pack makes of the event: JSON without the stacks' frames, compressed with a dictionary.
    """

    pk = models.CompositePrimaryKey("project_id", "day", "event_id")
    project = project_key()
    day = models.DateField()
    event_id = models.UUIDField()
    issue_id = models.BigIntegerField()
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    processed_at = models.DateTimeField()
    release = models.CharField(max_length=250, blank=True, default="")
    environment = models.CharField(max_length=64, blank=True, default="")
    payload = models.BinaryField()

    class Meta:
        indexes = [models.Index(fields=["project", "issue_id", "-occurred_at"], name="event_by_issue")]


class Stack(models.Model):
    """The frames of one stack, which many events of a day share. Partitioned as Event is.

    `digest` is taken of the frames; they are JSON compressed by zstd.
    """

    pk = models.CompositePrimaryKey("project_id", "day", "digest")
    project = project_key()
    day = models.DateField()
    digest = models.UUIDField()
    frames = models.BinaryField()


class Dictionary(models.Model):
    """What the payloads of a project have in common, trained from them; zstd names it by its id in what it compressed.

    `trained_on` is how many events of the project were stored by then.
    """

    pk = models.CompositePrimaryKey("project_id", "id")
    project = project_key()
    id = models.BigIntegerField()
    created_at = created_at()
    trained_on = models.BigIntegerField()
    content = models.BinaryField()


class SampledEvent(models.Model):
    """An event that was counted and whose payload was not kept, its issue being hot. Partitioned as Event is."""

    pk = models.CompositePrimaryKey("project_id", "day", "event_id")
    project = project_key()
    day = models.DateField()
    event_id = models.UUIDField()


class IssueUser(models.Model):
    """That a user met an issue. `user_hash` is a keyed hash: enough to count, not to name."""

    pk = models.CompositePrimaryKey("project_id", "issue_id", "user_hash")
    project = project_key()
    issue_id = models.BigIntegerField()
    user_hash = models.CharField(max_length=32)


class IssueCount(models.Model):
    """Events of an issue in five minutes."""

    pk = models.CompositePrimaryKey("project_id", "issue_id", "bin")
    project = project_key()
    issue_id = models.BigIntegerField()
    bin = models.DateTimeField()
    events = models.IntegerField()


class IssueTag(models.Model):
    """How often an issue's events carried a tag."""

    pk = models.CompositePrimaryKey("project_id", "issue_id", "key", "value")
    project = project_key()
    issue_id = models.BigIntegerField()
    key = models.CharField(max_length=64)
    value = models.CharField(max_length=200)
    events = models.BigIntegerField()
    last_seen = models.DateTimeField()


class IssueRelease(models.Model):
    """In which releases and environments an issue was seen. An empty release: events that carried none."""

    pk = models.CompositePrimaryKey("project_id", "issue_id", "release", "environment")
    project = project_key()
    issue_id = models.BigIntegerField()
    release = models.CharField(max_length=250, blank=True)
    environment = models.CharField(max_length=64, blank=True)
    events = models.BigIntegerField()
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()


class Activity(models.Model):
    """A line of an issue's history: resolved, regressed, ignored, …"""

    pk = models.CompositePrimaryKey("project_id", "id")
    project = project_key()
    id = sequence_id("monitor_activity")
    issue_id = models.BigIntegerField()
    kind = models.CharField(max_length=20)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    data: Any = models.JSONField(default=dict)
    at = created_at()

    class Meta:
        indexes = [models.Index(fields=["project", "issue_id", "-at"], name="activity_by_issue")]


ACCEPTED = ("stored", "sampled", "filtered", "duplicate", "dead")
"""Outcomes of events that were answered with 200; a dead letter that is retried gets a second one."""


@dataclass(frozen=True)
class Total:
    """How many items of a category met an outcome for a reason."""

    category: str
    outcome: str
    reason: str
    items: int


class OutcomeQuerySet(models.QuerySet["Outcome"]):
    """Counts of items, by hour."""

    def totals(self) -> list[Total]:
        """Summed over the hours, and projects if there are several; the most first."""
        summed = self.values_list("category", "outcome", "reason").annotate(total=models.Sum("items"))
        return [Total(*row) for row in summed.order_by("-total", "category", "outcome", "reason")]


def events_by_outcome(totals: Iterable[Total]) -> Counter[str]:
    """Outcome -> events, and as "accepted" those answered with 200, each once: a retried one is no dead letter now.

    A request that could not be read counts as the one event that it mostly holds.
    """
    found = Counter[str]()
    for total in totals:
        found[total.outcome] += total.items if total.category in ("event", "request") else 0
    found["dead"] -= found["retried"]
    found["accepted"] = sum(found[outcome] for outcome in ACCEPTED)
    return found


class Outcome(models.Model):
    """What became of the items clients sent, by hour: accepted, stored, unused, invalid, dropped…, with a reason."""

    pk = models.CompositePrimaryKey("project_id", "hour", "category", "outcome", "reason")
    project = project_key()
    hour = models.DateTimeField()
    category = models.CharField(max_length=30)
    outcome = models.CharField(max_length=20)
    reason = models.CharField(max_length=100, blank=True)
    items = models.BigIntegerField()

    objects = OutcomeQuerySet.as_manager()


class CountedBatch(models.Model):
    """That the outcomes of a batch are counted; delivered again it counts none. Partitioned by its day of making."""

    pk = models.CompositePrimaryKey("project_id", "day", "batch_id")
    project = project_key()
    day = models.DateField()
    batch_id = models.CharField(max_length=28)


class DeadLetterQuerySet(models.QuerySet["DeadLetter"]):
    """Items that could not be processed."""

    def of(self, project_id: int) -> "DeadLetterQuerySet":
        """Those of a project, the latest first."""
        return self.filter(project_id=project_id).order_by("-id")


class DeadLetter(models.Model):
    """An item that could not be processed after every attempt, kept with its reason.

    `item` is the event's JSON without its secrets, `received` what else the door knew of it.
    """

    pk = models.CompositePrimaryKey("project_id", "id")
    project = project_key()
    id = sequence_id("monitor_deadletter")
    event_id = models.UUIDField()
    received_at = models.DateTimeField()
    failed_at = created_at()
    reason = models.TextField()
    item = models.BinaryField()
    received: Any = models.JSONField(default=dict)

    objects = DeadLetterQuerySet.as_manager()
