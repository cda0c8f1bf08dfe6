"""Decides whom stored events concern, and writes the outbox in the same transaction."""

from collections.abc import Sequence

from monitor.models import Channel, Notification
from monitor.pipeline.announce import build
from monitor.pipeline.store import Stored


def evaluate(stored: Sequence[Stored]) -> list[tuple[int, int]]:
    """Write a notification for each new or regressed issue and each channel that wants it; return their keys.

    Ignored issues never notify. A notification that exists already (the same fact, seen again) stays the only one.
    """
    telling = [one for one in stored if (one.is_new or one.is_regression) and one.issue.status != "ignored"]
    if not telling:
        return []
    channels = Channel.objects.filter(
        project__in={one.event.project_id for one in telling}, is_active=True
    ).select_related("project__organisation")
    rows = [
        build(channel.project, channel, one.issue, one.event.payload, "new" if one.is_new else "regressed")
        for one in telling
        for channel in channels
        if channel.project_id == one.event.project_id and (channel.on_new if one.is_new else channel.on_regressed)
    ]
    made = [
        Notification.objects.get_or_create(
            project_id=row.project_id,
            channel_id=row.channel_id,
            dedupe_key=row.dedupe_key,
            defaults={
                "issue_id": row.issue_id,
                "kind": row.kind,
                "content": row.content,
                "next_attempt_at": row.next_attempt_at,
            },
        )
        for row in rows
    ]
    return [(row.project_id, row.id) for row, is_new in made if is_new]
