"""What a release's upload is good for: each script with its map, what is wrong with it, and a word resolved by it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from monitor.models import Artifact
from monitor.pipeline.sourcemaps import sourcemap
from monitor.pipeline.sourcemaps.doctor import Diagnosis, diagnose
from monitor.pipeline.sourcemaps.examine import attempts_of, upload_of
from monitor.pipeline.sourcemaps.find_map import wanted_maps
from monitor.pipeline.sourcemaps.findings import Findings, Reading
from monitor.pipeline.sourcemaps.reading import Sample, fit_of, read

ANY_HOST = "any://host"
"""Stands for the `~` of uploaded names where the doctor wants a URL."""


@dataclass(frozen=True)
class Pair:
    """A script and the map that its events will find; one of the two may be missing."""

    script: Artifact | None
    map: Artifact | None

    @property
    def name(self) -> str:
        """The script's URL."""
        return self.script.url if self.script else self.map.url.removesuffix(".map") if self.map else ""

    @property
    def dist(self) -> str:
        """The distribution that it was uploaded for."""
        file = self.script or self.map
        return file.dist if file else ""


@dataclass(frozen=True)
class Checked:
    """A pair, what the doctor says of it, and a word of the script that its map leads to the source."""

    pair: Pair
    diagnosis: Diagnosis | None
    sample: Sample | None


def pairs_of(project_id: int, version: str) -> list[Pair]:
    """The scripts of a release by name, then maps that no script names. Of several uploads the newest counts."""
    rows = Artifact.objects.filter(project_id=project_id, release=version).order_by("id")
    newest = {(row.kind, row.url, row.dist): row for row in rows}
    files = [newest[key] for key in sorted(newest)]
    maps = [row for row in files if row.kind == "source_map"]
    pairs = [Pair(row, _map_of(row, maps)) for row in files if row.kind == "minified_source"]
    used = {pair.map.id for pair in pairs if pair.map}
    return pairs + [Pair(None, row) for row in maps if row.id not in used]


def check(project_id: int, version: str, pairs: Sequence[Pair]) -> list[Checked]:
    """Open the maps of these pairs, which takes a while when they were never opened before."""
    rows = Artifact.objects.filter(project_id=project_id, release=version).order_by("id")
    uploads = [upload_of(row) for row in rows]
    attempts = {dist: attempts_of(project_id, version, dist) for dist in {pair.dist for pair in pairs}}
    common = Findings("", is_resolved=True, release=version, of_release=uploads)
    return [_check(pair, replace(common, dist=pair.dist, attempts=attempts[pair.dist])) for pair in pairs]


def _map_of(script: Artifact, maps: Sequence[Artifact]) -> Artifact | None:
    same = [row for row in maps if script.debug_id and row.debug_id == script.debug_id]
    wanted = wanted_maps(script.url, script.source_map_url)
    known = [row for row in maps if row.dist == script.dist and row.url in wanted]
    named = [row for row in known if not (row.debug_id and script.debug_id)]
    return next(reversed(same or named), None)


def _check(pair: Pair, common: Findings) -> Checked:
    url = ANY_HOST + pair.name.removeprefix("~") if pair.name.startswith("~") else pair.name
    debug_id = pair.script.debug_id if pair.script else None
    found = replace(common, url=url, debug_id=debug_id, script=upload_of(pair.script) if pair.script else None)
    if pair.map is None:
        return Checked(pair, diagnose(found), None)
    sample = _sample(pair)
    line, column = (sample.line, sample.column) if sample else (1, 1)
    reading = read(pair.map.blob, pair.script.blob if pair.script else "", line, column)
    reading = reading if sample else _without_position(reading)
    found = replace(found, line=line, column=column, map=upload_of(pair.map), reading=reading)
    return Checked(pair, diagnose(found), sample)


def _sample(pair: Pair) -> Sample | None:
    if pair.map is None or pair.script is None:
        return None
    try:
        return fit_of(pair.map.blob, pair.script.blob).sample
    except sourcemap.MapRefused:
        return None


def _without_position(reading: Reading) -> Reading:
    """Without a word to follow nothing can be said about where the map leads."""
    return replace(reading, source=reading.source or "(unknown)", is_inside_source=True, has_contents=True)
