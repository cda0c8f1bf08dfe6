"""Releases, deploys, files and commits in Sentry's form, and how request bodies describe them."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from rest_framework import serializers

from monitor.api.fields import Moment
from monitor.models import Artifact, Deploy, Issue, Project, Release


class PatchInput(serializers.Serializer[Any]):
    """A file that a commit touches."""

    path = serializers.CharField(max_length=500)
    type = serializers.CharField(max_length=1)


class CommitInput(serializers.Serializer[Any]):
    """A commit of a release, as `sentry-cli releases set-commits --local` sends it."""

    id = serializers.CharField(max_length=64)
    repository = serializers.CharField(max_length=250, required=False, allow_null=True)
    message = serializers.CharField(required=False, allow_null=True, allow_blank=True)
    author_name = serializers.CharField(max_length=250, required=False, allow_null=True, allow_blank=True)
    author_email = serializers.CharField(max_length=250, required=False, allow_null=True, allow_blank=True)
    timestamp = serializers.CharField(max_length=40, required=False, allow_null=True)
    patch_set = PatchInput(many=True, required=False, allow_null=True)


class RefInput(serializers.Serializer[Any]):
    """The commit of a repository that a release was built from."""

    repository = serializers.CharField(max_length=250)
    commit = serializers.CharField(max_length=250)
    previousCommit = serializers.CharField(max_length=250, required=False, allow_null=True)


class ReleaseChange(serializers.Serializer[Any]):
    """What can be said about a release; all of it optional."""

    projects = serializers.ListField(child=serializers.CharField(max_length=50), required=False, max_length=100)
    ref = serializers.CharField(max_length=250, required=False, allow_null=True)
    url = serializers.CharField(max_length=500, required=False, allow_null=True, allow_blank=True)
    dateReleased = Moment(required=False, allow_null=True)
    commits = CommitInput(many=True, required=False, allow_null=True)
    refs = RefInput(many=True, required=False, allow_null=True)


class NewRelease(ReleaseChange):
    """A release and what can be said about it."""

    version = serializers.CharField(max_length=250)

    def validate_version(self, value: str) -> str:
        """Refuse what cannot stand in a path."""
        if value in (".", "..") or not value.isprintable():
            raise serializers.ValidationError("a version is 1 to 250 printable characters, and neither . nor ..")
        return value


class NewDeploy(serializers.Serializer[Any]):
    """A release brought to an environment."""

    environment = serializers.CharField(max_length=64)
    name = serializers.CharField(max_length=250, required=False, allow_null=True, allow_blank=True)
    url = serializers.CharField(max_length=500, required=False, allow_null=True, allow_blank=True)
    dateStarted = Moment(required=False, allow_null=True)
    dateFinished = Moment(required=False, allow_null=True)
    projects = serializers.ListField(child=serializers.CharField(max_length=50), required=False, allow_null=True)


def change_of(data: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of Release that a validated ReleaseChange sets; what it does not mention stays as it is."""
    columns = {"ref": "ref", "url": "url", "dateReleased": "date_released", "commits": "commits"}
    found = {columns[name]: data[name] for name in columns if data.get(name) is not None}
    if refs := data.get("refs"):
        found.setdefault("ref", refs[0]["commit"])
        found.setdefault("commits", [{"id": ref["commit"], "repository": ref["repository"]} for ref in refs])
    return found


def releases_json(releases: Sequence[Release], projects: Mapping[int, Project]) -> list[dict[str, Any]]:
    """One object per version, in the order given; a version may be a release of several projects."""
    by_version: dict[str, list[Release]] = defaultdict(list)
    for release in releases:
        by_version[release.version].append(release)
    deploys: dict[str, list[Deploy]] = defaultdict(list)
    for deploy in Deploy.objects.filter(project_id__in=projects, version__in=by_version).order_by("finished_at", "id"):
        deploys[deploy.version].append(deploy)
    issues = Issue.objects.filter(project_id__in=projects, first_release__in=by_version)
    new = Counter(issues.values_list("first_release", flat=True))
    return [
        _release_json(rows, projects, deploys[version]) | {"newGroups": new[version]}
        for version, rows in by_version.items()
    ]


def _release_json(
    rows: Sequence[Release], projects: Mapping[int, Project], deploys: Sequence[Deploy]
) -> dict[str, Any]:
    release = rows[0]
    commits = max((row.commits for row in rows), key=len)
    first = [row.first_event_at for row in rows if row.first_event_at]
    last = [row.last_event_at for row in rows if row.last_event_at]
    return {
        "id": release.id,
        "version": release.version,
        "shortVersion": release.version,
        "status": "open",
        "ref": release.ref or None,
        "url": release.url or None,
        "dateCreated": release.date_added,
        "dateReleased": next((row.date_released for row in rows if row.date_released), None),
        "commitCount": len(commits),
        "lastCommit": commit_json(commits[0]) if commits else None,
        "deployCount": len(deploys),
        "lastDeploy": deploy_json(deploys[-1]) if deploys else None,
        "projects": [project_json(projects[row.project_id]) for row in sorted(rows, key=lambda row: row.project_id)],
        "firstEvent": min(first, default=None),
        "lastEvent": max(last, default=None),
    }


def project_json(project: Project) -> dict[str, Any]:
    """A project as releases name it."""
    return {"id": project.pk, "slug": project.slug, "name": project.name, "platform": project.platform}


def deploy_json(deploy: Deploy) -> dict[str, Any]:
    """A deploy in Sentry's form."""
    return {
        "id": str(deploy.id),
        "environment": deploy.environment,
        "name": deploy.name or None,
        "url": deploy.url or None,
        "dateStarted": deploy.started_at,
        "dateFinished": deploy.finished_at,
    }


def commit_json(commit: Mapping[str, Any]) -> dict[str, Any]:
    """A commit in Sentry's form."""
    return {
        "id": commit["id"],
        "message": commit.get("message"),
        "dateCreated": commit.get("timestamp"),
        "author": {"name": commit.get("author_name"), "email": commit.get("author_email")},
        "repository": {"name": commit.get("repository")},
    }


def file_json(artifact: Artifact) -> dict[str, Any]:
    """An uploaded file in Sentry's form."""
    headers = {"debug-id": artifact.debug_id and str(artifact.debug_id), "sourcemap": artifact.source_map_url}
    return {
        "id": str(artifact.id),
        "name": artifact.url,
        "dist": artifact.dist or None,
        "headers": {name: value for name, value in headers.items() if value},
        "size": artifact.size,
        "sha1": artifact.sha1,
        "dateCreated": artifact.created_at,
    }
