"""Hosts, what they report now, and the charts of one host."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

import numpy as np
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone

from monitor.models import Host, Reading, Series
from monitor.views.access import Request, get_project
from monitor.views.chart import Chart, Line, Range, asked_range, deploy_marks

SILENT_AFTER = timedelta(minutes=2)
RANGES = {
    "1h": Range(timedelta(hours=1), timedelta(seconds=10)),
    "6h": Range(timedelta(hours=6), timedelta(minutes=1)),
    "24h": Range(timedelta(hours=24), timedelta(minutes=5)),
}


@dataclass(frozen=True)
class Value:
    """The last value of a series."""

    series: Series
    value: float


@dataclass(frozen=True)
class HostRow:
    """A host with its last reading, by metric name; `is_silent` when nothing came for SILENT_AFTER."""

    host: Host
    values: dict[str, list[Value]]
    is_silent: bool


@login_required
def hosts(request: Request, org: str, slug: str) -> HttpResponse:
    """The hosts of a project with their latest values."""
    project = get_project(request, org, slug)
    found = list(Host.objects.filter(project_id=project.pk).order_by("name"))
    latest, now = _latest(project.pk), timezone.now()
    rows = [HostRow(host, latest.get(host.id, {}), now - host.last_seen_at > SILENT_AFTER) for host in found]
    return render(request, "host/hosts.html", {"rows": rows})


@login_required
def host(request: Request, org: str, slug: str, host: int) -> HttpResponse:
    """One host; its charts are fetched by the page."""
    found = _get_host(request, org, slug, host)
    names = Series.objects.filter(project_id=found.project_id, host_id=found.id).order_by("name")
    context = {"host": found, "names": names.values_list("name", flat=True).distinct(), "ranges": list(RANGES)}
    is_silent = timezone.now() - found.last_seen_at > SILENT_AFTER
    return render(request, "host/host.html", context | {"is_silent": is_silent})


@login_required
def host_series(request: Request, org: str, slug: str, host: int) -> JsonResponse:
    """The chart of one metric (`?name=`) of a host, a line for each set of labels."""
    found, span = _get_host(request, org, slug, host), asked_range(request, RANGES, "1h")
    series = Series.objects.filter(project_id=found.project_id, host_id=found.id, name=request.GET.get("name", ""))
    wanted = list(series.order_by("label_key"))
    if not wanted:
        raise Http404("This host has no such metric.")
    begin = timezone.now() - span.length
    lines = averages(found, [one.id for one in wanted], begin, span)
    x = [begin.timestamp() + index * span.step.total_seconds() for index in range(span.bins())]
    drawn = [Line(label_of(one), values) for one, values in zip(wanted, lines, strict=True)]
    return Chart("lines", x, drawn, wanted[0].unit, deploy_marks(found.project_id, begin), wanted[0].name).response()


def label_of(series: Series) -> str:
    """A series' labels for a legend: `device=sda, direction=read`, or its name when it has none."""
    return ", ".join(f"{key}={value}" for key, value in sorted(series.labels.items())) or series.name


def _get_host(request: Request, org: str, slug: str, host_id: int) -> Host:
    project = get_project(request, org, slug)
    found = Host.objects.filter(project_id=project.pk, id=host_id).first()
    if found is None:
        raise Http404(f"{project.name} has no such host.")
    return found


def _latest(project_id: int) -> dict[int, dict[str, list[Value]]]:
    """host id -> metric name -> values of the last reading of these two days."""
    since = timezone.now().date() - timedelta(days=1)
    readings = Reading.objects.filter(project_id=project_id, day__gte=since)
    latest = {reading.host_id: reading for reading in readings.order_by("host_id", "-at").distinct("host_id")}
    series = Series.objects.filter(project_id=project_id, host_id__in=latest).order_by("host_id", "name", "label_key")
    return {
        host_id: _by_name(list(members), latest[host_id])
        for host_id, members in groupby(series, key=lambda one: one.host_id)
    }


def _by_name(series: list[Series], reading: Reading) -> dict[str, list[Value]]:
    at = dict(zip(reading.series_ids, reading.values, strict=True))
    known = [Value(one, value) for one in series if (value := at.get(one.id)) is not None]
    return {name: list(values) for name, values in groupby(known, key=lambda value: value.series.name)}


def averages(host: Host, series_ids: list[int], begin: datetime, span: Range) -> list[list[float | None]]:
    """For each series, the mean of its samples in each step of the range, None where there were none."""
    row_of = {series_id: row for row, series_id in enumerate(series_ids)}
    sums, counts = np.zeros((len(series_ids), span.bins())), np.zeros((len(series_ids), span.bins()))
    readings = Reading.objects.filter(project_id=host.project_id, host_id=host.id, day__gte=begin.date(), at__gte=begin)
    for at, ids, values in readings.values_list("at", "series_ids", "values").iterator(chunk_size=2000):
        step = min((at - begin) // span.step, span.bins() - 1)
        for series_id, value in zip(ids, values, strict=True):
            if value is not None and (row := row_of.get(series_id)) is not None:
                sums[row, step] += value
                counts[row, step] += 1
    means = np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)
    return [[None if np.isnan(value) else round(float(value), 4) for value in line] for line in means]
