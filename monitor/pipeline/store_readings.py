"""Stores server metrics: a host's samples, one row a moment, each once."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connection, transaction

from monitor.models import Host, Project, Series
from monitor.pipeline.retain import ensure_partitions
from monitor.pipeline.sender_clock import EntryRefused, set_right, skew_s
from monitor.pipeline.store_results import Accepted
from monitor.pipeline.upsert import Column, upsert

MOST_SERIES = 2000
"""Series of one host; more are nearly always a label that holds ids or times."""


@dataclass(frozen=True)
class SentSeries:
    """What values of one kind are called."""

    name: str
    unit: str
    kind: str
    labels: dict[str, str]

    def key(self) -> tuple[str, str]:
        """Name and labels in one canonical form: what makes a series."""
        return self.name, json.dumps(self.labels, sort_keys=True, separators=(",", ":")) if self.labels else ""


@dataclass(frozen=True)
class SentSample:
    """The values of one moment, in the order of the request's series; None where there was no value."""

    at: datetime
    values: Sequence[float | None]


@dataclass(frozen=True)
class SentReadings:
    """One request of one host's agent."""

    host: str
    labels: dict[str, str]
    agent: str
    sent_at: datetime
    series: Sequence[SentSeries]
    samples: Sequence[SentSample]


def store_readings(project: Project, sent: SentReadings, received_at: datetime) -> Accepted:
    """Store all samples of a request or none; counts moments. Raises EntryRefused naming what cannot be stored."""
    known = Host.objects.filter(project_id=project.pk, name=sent.host).first()
    skew = skew_s(sent.sent_at, received_at, known.clock_skew_s if known else 0.0)
    times = [
        set_right(sample.at, skew, received_at, f"samples[{index}].at") for index, sample in enumerate(sent.samples)
    ]
    ensure_partitions("monitor_reading", {at.astimezone(UTC).date() for at in times})
    with transaction.atomic():
        host_id = _store_host(project, sent, skew, received_at)
        series_ids = _find_series(project, host_id, sent)
        stored = _insert(project, host_id, series_ids, times, sent.samples, skew)
    return Accepted(stored, len(times) - stored)


def _store_host(project: Project, sent: SentReadings, skew: float, received_at: datetime) -> int:
    """Find or make the host; its row stays locked, so that two requests don't make its series twice."""
    columns = [
        Column("project_id", "bigint"),
        Column("name", "varchar"),
        Column("labels", "jsonb", "EXCLUDED.labels"),
        Column("agent", "varchar", "EXCLUDED.agent"),
        Column("last_seen_at", "timestamptz", "GREATEST(monitor_host.last_seen_at, EXCLUDED.last_seen_at)"),
        Column("clock_skew_s", "float8", "EXCLUDED.clock_skew_s"),
    ]
    row = (project.pk, sent.host, json.dumps(sent.labels), sent.agent, received_at, skew)
    return int(upsert("monitor_host", columns, [row], conflict="project_id, name", returning="id")[0][0])


def _find_series(project: Project, host_id: int, sent: SentReadings) -> list[int]:
    """The ids of the request's series, in its order; missing ones are made."""
    rows = Series.objects.filter(project_id=project.pk, host_id=host_id).values_list("name", "label_key", "id")
    known = {(name, label_key): series_id for name, label_key, series_id in rows}
    missing = [series for series in sent.series if series.key() not in known]
    if len(known) + len(missing) > MOST_SERIES:
        raise EntryRefused("series", _explosion(sent.host, [*known, *(series.key() for series in missing)]))
    columns = [
        Column("project_id", "bigint"),
        Column("host_id", "bigint"),
        Column("name", "varchar"),
        Column("label_key", "varchar"),
        Column("unit", "varchar"),
        Column("kind", "varchar"),
        Column("labels", "jsonb"),
    ]
    made = [
        (project.pk, host_id, *series.key(), series.unit, series.kind, json.dumps(series.labels)) for series in missing
    ]
    conflict, returning = "project_id, host_id, name, label_key", "name, label_key, id"
    for name, label_key, series_id in upsert("monitor_series", columns, made, conflict=conflict, returning=returning):
        known[(name, label_key)] = series_id
    return [known[series.key()] for series in sent.series]


def _explosion(host: str, keys: Sequence[tuple[str, str]]) -> str:
    """Why there are too many series: the label that takes the most values in one metric, or else the metrics' names."""
    values: dict[tuple[str, str], set[str]] = {}
    for name, label_key in keys:
        for label, value in (json.loads(label_key) if label_key else {}).items():
            values.setdefault((name, label), set()).add(value)
    text = f"{host} would have {len(keys)} series, {MOST_SERIES} are allowed"
    if not values:
        return f"{text}; none has labels: send fewer metrics"
    (name, label), worst = max(values.items(), key=lambda entry: len(entry[1]))
    return f"{text}; the label {label!r} of {name} has {len(worst)} values: leave that label out"


def _insert(
    project: Project,
    host_id: int,
    series_ids: Sequence[int],
    times: Sequence[datetime],
    samples: Sequence[SentSample],
    skew: float,
) -> int:
    """Insert the moments that are not stored yet; return how many they were. An array is sent as its text form."""
    statement = (
        "INSERT INTO monitor_reading (project_id, day, host_id, at, series_ids, values, clock_skew_s)"
        " SELECT %s, (at AT TIME ZONE 'UTC')::date, %s, at, %s::bigint[], readings::float8[], %s"
        " FROM unnest(%s::timestamptz[], %s::text[]) AS sent(at, readings) ORDER BY at"
        " ON CONFLICT (project_id, day, host_id, at) DO NOTHING RETURNING 1"
    )
    arrays = [_array(sample.values) for sample in samples]
    with connection.cursor() as cursor:
        cursor.execute(statement, [project.pk, host_id, list(series_ids), skew, list(times), arrays])
        return len(cursor.fetchall())


def _array(values: Sequence[float | None]) -> str:
    return "{" + ",".join("NULL" if value is None else repr(float(value)) for value in values) + "}"
