"""Files uploaded for symbolication: minified sources, source maps and the bundles they came in."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from monitor.models.columns import created_at, project_key, sequence_id


class ArtifactBundle(models.Model):
    """One upload of many artifacts, and how far its assembly has come."""

    pk = models.CompositePrimaryKey("project_id", "id")
    project = project_key()
    id = sequence_id("monitor_artifactbundle")
    checksum = models.CharField(max_length=64)
    release = models.CharField(max_length=250, blank=True, default="")
    dist = models.CharField(max_length=64, blank=True, default="")
    chunks = ArrayField(models.CharField(max_length=40), default=list)
    state = models.CharField(max_length=10, choices=[(state, state) for state in ("created", "ok", "error")])
    detail = models.TextField(blank=True, default="")
    file_count = models.IntegerField(default=0)
    created_at = created_at()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "checksum", "release", "dist"], name="artifactbundle_once")
        ]


class Artifact(models.Model):
    """One file of a build; its bytes lie in file storage under `blob`, content-addressed and compressed.

    `sha1` is for clients that compare files by it.
    """

    pk = models.CompositePrimaryKey("project_id", "id")
    project = project_key()
    id = sequence_id("monitor_artifact")
    bundle_id = models.BigIntegerField(null=True)
    release = models.CharField(max_length=250, blank=True, default="")
    dist = models.CharField(max_length=64, blank=True, default="")
    debug_id = models.UUIDField(null=True)
    kind = models.CharField(
        max_length=20, choices=[(kind, kind) for kind in ("minified_source", "source_map", "source")]
    )
    url = models.CharField(max_length=1000)
    source_map_url = models.CharField(max_length=1000, blank=True, default="")
    blob = models.CharField(max_length=64)
    sha1 = models.CharField(max_length=40, blank=True, default="")
    size = models.BigIntegerField()
    created_at = created_at()

    class Meta:
        indexes = [
            models.Index(fields=["project", "debug_id", "kind"], name="artifact_by_debug_id"),
            models.Index(fields=["project", "release", "url"], name="artifact_by_url"),
        ]
