"""Partitions: made ahead, dropped past their time."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from monitor.models import Project
from monitor.pipeline.process import process
from monitor.pipeline.retain import PARTITIONED, ensure_partitions, make_partitions, retain
from tests.sending import batch, error_event

NOW = datetime.now(UTC)


def partitions(table: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass", [table])
        return {row[0] for row in cursor.fetchall()}


@pytest.mark.django_db
def test_the_days_around_today_are_made_for_every_table() -> None:
    make_partitions(NOW.date())
    for model in PARTITIONED:
        table = model._meta.db_table
        assert {f"{table}_{NOW + timedelta(days=offset):%Y%m%d}" for offset in range(-1, 3)} <= partitions(table)


@pytest.mark.django_db
def test_making_one_twice_changes_nothing() -> None:
    day = NOW.date() + timedelta(days=40)
    ensure_partitions("monitor_event", [day, day])
    before = partitions("monitor_event")
    ensure_partitions("monitor_event", [day])
    assert partitions("monitor_event") == before


def test_days_past_their_time_are_dropped_and_newer_ones_stay(project: Project, settings: Any) -> None:
    settings.FARSIDE_RETENTION_DAYS = 10
    dropped = retain(NOW)
    assert f"monitor_event_{NOW - timedelta(days=11):%Y%m%d}" in dropped
    assert f"monitor_event_{NOW - timedelta(days=10):%Y%m%d}" in partitions("monitor_event")
    old = error_event(timestamp=NOW.timestamp() - 25 * 86_400)
    process(batch(project, old))  # an old tab's event still finds a day to lie in
    assert not partitions("monitor_event") & set(dropped)


@pytest.mark.django_db
def test_batches_are_remembered_for_a_week_and_sampled_events_as_long_as_others(settings: Any) -> None:
    settings.FARSIDE_RETENTION_DAYS = 10
    dropped = retain(NOW)
    assert f"monitor_countedbatch_{NOW - timedelta(days=8):%Y%m%d}" in dropped
    assert f"monitor_countedbatch_{NOW - timedelta(days=7):%Y%m%d}" in partitions("monitor_countedbatch")
    assert f"monitor_sampledevent_{NOW - timedelta(days=11):%Y%m%d}" in dropped
    assert f"monitor_sampledevent_{NOW - timedelta(days=10):%Y%m%d}" in partitions("monitor_sampledevent")
