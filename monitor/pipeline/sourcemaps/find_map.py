"""Finds which uploaded source map belongs to a file: by debug id first, then by release, dist and URL."""

import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from urllib.parse import urljoin, urlsplit

from django.db.models import Q

from monitor.models import Artifact
from monitor.pipeline.payload import Payload


class NoMap(Exception):
    """No source map belongs to a file; the text says exactly why."""


@dataclass(frozen=True)
class Build:
    """What an event tells about the build it comes from. `debug_ids`: URL of a file, with and without query -> id."""

    project_id: int
    release: str
    dist: str
    debug_ids: dict[str, uuid.UUID]

    def debug_id(self, url: str) -> uuid.UUID | None:
        """The debug id of the file at `url`; None when the event tells none."""
        return self.debug_ids.get(url) or self.debug_ids.get(bare(url))


def build_of(project_id: int, payload: Payload) -> Build:
    """The build that a payload names."""
    found = [(image.code_file, parse_debug_id(image.debug_id)) for image in payload.debug_images]
    exact = {url: debug_id for url, debug_id in found if debug_id}
    return Build(project_id, payload.release, payload.dist, {bare(url): exact[url] for url in exact} | exact)


def parse_debug_id(text: str) -> uuid.UUID | None:
    """A debug id as a UUID; None for what is none."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def bare(url: str) -> str:
    """A URL without its query and fragment."""
    return url.partition("#")[0].partition("?")[0]


def names_of(url: str) -> list[str]:
    """The names under which a file may have been uploaded: its bare URL, and `~` with its path."""
    try:
        parts = urlsplit(bare(url))
    except ValueError:  # such as http://[
        return [bare(url)]
    return [bare(url), f"~{parts.path}"] if parts.scheme else [bare(url)]


@dataclass
class _Release:
    """What was uploaded for one release: (dist, URL) -> the source map, or the minified file."""

    maps: dict[tuple[str, str], Artifact] = field(default_factory=dict)
    scripts: dict[tuple[str, str], Artifact] = field(default_factory=dict)
    dists: set[str] = field(default_factory=set)

    def add(self, artifact: Artifact) -> None:
        """Take an uploaded file into account."""
        self.dists.add(artifact.dist)
        if artifact.kind == "source_map":
            self.maps[artifact.dist, artifact.url] = artifact
        elif artifact.kind == "minified_source":
            self.scripts[artifact.dist, artifact.url] = artifact


class Maps:
    """The source maps that a batch of events may need, fetched by one query."""

    def __init__(self, builds: Iterable[Build]) -> None:
        """Fetch what was uploaded for the builds' debug ids and releases."""
        self._by_debug_id: dict[tuple[int, uuid.UUID], str] = {}
        self._releases: dict[tuple[int, str], _Release] = defaultdict(_Release)
        for artifact in _artifacts(builds):
            if artifact.kind == "source_map" and artifact.debug_id:
                self._by_debug_id[artifact.project_id, artifact.debug_id] = artifact.blob
            if artifact.release:
                self._releases[artifact.project_id, artifact.release].add(artifact)

    def find(self, build: Build, url: str) -> str:
        """The blob of the map of the file at `url`. Raises NoMap."""
        debug_id = build.debug_id(url)
        if debug_id and (blob := self._by_debug_id.get((build.project_id, debug_id))):
            return blob
        why = f"no source map was uploaded for its debug id {debug_id}" if debug_id else "it carries no debug id"
        try:
            return self._by_release(build, url)
        except NoMap as no_map:
            raise NoMap(f"{why}, and {no_map}") from None

    def _by_release(self, build: Build, url: str) -> str:
        if not build.release:
            raise NoMap("the event names no release")
        release = self._releases.get((build.project_id, build.release))
        if release is None:
            raise NoMap(f"nothing was uploaded for release {build.release}")
        if build.dist not in release.dists:
            uploaded = ", ".join(sorted(dist or "(none)" for dist in release.dists))
            asked = build.dist or "(none)"
            raise NoMap(f"release {build.release} was uploaded for dist {uploaded}, but the event has dist {asked}")
        return _in_release(release, build, url)


def _in_release(release: _Release, build: Build, url: str) -> str:
    names = names_of(url)
    for name in names:
        script = release.scripts.get((build.dist, name))
        if script:
            _check_same_build(build, name, build.debug_id(url), script.debug_id)
        wanted = wanted_maps(name, script.source_map_url if script else "")
        for candidate in wanted:
            if found := release.maps.get((build.dist, candidate)):
                told = build.debug_id(url) or (script and script.debug_id)
                _check_same_build(build, candidate, told or None, found.debug_id)
                return found.blob
        if script and script.source_map_url:
            raise NoMap(f"{name} of release {build.release} names the source map {wanted[0]}, which was not uploaded")
        if script:
            raise NoMap(f"{name} of release {build.release} was uploaded, but names no source map")
    raise NoMap(f"{names[-1]} is not among the files uploaded for release {build.release}")


def _check_same_build(build: Build, name: str, told: uuid.UUID | None, uploaded: uuid.UUID | None) -> None:
    """Raise NoMap when two debug ids differ: the map of another build would lead to the wrong lines."""
    if told and uploaded and told != uploaded:
        raise NoMap(f"{name} of release {build.release} is of another build: it was uploaded with debug id {uploaded}")


def wanted_maps(name: str, source_map_url: str) -> list[str]:
    """The names under which the map of the file uploaded as `name` may have been uploaded."""
    return names_of(_join(name, source_map_url)) if source_map_url else [f"{name}.map"]


def _join(name: str, source_map_url: str) -> str:
    """A source map URL as seen from the file that names it; `~/` stands for any host."""
    try:
        joined = urljoin(name.removeprefix("~"), source_map_url)
    except ValueError:
        return source_map_url
    return f"~{joined}" if joined.startswith("/") and name.startswith("~") else joined


def _artifacts(builds: Iterable[Build]) -> Iterable[Artifact]:
    """Artifacts with one of the builds' debug ids or of one of their releases, oldest first: the newest wins."""
    debug_ids: dict[int, set[uuid.UUID]] = defaultdict(set)
    releases: dict[int, set[str]] = defaultdict(set)
    for build in builds:
        debug_ids[build.project_id].update(build.debug_ids.values())
        releases[build.project_id].update({build.release} - {""})
    wanted = []
    for project_id in debug_ids:
        by_id = Q(debug_id__in=debug_ids[project_id], kind="source_map")
        wanted.append(Q(project_id=project_id) & (by_id | Q(release__in=releases[project_id])))
    columns = ("project_id", "debug_id", "release", "dist", "url", "kind", "source_map_url", "blob")
    return Artifact.objects.filter(reduce(or_, wanted)).order_by("id").only(*columns) if wanted else []
