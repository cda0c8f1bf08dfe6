"""Server metrics: hosts, their series, and the readings that agents send."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from monitor.models.columns import created_at, project_key, sequence_id


class Host(models.Model):
    """A machine that reports samples. `clock_skew_s` is what its times lately needed added, 0 with a right clock."""

    pk = models.CompositePrimaryKey("project_id", "id")
    project = project_key()
    id = sequence_id("monitor_host")
    name = models.CharField(max_length=200)
    labels = models.JSONField(default=dict)
    agent = models.CharField(max_length=60, blank=True, default="")
    created_at = created_at()
    last_seen_at = models.DateTimeField()
    clock_skew_s = models.FloatField(default=0, db_default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="host_name_once")]

    def __str__(self) -> str:
        return self.name


class Series(models.Model):
    """A metric's name and labels on one host. `label_key` is the labels' canonical text, for uniqueness."""

    pk = models.CompositePrimaryKey("project_id", "id")
    project = project_key()
    id = sequence_id("monitor_series")
    host_id = models.BigIntegerField()
    name = models.CharField(max_length=200)
    unit = models.CharField(max_length=30, blank=True, default="")
    kind = models.CharField(max_length=10, choices=[(kind, kind) for kind in ("gauge", "counter")], default="gauge")
    labels = models.JSONField(default=dict)
    label_key = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "host_id", "name", "label_key"], name="series_once")]


class Reading(models.Model):
    """All samples of one host at one moment: `values[i]` belongs to `series_ids[i]`. Partitioned by day of `at`.

    `clock_skew_s` was added to the host's own time: without it, it is as the host said it.
    """

    pk = models.CompositePrimaryKey("project_id", "day", "host_id", "at")
    project = project_key()
    day = models.DateField()
    host_id = models.BigIntegerField()
    at = models.DateTimeField()
    series_ids = ArrayField(models.BigIntegerField())
    values = ArrayField(models.FloatField(null=True))
    clock_skew_s = models.FloatField(default=0, db_default=0)
