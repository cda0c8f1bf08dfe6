"""Stores what was uploaded for a build: blobs in file storage, rows in the database, the bundle's state."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from monitor.models import Artifact, ArtifactBundle, Deploy, Project, Release
from monitor.pipeline.sourcemaps import blobs
from monitor.pipeline.sourcemaps.bundle import Bundle, BundleRefused
from monitor.pipeline.sourcemaps.chunks import ChunksRefused, joined
from monitor.pipeline.sourcemaps.uploaded_file import UploadedFile, describe, kind_of

PATIENCE = timedelta(seconds=60)
"""How long a bundle may wait for its worker before it is queued again."""
BROKEN_OFF = timedelta(minutes=15)
"""How long the chunks of a bundle may be on their way."""
GIVEN_UP = timedelta(days=1)


def assemble(project_id: int, bundle_id: int) -> None:
    """Turn a bundle's chunks into artifacts; its state becomes `ok`, or `error` with the reason.

    May run twice, even at once: blobs are written once, and rows only by the one that changes the state.
    """
    bundle = ArtifactBundle.objects.filter(project_id=project_id, id=bundle_id, state="created").first()
    if bundle is None:
        return
    organisation_id = Project.objects.values_list("organisation_id", flat=True).get(pk=project_id)
    try:
        with joined(organisation_id, bundle.chunks, bundle.checksum) as file:
            opened = Bundle(file)
            rows = [_artifact(found, project_id, bundle.release, bundle.dist, bundle.id) for found in opened.files()]
    except (BundleRefused, ChunksRefused) as refused:
        _finish(bundle, "error", str(refused), [])
        return
    if rows:
        _finish(bundle, "ok", opened.detail(), rows)
    else:
        _finish(bundle, "error", opened.detail() or "the bundle holds no files", [])


def _artifact(file: UploadedFile, project_id: int, release: str, dist: str, bundle_id: int | None = None) -> Artifact:
    """The row of an uploaded file, unsaved; its bytes are in file storage then."""
    return Artifact(
        project_id=project_id,
        bundle_id=bundle_id,
        release=release,
        dist=dist,
        debug_id=file.debug_id,
        kind=file.kind,
        url=file.url,
        source_map_url=file.source_map_url,
        blob=blobs.put(file.content),
        sha1=hashlib.sha1(file.content, usedforsecurity=False).hexdigest(),
        size=len(file.content),
    )


@transaction.atomic
def _finish(bundle: ArtifactBundle, state: str, detail: str, rows: Sequence[Artifact]) -> None:
    waiting = ArtifactBundle.objects.filter(project_id=bundle.project_id, id=bundle.id, state="created")
    if waiting.update(state=state, detail=detail, file_count=len(rows)):
        Artifact.objects.bulk_create(rows, batch_size=1000)
        ensure_release(bundle.project_id, bundle.release)


def ensure_release(project_id: int, version: str) -> None:
    """Make the release that files are uploaded for, unless it exists or none is named."""
    if version:
        Release.objects.get_or_create(project_id=project_id, version=version)


def store_files(project_id: int, release: str, dist: str, files: Iterable[UploadedFile]) -> list[Artifact]:
    """Store files of a release that come outside of a bundle; they take the place of those with the same URL."""
    rows = [_artifact(file, project_id, release, dist) for file in files]
    with transaction.atomic():
        ensure_release(project_id, release)
        same = Artifact.objects.filter(project_id=project_id, release=release, dist=dist, bundle_id=None)
        same.filter(url__in=[row.url for row in rows]).delete()
        return Artifact.objects.bulk_create(rows)


def store_build(project_id: int, release: str, folders: Iterable[Path], prefix: str = "~/", dist: str = "") -> int:
    """Store the scripts and source maps below local folders, under `prefix` and their path; return how many.

    Storing the same build again replaces it.
    """
    files: list[UploadedFile] = []
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            url = prefix + path.relative_to(folder).as_posix()
            if path.is_file() and kind_of(url) != "source":
                files += describe(url, path.read_bytes(), {})
    return len(store_files(project_id, release, dist, files))


def begin(
    project_id: int, checksum: str, chunks: Sequence[str], release: str, dist: str
) -> tuple[ArtifactBundle, bool]:
    """The bundle of that content, and whether to queue it: it is new, its task was lost, or it failed a while ago."""
    key = {"project_id": project_id, "checksum": checksum, "release": release, "dist": dist}
    bundle, is_new = ArtifactBundle.objects.get_or_create(**key, defaults={"chunks": list(chunks), "state": "created"})
    if is_new or bundle.state == "ok":
        return bundle, is_new
    is_stale = Q(created_at__lt=timezone.now() - PATIENCE) | Q(chunks=[])
    waiting = ArtifactBundle.objects.filter(is_stale, **key, state=bundle.state)
    is_again = waiting.update(state="created", detail="", chunks=list(chunks), created_at=timezone.now()) > 0
    if is_again:
        bundle.refresh_from_db()
    return bundle, is_again


def note_begun(project_id: int, checksum: str, release: str, dist: str) -> None:
    """Remember an upload whose chunks are still to come: a bundle without chunks, until begin() or for ever."""
    key = {"project_id": project_id, "checksum": checksum, "release": release, "dist": dist}
    _, is_new = ArtifactBundle.objects.get_or_create(**key, defaults={"chunks": [], "state": "created"})
    if not is_new:
        failed = ArtifactBundle.objects.filter(**key, state="error")
        failed.update(state="created", detail="", chunks=[], created_at=timezone.now())


def find_bundle(project_id: int, checksum: str, release: str, dist: str) -> ArtifactBundle | None:
    """The bundle of that content, if it was sent before."""
    return ArtifactBundle.objects.filter(project_id=project_id, checksum=checksum, release=release, dist=dist).first()


@transaction.atomic
def drop_release(project_id: int, version: str) -> None:
    """Delete a release with its files and deploys; blobs stay, other releases may hold the same content."""
    of_release = {"project_id": project_id, "release": version}
    Artifact.objects.filter(**of_release).delete()
    ArtifactBundle.objects.filter(**of_release).delete()
    Deploy.objects.filter(project_id=project_id, version=version).delete()
    Release.objects.filter(project_id=project_id, version=version).delete()


def unassembled() -> list[tuple[int, int]]:
    """(project id, bundle id) of bundles whose task seems lost; those a day old become errors instead."""
    now = timezone.now()
    waiting = ArtifactBundle.objects.filter(state="created", created_at__lt=now - PATIENCE)
    waiting.filter(chunks=[], created_at__lt=now - BROKEN_OFF).update(
        state="error", detail="it broke off before all of its chunks had arrived; upload it again"
    )
    waiting = waiting.exclude(chunks=[])
    waiting.filter(created_at__lt=now - GIVEN_UP).update(
        state="error", detail="it could not be unpacked within a day; the worker's log says why; upload it again"
    )
    return list(waiting.values_list("project_id", "id"))
