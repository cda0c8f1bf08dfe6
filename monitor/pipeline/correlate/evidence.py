"""Gathers what happened around an issue's onset: deploys, probe failures, and server metrics that moved with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from django.db.models import Count, Min, Q
from django.utils import timezone

from monitor.models import Check, Deploy, Issue, Release, Result
from monitor.models.series import Series
from monitor.pipeline.correlate.onset import Onset, find_onset
from monitor.pipeline.correlate.score import Scores, score
from monitor.pipeline.correlate.window_series import WindowSeries, read_window

SHORTEST, LONGEST = timedelta(minutes=10), timedelta(minutes=30)
"""Of the window after the onset; the baseline before it is four times as long."""
BASELINE = 4
CHANGES_BEFORE = timedelta(hours=6)
"""A release does its harm as people reload, so a deploy some hours before the onset counts."""
MOVED_SHIFT, MOVED_SCORE = 3.0, 1.0
"""From which a series counts as moved with the issue: by three of its scales, and near the onset."""
MOST_METRICS = MOST_MOVES = 8
MOST_CHANGES = MOST_PROBES = 20


@dataclass(frozen=True)
class Change:
    """A release deployed to an environment ("deploy"), or one that events named for the first time ("release")."""

    kind: str
    version: str
    environment: str
    at: datetime


@dataclass(frozen=True)
class ProbeFailures:
    """How often a check failed from a location in the window, and in the baseline before it."""

    check_id: int
    check: str
    location: str
    failed: int
    total: int
    failed_before: int
    total_before: int
    first_failed_at: datetime
    kinds: tuple[str, ...]


@dataclass(frozen=True)
class Move:
    """One series that moved: levels before and after in its own unit, `shift` in its own scales."""

    host_id: int
    host: str
    labels: dict[str, str]
    score: float
    shift: float
    before: float
    after: float
    moved_at: datetime


@dataclass(frozen=True)
class MovedMetric:
    """A metric, on how many of the hosts that report it it moved, the strongest moves, and the strongest one's curve.

    `points` are (seconds since 1970, value), None in gaps. A counter's values are its rates a second.
    """

    name: str
    unit: str
    kind: str
    moved_hosts: int
    hosts: int
    moves: tuple[Move, ...]
    points: tuple[tuple[float, float | None], ...]

    @property
    def share(self) -> float:
        """Part of the hosts on which it moved, from 0 to 1."""
        return self.moved_hosts / self.hosts


@dataclass(frozen=True)
class Evidence:
    """What happened between `begin` and `end`, around the onset; `notes` say what could not be judged, and why."""

    onset: Onset
    begin: datetime
    end: datetime
    changes: tuple[Change, ...]
    probes: tuple[ProbeFailures, ...]
    metrics: tuple[MovedMetric, ...]
    notes: tuple[str, ...]


def evidence(project_id: int, issue_id: int, now: datetime | None = None) -> Evidence:
    """The evidence around the onset of an issue's latest burst. Raises Issue.DoesNotExist.

    It is evidence, not a verdict: what moved at the same time need not be the cause.
    """
    issue = Issue.objects.get(project_id=project_id, id=issue_id)
    onset = find_onset(issue)
    now = now or timezone.now()
    length = min(max(now - onset.at, SHORTEST), LONGEST)
    begin, end = onset.at - length * BASELINE, max(min(onset.at + length, now), onset.at + timedelta(seconds=1))
    metrics, notes = moved_metrics(read_window(project_id, begin, end), onset.at)
    return Evidence(
        onset=onset,
        begin=begin,
        end=end,
        changes=tuple(_changes(project_id, onset.at - CHANGES_BEFORE, end)),
        probes=tuple(_probe_failures(project_id, begin, onset.at - length / 2, end)),
        metrics=tuple(metrics),
        notes=tuple(notes),
    )


def moved_metrics(window: WindowSeries, onset: datetime) -> tuple[list[MovedMetric], list[str]]:
    """The metrics that moved near the onset, the strongest on most hosts first; and notes on what was not judged."""
    if not window.series:
        return [], ["No host sent metrics in this time."]
    scores = score(window.values, window.times, onset.timestamp())
    notes = []
    if unjudged := int((~scores.is_judged).sum()):
        notes.append(f"{unjudged} of {len(window.series)} series had too few values around the onset to be judged.")
    if window.left_out:
        notes.append(f"{window.left_out} hosts were not looked at: the {len(window.hosts)} heard of last were.")
    moved = (np.abs(scores.shift) >= MOVED_SHIFT) & (scores.score >= MOVED_SCORE)
    by_metric: dict[str, list[int]] = {}
    for column in np.flatnonzero(moved).tolist():
        by_metric.setdefault(window.series[column].name, []).append(column)
    hosts = _hosts_by_metric(window.series)
    found = [_metric(window, scores, columns, hosts[name]) for name, columns in by_metric.items()]
    return sorted(found, key=_rank, reverse=True)[:MOST_METRICS], notes


def _rank(metric: MovedMetric) -> float:
    """The median strength of the listed moves, up to doubled for a metric that moved on all hosts."""
    return float(np.median([move.score for move in metric.moves])) * (1 + metric.share)


def _hosts_by_metric(series: Sequence[Series]) -> dict[str, int]:
    hosts: dict[str, set[int]] = {}
    for one in series:
        hosts.setdefault(one.name, set()).add(one.host_id)
    return {name: len(found) for name, found in hosts.items()}


def _metric(window: WindowSeries, scores: Scores, columns: list[int], hosts: int) -> MovedMetric:
    columns = sorted(columns, key=lambda column: scores.score[column], reverse=True)
    first = window.series[columns[0]]
    curve = window.values[:, columns[0]]
    return MovedMetric(
        name=first.name,
        unit=first.unit,
        kind=first.kind,
        moved_hosts=len({window.series[column].host_id for column in columns}),
        hosts=hosts,
        moves=tuple(_move(window, scores, column) for column in columns[:MOST_MOVES]),
        points=tuple(
            (float(at), float(value) if np.isfinite(value) else None)
            for at, value in zip(window.times, curve, strict=True)
        ),
    )


def _move(window: WindowSeries, scores: Scores, column: int) -> Move:
    series = window.series[column]
    return Move(
        host_id=series.host_id,
        host=window.hosts[series.host_id],
        labels=series.labels,
        score=float(scores.score[column]),
        shift=float(scores.shift[column]),
        before=float(scores.before[column]),
        after=float(scores.after[column]),
        moved_at=datetime.fromtimestamp(float(scores.moved_at[column]), UTC),
    )


def _changes(project_id: int, begin: datetime, end: datetime) -> list[Change]:
    """Deploys and new releases, the latest first. A release that was deployed then is told once."""
    deploys = Deploy.objects.filter(project_id=project_id, finished_at__range=(begin, end)).order_by("-finished_at")
    changes = [Change("deploy", one.version, one.environment, one.finished_at) for one in deploys[:MOST_CHANGES]]
    releases = Release.objects.filter(project_id=project_id, first_event_at__range=(begin, end))
    new = releases.exclude(version__in=[change.version for change in changes]).order_by("-first_event_at")
    changes += [Change("release", one.version, "", one.first_event_at or end) for one in new[:MOST_CHANGES]]
    return sorted(changes, key=lambda change: change.at, reverse=True)[:MOST_CHANGES]


def _probe_failures(project_id: int, begin: datetime, window: datetime, end: datetime) -> list[ProbeFailures]:
    """Checks that failed between `window` and `end`, by location, the most failures first."""
    days = (begin.astimezone(UTC).date(), end.astimezone(UTC).date())
    results = Result.objects.filter(project_id=project_id, day__range=days, scheduled_at__range=(begin, end))
    inside, failed = Q(scheduled_at__gte=window), Q(is_ok=False)
    rows = (
        results.values("check_id", "location")
        .annotate(
            failed=Count("scheduled_at", filter=inside & failed),
            total=Count("scheduled_at", filter=inside),
            failed_before=Count("scheduled_at", filter=~inside & failed),
            total_before=Count("scheduled_at", filter=~inside),
            first_failed_at=Min("scheduled_at", filter=inside & failed),
        )
        .filter(failed__gt=0)
        .order_by("-failed", "check_id", "location")[:MOST_PROBES]
    )
    found = list(rows)
    names = dict(Check.objects.filter(project_id=project_id).values_list("id", "name"))
    kinds: dict[tuple[int, str], set[str]] = {}
    failures = results.filter(inside & failed).values_list("check_id", "location", "error_kind").distinct()
    for check_id, location, kind in failures:
        kinds.setdefault((check_id, location), set()).add(kind or "failed")
    return [
        ProbeFailures(
            check=names.get(row["check_id"], "a removed check"),
            kinds=tuple(sorted(kinds[(row["check_id"], row["location"])])),
            **row,
        )
        for row in found
    ]
