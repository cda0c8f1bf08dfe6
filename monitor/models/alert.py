"""Whom to tell and what was told: notification channels and notifications (the outbox)."""

from django.db import models

from monitor.models.columns import created_at, project_key, sequence_id

NOTIFICATION_STATES = ("pending", "sent", "failed")


class Channel(models.Model):
    """Where a project's team is told. `config` is the kind's own: a Slack webhook has {"webhook_url": …}."""

    project = models.ForeignKey("monitor.Project", on_delete=models.CASCADE, related_name="channels")
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=20, choices=[("slack", "Slack")], default="slack")
    config = models.JSONField(default=dict)
    on_new = models.BooleanField("new issues", default=True)
    on_regressed = models.BooleanField("regressions", default=True)
    is_active = models.BooleanField(default=True)
    created_at = created_at()

    def __str__(self) -> str:
        return self.name


class Notification(models.Model):
    """One thing to tell one channel: outbox row, history and delivery log in one.

    `content` is what the message says, fixed when the fact was stored. `attempts_log` holds one entry an attempt:
    {"at", "outcome", "detail"}.
    """

    pk = models.CompositePrimaryKey("project_id", "id")
    project = project_key()
    id = sequence_id("monitor_notification")
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="notifications")
    issue_id = models.BigIntegerField(null=True)
    kind = models.CharField(max_length=20, choices=[(kind, kind) for kind in ("new", "regressed", "test")])
    dedupe_key = models.CharField(max_length=120)
    content = models.JSONField(default=dict)
    state = models.CharField(
        max_length=10, choices=[(state, state) for state in NOTIFICATION_STATES], default="pending"
    )
    attempts = models.IntegerField(default=0)
    attempts_log = models.JSONField(default=list)
    created_at = created_at()
    next_attempt_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "channel", "dedupe_key"], name="notification_once")]
        indexes = [
            models.Index(fields=["next_attempt_at"], condition=models.Q(state="pending"), name="notification_due"),
            models.Index(fields=["project", "-created_at"], name="notification_by_time"),
        ]
