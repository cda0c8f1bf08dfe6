"""Looks up what the doctor needs to know about an event's frames, and asks it about each."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from django.db.models import Q

from monitor.models import Artifact, ArtifactBundle
from monitor.pipeline.payload import Frame, Payload
from monitor.pipeline.sourcemaps.doctor import Diagnosis, diagnose
from monitor.pipeline.sourcemaps.find_map import Build, Maps, NoMap, build_of, names_of
from monitor.pipeline.sourcemaps.findings import Attempt, Findings, Upload
from monitor.pipeline.sourcemaps.reading import read, second_opinions
from monitor.pipeline.symbolicate import PLATFORMS

MOST_ELSEWHERE = 200
_COLUMNS = ("kind", "url", "release", "dist", "debug_id", "source_map_url", "blob", "sha1", "created_at")


@dataclass(frozen=True)
class Examined:
    """A frame of the exception number `exception` (from 0), and what the doctor says; None when nothing is wrong."""

    exception: int
    frame: Frame
    diagnosis: Diagnosis | None


def examine(project_id: int, payload: Payload, is_thorough: bool = False) -> list[Examined]:
    """Every frame of an event, in its order.

    Frames that are resolved with their source are believed, unless `is_thorough`: then they are looked at too, and an
    independent reader of source maps is asked about each position.
    """
    frames = [(number, frame) for number, value in enumerate(payload.exceptions) for frame in value.frames]
    asked = [frame for _, frame in frames if is_thorough or _is_suspect(frame)]
    if payload.platform not in PLATFORMS or not asked:
        return [Examined(number, frame, None) for number, frame in frames]
    looker = _Looker(build_of(project_id, payload), payload, asked)
    findings = {frame: looker.look(frame) for frame in asked}
    if is_thorough:
        findings = dict(zip(findings, _with_second_opinions(list(findings.values())), strict=True))
    return [Examined(number, frame, _told(findings.get(frame))) for number, frame in frames]


def upload_of(artifact: Artifact) -> Upload:
    """The doctor's view of an uploaded file."""
    return Upload(*(getattr(artifact, column) for column in _COLUMNS))


def attempts_of(project_id: int, release: str, dist: str) -> list[Attempt]:
    """The uploads of bundles for a release and dist, oldest first."""
    rows = ArtifactBundle.objects.filter(project_id=project_id, release=release, dist=dist).order_by("created_at", "id")
    return [Attempt(row.state, row.detail, bool(row.chunks)) for row in rows]


def _is_suspect(frame: Frame) -> bool:
    return bool(frame.note) or (frame.raw is not None and frame.context_line is None)


def _told(found: Findings | None) -> Diagnosis | None:
    return diagnose(found) if found else None


class _Looker:
    """Everything that was uploaded for an event's build, fetched once."""

    def __init__(self, build: Build, payload: Payload, frames: Sequence[Frame]) -> None:
        self._build, self._payload = build, payload
        self._maps = Maps([build])
        names = {name for frame in frames for name in names_of(_url_of(frame))}
        rows = list(_uploads(build, names))
        self._of_release = [row for row in rows if row.release == build.release] if build.release else []
        self._elsewhere = [row for row in rows if row not in self._of_release]
        self._attempts = attempts_of(build.project_id, build.release, build.dist)
        self._seen: dict[tuple[str, int | None, int | None, bool], Findings] = {}

    def look(self, frame: Frame) -> Findings:
        """What there is about one frame."""
        line, column = (frame.raw.lineno, frame.raw.colno) if frame.raw else (frame.lineno, frame.colno)
        key = (_url_of(frame), line, column, frame.raw is not None)
        if key not in self._seen:
            self._seen[key] = self._look(*key)
        return self._seen[key]

    def _look(self, url: str, line: int | None, column: int | None, is_resolved: bool) -> Findings:
        build, debug_id = self._build, self._build.debug_id(url)
        found = Findings(
            *(url, line, column, is_resolved, build.release, build.dist, debug_id, self._payload.received_at),
            of_release=self._of_release,
            elsewhere=[row for row in self._elsewhere if row.debug_id == debug_id or row.url in names_of(url)],
            attempts=self._attempts,
            map=self._map(url),
        )
        return with_reading(replace(found, script=self._script(found))) if found.map else found

    def _map(self, url: str) -> Upload | None:
        try:
            blob = self._maps.find(self._build, url)
        except NoMap:
            return None
        return next(row for row in reversed([*self._elsewhere, *self._of_release]) if row.blob == blob)

    def _script(self, found: Findings) -> Upload | None:
        """The newest upload of the script: with the event's debug id, else under its name."""
        scripts = [row for row in (*self._elsewhere, *found.of_dist()) if row.kind == "minified_source"]
        same = [row for row in scripts if found.debug_id and row.debug_id == found.debug_id]
        named = [row for row in found.scripts() if row.url in names_of(found.url)]
        return next(reversed(same or named), None)


def with_reading(found: Findings) -> Findings:
    """The findings, the map and the script opened at the frame's position."""
    if not found.map or not found.line or not found.column:
        return found
    blob = found.script.blob if found.script else ""
    return replace(found, reading=read(found.map.blob, blob, found.line, found.column))


def _uploads(build: Build, names: Iterable[str]) -> Iterator[Upload]:
    """What was uploaded for the build, and under its debug ids and names for others; oldest first."""
    of_project = Artifact.objects.filter(project_id=build.project_id)
    rows = list(of_project.filter(release=build.release)) if build.release else []
    others = of_project.exclude(release=build.release) if build.release else of_project
    wanted = Q(debug_id__in=list(build.debug_ids.values())) | Q(url__in=list(names))
    rows += others.filter(wanted).order_by("-id")[:MOST_ELSEWHERE]
    return (upload_of(row) for row in sorted(rows, key=lambda row: row.id))


def _with_second_opinions(findings: Sequence[Findings]) -> list[Findings]:
    """The findings with what the independent reader says, where it says something else."""
    by_map: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for found in findings:
        if found.map and found.reading and not found.reading.refusal and found.line and found.column:
            by_map[found.map.blob].append((found.line, found.column))
    said: dict[tuple[str, int, int], str] = {}
    for blob, positions in by_map.items():
        for position, opinion in zip(positions, second_opinions(blob, positions) or (), strict=False):
            said[blob, *position] = opinion
    return [_with_dissent(found, said) for found in findings]


def _with_dissent(found: Findings, said: dict[tuple[str, int, int], str]) -> Findings:
    if not (found.map and found.reading):
        return found
    opinion = said.get((found.map.blob, found.line or 0, found.column or 0))
    if opinion is None or opinion.rpartition("/")[2] == found.reading.source.rpartition("/")[2]:
        return found
    return replace(found, reading=replace(found.reading, dissent=opinion or "nothing is there"))


def _url_of(frame: Frame) -> str:
    return frame.abs_path or (frame.raw.filename if frame.raw else frame.filename)
