"""Delivers notifications: claim, send, record; again later when the channel is unavailable."""

import secrets
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from monitor.channels import CHANNELS
from monitor.channels.errors import ChannelError, Refused
from monitor.models import Channel, Notification
from monitor.pipeline.announce import build, build_test, message_of

__all__ = ["build", "due", "notify", "queue_test"]

LEASE = timedelta(minutes=2)
"""How long a claim lasts. Longer than any attempt, so that no second worker sends while the first still does."""
MOST_ATTEMPTS = 12
FIRST_DELAY_S = 40.0
"""Doubled after each attempt: twelve attempts span about a day (40 s · (2¹¹ − 1) ≈ 23 h)."""
MOST_RETRY_AFTER_S = 86_400.0

_jitter = secrets.SystemRandom()


def notify(project_id: int, notification_id: int) -> str:
    """Make one attempt to deliver a notification; return its state afterwards.

    1. Claim it: only when it is pending, its time has come, and no older one of the same issue and channel waits. The
       claim is a lease, so a worker that dies gives it back. Returns "not due" when it cannot be claimed.
    2. Send it. This is the one moment in which a crash can lead to a second message, never to none.
    3. Record the attempt, and "sent", "failed" (refused, or unavailable twelve times), or "pending" with its next time.
    """
    notification = _claim(project_id, notification_id)
    if notification is None:
        return "not due"
    _note_interruptions(notification)
    try:
        if notification.attempts > MOST_ATTEMPTS:
            raise Refused("every attempt was interrupted before its outcome was known")
        _send(notification)
    except ChannelError as error:
        return _record_failure(notification, error)
    return _record(notification, "sent", "sent", "", sent_at=timezone.now(), next_attempt_at=None)


def due(now: datetime | None = None, limit: int = 200) -> list[tuple[int, int]]:
    """(project id, id) of the notifications whose time has come, oldest first; a claimed one again after its lease."""
    rows = _claimable(Notification.objects.all(), now or timezone.now())
    return list(rows.order_by(F("next_attempt_at").asc(nulls_first=True), "id").values_list("project_id", "id")[:limit])


def queue_test(channel: Channel) -> Notification:
    """Store a test message for `channel`, whether or not it is switched on; the caller queues its sending."""
    notification = build_test(channel, uuid.uuid4().hex)
    notification.save()
    return notification


def _claimable(rows: QuerySet[Notification], now: datetime) -> QuerySet[Notification]:
    older = Notification.objects.filter(
        project_id=OuterRef("project_id"),
        channel_id=OuterRef("channel_id"),
        issue_id=OuterRef("issue_id"),
        id__lt=OuterRef("id"),
        state="pending",
    )
    is_time = Q(next_attempt_at=None) | Q(next_attempt_at__lte=now)
    return rows.filter(is_time, ~Exists(older), state="pending")


def _claim(project_id: int, notification_id: int) -> Notification | None:
    now = timezone.now()
    rows = Notification.objects.filter(project_id=project_id, id=notification_id)
    if not _claimable(rows, now).update(next_attempt_at=now + LEASE, attempts=F("attempts") + 1):
        return None
    return rows.select_related("channel__project").get()


def _send(notification: Notification) -> None:
    channel = notification.channel
    if not channel.is_active and notification.kind != "test":
        raise Refused("the channel is switched off")
    CHANNELS[channel.kind](channel.config, message_of(notification))


def _note_interruptions(notification: Notification) -> None:
    """An attempt without an entry is one whose worker died; the log says so, for the message may have arrived."""
    log: list[dict[str, Any]] = notification.attempts_log
    while len(log) < notification.attempts - 1:
        detail = "The worker stopped before the outcome was known; the message may have arrived."
        log.append({"at": timezone.now().isoformat(), "outcome": "interrupted", "detail": detail})


def _record_failure(notification: Notification, error: ChannelError) -> str:
    if error.permanent:
        return _record(notification, "failed", "refused", error.detail, next_attempt_at=None)
    if notification.attempts >= MOST_ATTEMPTS:
        detail = f"{error.detail} (given up after {notification.attempts} attempts)"
        return _record(notification, "failed", "unavailable", detail, next_attempt_at=None)
    next_at = timezone.now() + timedelta(seconds=_delay_s(notification.attempts, error.retry_after))
    return _record(notification, "pending", "unavailable", error.detail, next_attempt_at=next_at)


def _delay_s(attempts: int, retry_after: float | None) -> float:
    """Seconds until the next attempt: doubled each time, ± 25 % to spread the load, never before Retry-After."""
    backoff = FIRST_DELAY_S * 2.0 ** (attempts - 1) * _jitter.uniform(0.75, 1.25)
    return max(backoff, min(retry_after or 0.0, MOST_RETRY_AFTER_S))


def _record(notification: Notification, state: str, outcome: str, detail: str, **columns: Any) -> str:
    """Write the attempt down, unless the lease ran out meanwhile and another worker has claimed it."""
    entry = {"at": timezone.now().isoformat(), "outcome": outcome, "detail": detail}
    mine = Notification.objects.filter(
        project_id=notification.project_id, id=notification.id, state="pending", attempts=notification.attempts
    )
    mine.update(state=state, attempts_log=[*notification.attempts_log, entry], **columns)
    return state
