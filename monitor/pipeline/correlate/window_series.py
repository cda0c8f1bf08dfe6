"""Reads the series of all hosts of a project over a time span, on one grid of moments."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from django.db import connection

from monitor.models import Host, Series
from monitor.pipeline.correlate.score import Floats

Ids: TypeAlias = npt.NDArray[np.int64]

SLOTS = 150
MOST_HOSTS = 100
MOST_SERIES = 10_000


@dataclass(frozen=True)
class WindowSeries:
    """`values[slot, column]` (NaN: none) of `series[column]` at `times[slot]`, seconds since 1970.

    Counters are rates a second. `left_out` tells how many hosts were not read, for there are too many.
    """

    times: Floats
    series: Sequence[Series]
    hosts: dict[int, str]
    values: Floats
    left_out: int


def read_window(project_id: int, begin: datetime, end: datetime, slots: int = SLOTS) -> WindowSeries:
    """The first reading of each host in each of `slots` equal parts of [begin, end). Bounded in hosts and series."""
    found = Host.objects.filter(project_id=project_id, last_seen_at__gte=begin)
    hosts = dict(found.order_by("-last_seen_at", "id").values_list("id", "name")[:MOST_HOSTS])
    rows = Series.objects.filter(project_id=project_id, host_id__in=hosts).order_by("id")
    series = list(rows[:MOST_SERIES])
    step = (end - begin).total_seconds() / slots
    times: Floats = np.float64(begin.timestamp()) + step * (np.arange(slots, dtype=np.float64) + 0.5)
    values = _read(project_id, [*hosts], np.array([one.id for one in series], dtype=np.int64), begin, end, slots)
    counters = np.array([one.kind == "counter" for one in series], dtype=bool)
    values[:, counters] = rates(values[:, counters], times)
    return WindowSeries(times, series, hosts, values, max(0, found.count() - len(hosts)))


def rates(values: Floats, times: Floats) -> Floats:
    """The rise a second of each column since its last value; NaN at the first, in gaps, and when a counter restarts."""
    finite = np.isfinite(values)
    last = np.maximum.accumulate(np.where(finite, np.arange(len(values))[:, None], -1), axis=0)
    previous = np.vstack([np.full((1, values.shape[1]), -1), last[:-1]])
    rise = values - np.take_along_axis(values, np.maximum(previous, 0), axis=0)
    seconds = times[:, None] - times[np.maximum(previous, 0)]
    known = finite & (previous >= 0) & (rise >= 0)
    result: Floats = np.divide(rise, seconds, out=np.full(values.shape, np.nan), where=known)
    return result


def _read(project_id: int, host_ids: list[int], series_ids: Ids, begin: datetime, end: datetime, slots: int) -> Floats:
    values = np.full((slots, len(series_ids)), np.nan)
    if not len(series_ids):
        return values
    statement = (
        "SELECT DISTINCT ON (host_id, slot) series_ids, values,"
        " floor((extract(epoch FROM at) - %s) / %s)::int AS slot FROM monitor_reading"
        " WHERE project_id = %s AND day BETWEEN %s AND %s AND host_id = ANY(%s) AND at >= %s AND at < %s"
        " ORDER BY host_id, slot, at"
    )
    step, days = (end - begin).total_seconds() / slots, (begin.astimezone(UTC).date(), end.astimezone(UTC).date())
    with connection.cursor() as cursor:
        cursor.execute(statement, [begin.timestamp(), step, project_id, *days, host_ids, begin, end])
        for ids, readings, slot in cursor.fetchall():
            columns = np.minimum(np.searchsorted(series_ids, ids), len(series_ids) - 1)
            is_known = series_ids[columns] == ids
            values[min(slot, slots - 1), columns[is_known]] = np.array(readings, dtype=float)[is_known]
    return values
