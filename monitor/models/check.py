"""What must hold from outside: checks, the locations they are probed from, and the results."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from monitor.models.columns import created_at, project_key


class Check(models.Model):
    """An HTTP address that must answer as expected, on a schedule."""

    project = models.ForeignKey("monitor.Project", on_delete=models.CASCADE, related_name="checks")
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=10, choices=[("http", "HTTP")], default="http")
    url = models.URLField(max_length=1000)
    method = models.CharField(max_length=6, choices=[("GET", "GET"), ("HEAD", "HEAD")], default="GET")
    interval_s = models.IntegerField(default=60, validators=[MinValueValidator(10), MaxValueValidator(3600)])
    timeout_s = models.IntegerField(default=10, validators=[MinValueValidator(1), MaxValueValidator(60)])
    expect_status = models.CharField(max_length=50, default="200-399")
    expect_body = models.CharField(max_length=200, blank=True, default="")
    is_active = models.BooleanField(default=True)
    created_at = created_at()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="check_name_once")]

    def __str__(self) -> str:
        return self.name


class Location(models.Model):
    """A place that probes: one prober's name, when it was last heard of, its version.

    `clock_skew_s` is what its times lately needed added, 0 while its clock is right.
    """

    project = models.ForeignKey("monitor.Project", on_delete=models.CASCADE, related_name="locations")
    name = models.CharField(max_length=100)
    version = models.CharField(max_length=40, blank=True, default="")
    last_seen_at = models.DateTimeField()
    clock_skew_s = models.FloatField(default=0, db_default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="location_name_once")]

    def __str__(self) -> str:
        return self.name


class Result(models.Model):
    """The outcome of one probe. Partitioned by day of `scheduled_at`.

    `clock_skew_s` was added to the prober's own times: without it they are as the prober said them.
    """

    pk = models.CompositePrimaryKey("project_id", "day", "check_id", "location", "scheduled_at")
    project = project_key()
    day = models.DateField()
    check_id = models.BigIntegerField()
    location = models.CharField(max_length=100)
    scheduled_at = models.DateTimeField()
    started_at = models.DateTimeField()
    received_at = models.DateTimeField()
    is_ok = models.BooleanField()
    status_code = models.IntegerField(null=True)
    duration_ms = models.FloatField()
    phases = models.JSONField(default=dict)
    error_kind = models.CharField(max_length=20, blank=True, default="")
    error_message = models.CharField(max_length=500, blank=True, default="")
    remote_address = models.CharField(max_length=64, blank=True, default="")
    attempts = models.IntegerField(default=1)
    clock_skew_s = models.FloatField(default=0, db_default=0)
