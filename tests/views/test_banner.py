"""The lines on every page that tell what is wrong with Farside itself."""

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.utils import OperationalError
from django.test import Client

from monitor import broker
from monitor.models import Project
from monitor.views import banner
from tests.permissions_world import undone
from tests.views.reading import read


@pytest.fixture(autouse=True)
def _unseen(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> None:
    """Nothing was seen before, and no door has said anything."""
    monkeypatch.setattr(banner, "_seen", banner.Seen(-banner.FRESH_S, []))
    settings.FARSIDE_SPOOL = tmp_path


@pytest.fixture
def alive(valkey: Any) -> Any:
    """A broker, with a worker that was heard of."""
    valkey.set(broker.WORKER_ALIVE, 1)
    return valkey


def spool(folder: Path, **state: Any) -> None:
    """As a process of the door tells of its spool."""
    (folder / "1.state.json").write_text(json.dumps(state))


def test_nothing_is_told_while_all_is_well(viewer: Client, alive: Any) -> None:
    assert read(viewer, "/banner/") == ""


def test_every_page_fetches_it(viewer: Client, project: Project, alive: Any) -> None:
    assert b'hx-get="/banner/"' in viewer.get("/acme/web/issues/").content
    assert b"/banner/" not in Client().get("/login/").content


def test_strangers_get_nothing(client: Client, db: None, unreachable_broker: None) -> None:
    assert client.get("/banner/").status_code == 204


def test_a_broker_that_is_away_is_told(viewer: Client, unreachable_broker: None, tmp_path: Path) -> None:
    spool(tmp_path, broker_away_since=time.time() - 125)
    assert "The broker (Valkey) has not answered for 2 min. Doors keep what they accept" in read(viewer, "/banner/")


def test_pages_work_while_the_broker_is_away(viewer: Client, project: Project, unreachable_broker: None) -> None:
    for page in ("issues", "status", "received", "dead-letters", "releases", "checks"):
        assert viewer.get(f"/acme/web/{page}/").status_code == 200


def test_a_broker_that_takes_nothing_is_told(viewer: Client, alive: Any, tmp_path: Path) -> None:
    spool(tmp_path, broker_away_since=time.time() - 5, spool_batches=1, spool_bytes=2048, spool_limit_bytes=10**6)
    text = read(viewer, "/banner/")
    assert "The broker (Valkey) has taken no events for 5 s, though it answers." in text
    assert "1 batch waits on the door's disk (2.0 kB). They go to the broker" in text


def test_a_spool_that_is_nearly_full_is_told(viewer: Client, alive: Any, tmp_path: Path) -> None:
    spool(tmp_path, spool_batches=1200, spool_bytes=900_000, spool_limit_bytes=1_000_000)
    text = read(viewer, "/banner/")
    assert "1,200 batches wait on the door's disk (878.9 kB), and it is 90% full." in text


def test_batches_of_another_version_are_told(viewer: Client, alive: Any) -> None:
    alive.hset(broker.UNREADABLE, "1", b"?")
    assert "Batches that another version of Farside has accepted cannot be read: 1. They are kept." in read(
        viewer, "/banner/"
    )


def test_what_a_dead_door_said_is_not_believed(viewer: Client, alive: Any, tmp_path: Path) -> None:
    spool(tmp_path, spool_batches=1)
    long_ago = time.time() - 600
    os.utime(tmp_path / "1.state.json", (long_ago, long_ago))
    assert read(viewer, "/banner/") == ""


def test_a_silent_worker_is_told(viewer: Client, valkey: Any) -> None:
    assert "No worker was heard of lately. Nothing is processed." in read(viewer, "/banner/")


def test_an_old_queue_is_told(viewer: Client, alive: Any) -> None:
    alive.zadd(broker.PENDING, {f"{int((time.time() - 400) * 1e6):014x}{'0' * 14}": 1})
    assert "Events wait: the oldest of 1 batches for 6 min." in read(viewer, "/banner/")


def test_a_database_that_takes_nothing_is_told(viewer: Client, alive: Any) -> None:
    with undone(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL transaction_read_only = on")
        text = read(viewer, "/banner/")
    assert "The database is read-only. Nothing can be stored" in text


def test_a_database_that_is_away_is_told(viewer: Client, alive: Any) -> None:
    def refuse(*query: Any) -> None:
        raise OperationalError("connection refused, password=hunter2")

    with connection.execute_wrapper(refuse):
        text = read(viewer, "/banner/")
    assert "The database does not answer." in text
    assert "hunter2" not in text


def test_what_was_seen_is_believed_for_a_while(viewer: Client, alive: Any) -> None:
    assert read(viewer, "/banner/") == ""
    alive.delete(broker.WORKER_ALIVE)
    assert read(viewer, "/banner/") == ""


def test_nobody_waits_for_who_looks(viewer: Client, valkey: Any) -> None:
    with banner._looking:
        assert read(viewer, "/banner/") == ""
    assert "No worker" in read(viewer, "/banner/")
