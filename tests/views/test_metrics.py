"""Hosts and their charts."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from monitor.models import Host, Project, Reading, Series
from monitor.pipeline.retain import ensure_partitions
from monitor.views.chart import Range
from monitor.views.metrics import averages, label_of
from tests.views.reading import read

PAGE = "/acme/web/hosts/"


def add_series(host: Host, name: str, unit: str = "ratio", **labels: str) -> Series:
    key = ",".join(labels.values())
    made = Series.objects.create(
        project=host.project, host_id=host.id, name=name, unit=unit, labels=labels, label_key=key
    )
    return Series.objects.get(project_id=made.project_id, id=made.id)


def sample(host: Host, at: datetime, values: dict[Series, float | None]) -> None:
    ensure_partitions("monitor_reading", {at.date()})
    ids = [series.id for series in values]
    Reading.objects.create(
        project=host.project, day=at.date(), host_id=host.id, at=at, series_ids=ids, values=list(values.values())
    )


@pytest.fixture
def host(project: Project) -> Any:
    made = Host.objects.create(project=project, name="api-1", last_seen_at=timezone.now(), agent="farside 0.1.0")
    return Host.objects.get(project_id=project.pk, id=made.id)


def test_hosts_show_their_latest_values(viewer: Client, host: Host) -> None:
    cpu, load = add_series(host, "cpu.utilization"), add_series(host, "load.1m", "tasks")
    sample(host, timezone.now() - timedelta(minutes=5), {cpu: 0.1, load: 9.0})
    sample(host, timezone.now(), {cpu: 0.42, load: 1.5})
    assert "api-1 farside 0.1.0 CPU 42 % Memory – Disk – 1.50" in read(viewer, PAGE)


def test_the_fullest_disk_counts(viewer: Client, host: Host) -> None:
    root, data = (add_series(host, "disk.utilization", mount=mount) for mount in ("/", "/data"))
    sample(host, timezone.now(), {root: 0.2, data: 0.97})
    text = read(viewer, PAGE)
    assert "97 %" in text
    assert "20 %" not in text


def test_a_host_that_stopped_reporting_is_silent(viewer: Client, host: Host) -> None:
    Host.objects.filter(id=host.id).update(last_seen_at=timezone.now() - timedelta(hours=1))
    assert "Silent" in read(viewer, PAGE)
    assert "Silent" in read(viewer, f"{PAGE}{host.id}/")


def test_a_chart_averages_what_falls_into_a_step(host: Host) -> None:
    cpu = add_series(host, "cpu.utilization")
    begin = timezone.now() - timedelta(minutes=30)
    for seconds, value in ((0, 0.2), (59, 0.4), (60, None), (130, 0.9)):
        sample(host, begin + timedelta(seconds=seconds), {cpu: value})
    minutes = Range(timedelta(minutes=4), timedelta(minutes=1))
    assert averages(host, [cpu.id], begin, minutes) == [[0.3, None, 0.9, None]]


def test_a_chart_has_a_line_for_each_set_of_labels(viewer: Client, host: Host) -> None:
    for mount in ("/", "/data"):
        sample_series = add_series(host, "disk.utilization", mount=mount)
        assert label_of(sample_series) == f"mount={mount}"
    chart = viewer.get(f"{PAGE}{host.id}/series/", {"name": "disk.utilization"}).json()
    assert [line["label"] for line in chart["lines"]] == ["mount=/", "mount=/data"]


def test_an_unknown_metric_or_host_is_not_found(viewer: Client, host: Host, elsewhere: Project) -> None:
    other = Host.objects.create(project=elsewhere, name="x", last_seen_at=timezone.now())
    assert viewer.get(f"{PAGE}{host.id}/series/", {"name": "nothing"}).status_code == 404
    assert viewer.get(f"{PAGE}{other.id}/").status_code == 404


def test_without_a_host_it_says_how_one_comes(viewer: Client, project: Project) -> None:
    assert "farside agent" in read(viewer, PAGE)
