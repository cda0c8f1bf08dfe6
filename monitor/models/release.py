"""Releases of a project and where they were deployed."""

from collections.abc import Iterable

from django.db import models

from monitor.models.columns import created_at, project_key, sequence_id
from monitor.models.version import Dated, newest


class ReleaseQuerySet(models.QuerySet["Release"]):
    """Releases of one project."""

    def dated(self, project_id: int, versions: Iterable[str] | None = None) -> dict[str, Dated]:
        """version -> what orders it, for all releases of a project or those in `versions`."""
        rows = self.filter(project_id=project_id)
        if versions is not None:
            rows = rows.filter(version__in=list(versions))
        found = rows.values_list("version", "date_released", "date_added")
        return {version: Dated(version, released or added) for version, released, added in found}

    def newest(self, project_id: int, versions: Iterable[str] | None = None) -> str:
        """The newest version of the project (or among `versions`); "" when there is none."""
        found = newest(list(self.dated(project_id, versions).values()))
        return found.version if found else ""


class Release(models.Model):
    """A deployed version of a project."""

    pk = models.CompositePrimaryKey("project_id", "id")
    project = project_key()
    id = sequence_id("monitor_release")
    version = models.CharField(max_length=250)
    ref = models.CharField(max_length=250, blank=True, default="")
    url = models.CharField(max_length=500, blank=True, default="")
    commits = models.JSONField(default=list)
    date_added = created_at()
    date_released = models.DateTimeField(null=True)
    first_event_at = models.DateTimeField(null=True)
    last_event_at = models.DateTimeField(null=True)

    objects = ReleaseQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "version"], name="release_version_once")]

    def __str__(self) -> str:
        return self.version


class Deploy(models.Model):
    """A release brought to an environment."""

    pk = models.CompositePrimaryKey("project_id", "id")
    project = project_key()
    id = sequence_id("monitor_deploy")
    version = models.CharField(max_length=250)
    environment = models.CharField(max_length=64)
    name = models.CharField(max_length=250, blank=True, default="")
    url = models.CharField(max_length=500, blank=True, default="")
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["project", "finished_at"], name="deploy_by_time")]

    def __str__(self) -> str:
        return f"{self.version} to {self.environment}"
