"""The status page."""

import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.test import Client
from django.utils import timezone

from monitor import broker
from monitor.models import DeadLetter, Outcome, Project
from tests.views.reading import read

PAGE = "/acme/web/status/"


def test_outcomes_of_a_day_are_summed(viewer: Client, project: Project, valkey: Any) -> None:
    now = timezone.now()
    for hours, items in ((0, 40), (1, 2), (30, 500)):
        key = {"category": "event", "outcome": "limited", "reason": "key_rate"}
        Outcome.objects.create(project=project, hour=now - timedelta(hours=hours), items=items, **key)
    assert "Accepted 0 Stored 0 Limited 42" in read(viewer, PAGE)


def test_what_waits_is_told(viewer: Client, project: Project, valkey: Any) -> None:
    valkey.rpush(broker.EVENTS_QUEUE, "a", "b", "c")
    assert "3 batches queued" in read(viewer, PAGE)


def test_a_silent_worker_is_told(viewer: Client, project: Project, valkey: Any) -> None:
    assert "Not heard of worker" in read(viewer, PAGE)
    valkey.set(broker.WORKER_ALIVE, 1)
    assert "Alive worker" in read(viewer, PAGE)


def test_dead_letters_tell_their_reason(viewer: Client, project: Project, valkey: Any) -> None:
    DeadLetter.objects.create(
        project=project, event_id=uuid.uuid4(), received_at=timezone.now(), reason="nested too deeply", item=b"{}"
    )
    text = read(viewer, PAGE)
    assert "1 event that no attempt could process" in text
    assert "nested too deeply" in text


def test_a_broker_that_is_away_is_told(viewer: Client, project: Project, unreachable_broker: None) -> None:
    assert "not known while the broker (Valkey) does not answer" in read(viewer, PAGE)


def test_what_the_door_holds_on_disk_is_told(
    viewer: Client, project: Project, unreachable_broker: None, settings: Any, tmp_path: Path
) -> None:
    settings.FARSIDE_SPOOL = tmp_path
    (tmp_path / "1.state.json").write_text('{"spool_batches": 12, "spool_bytes": 4096}')
    assert "On the door's disk: 12 batches, 4.0 kB." in read(viewer, PAGE)
