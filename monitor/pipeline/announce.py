"""Composes what a notification says: fixed when the fact is stored, save the counts, which are fresh at sending."""

import hashlib
from datetime import datetime
from typing import Any

import msgspec
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from monitor.channels.message import Message, Place
from monitor.models import Activity, Channel, Issue, Notification, Project
from monitor.pipeline.payload import Frame, Payload

MOST_KEY = 120
HEADLINES = {"new": "New issue in {}", "regressed": "Issue came back in {}"}


def build(project: Project, channel: Channel, issue: Issue, event: Payload, kind: str) -> Notification:
    """An unsaved notification that tells `channel` of an issue that `event` made `new` or `regressed`.

    Takes nothing from outside the scrubbed payload and the issue, so it holds no secret that they don't hold.
    """
    link = reverse("issue", args=[project.organisation.slug, project.slug, issue.number])
    message = Message(
        headline=HEADLINES[kind].format(project.name),
        title=issue.title(),
        why=_why_new(event) if kind == "new" else _why_regressed(issue, event),
        link=settings.FARSIDE_URL + link,
        culprit=issue.culprit,
        release=event.release,
        environment=event.environment,
        place=_place(event),
    )
    return Notification(
        project=project,
        channel=channel,
        issue_id=issue.id,
        kind=kind,
        dedupe_key=_dedupe_key(issue, event, kind),
        content=_content(message),
        next_attempt_at=timezone.now(),
    )


def build_test(channel: Channel, key: str) -> Notification:
    """An unsaved notification that only proves that `channel` works; `key` tells it from other tests."""
    message = Message(
        headline=f"Test message from Farside for {channel.project.name}",
        title=f"The channel “{channel.name}” works",
        why="Somebody asked for a test message in the channel's settings.",
    )
    return Notification(
        project=channel.project,
        channel=channel,
        kind="test",
        dedupe_key=f"test:{key}"[:MOST_KEY],
        content=_content(message),
        next_attempt_at=timezone.now(),
    )


def message_of(notification: Notification) -> Message:
    """What the notification says now: its content, with the issue's present counts and who had resolved it."""
    message = msgspec.convert(notification.content, Message)
    if notification.issue_id is None:
        return message
    issue = Issue.objects.filter(project_id=notification.project_id, id=notification.issue_id).first()
    if issue is None:
        return message
    why = message.why + (_resolver(issue, notification.created_at) if notification.kind == "regressed" else "")
    return msgspec.structs.replace(message, events=issue.event_count, users=issue.user_count, why=why)


def _content(message: Message) -> dict[str, Any]:
    return dict(msgspec.to_builtins(message))


def _dedupe_key(issue: Issue, event: Payload, kind: str) -> str:
    """Once for a new issue; once a release for a regression, or once an event where there are no releases."""
    if kind == "new":
        return f"new:{issue.id}"
    key = f"{kind}:{issue.id}:{event.release or event.event_id}"
    if len(key) <= MOST_KEY:
        return key
    return f"{kind}:{issue.id}:{hashlib.sha256(key.encode()).hexdigest()}"


def _why_new(event: Payload) -> str:
    return f"First seen{f' in release {event.release}' if event.release else ''}."


def _why_regressed(issue: Issue, event: Payload) -> str:
    seen = f"Seen again{f' in release {event.release}' if event.release else ''} after it was resolved"
    if not issue.resolved_release:
        return f"{seen}."
    how = {"next": "in the release after", "release": "in"}.get(issue.resolution, "when the newest was")
    return f"{seen} {how} {issue.resolved_release}."


def _resolver(issue: Issue, until: datetime) -> str:
    """`" Ann had resolved it."`, by the last resolve until that time; "" when nobody is known."""
    resolves = Activity.objects.filter(
        project_id=issue.project_id, issue_id=issue.id, kind="resolved", at__lte=until, user__isnull=False
    )
    last = resolves.select_related("user").order_by("-at").first()
    if last is None or last.user is None:
        return ""
    return f" {last.user.get_full_name() or last.user.get_username()} had resolved it."


def _place(event: Payload) -> Place | None:
    """The first frame of the application's own code, seen from where it threw; else the frame that threw."""
    thrown = event.thrown()
    if thrown is None or not thrown.frames:
        return None
    frame: Frame = next((frame for frame in reversed(thrown.frames) if frame.in_app), thrown.frames[-1])
    return Place(frame.filename or frame.abs_path, frame.lineno, frame.function, frame.context_line or "")
