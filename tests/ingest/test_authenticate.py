"""A key is believed while the database that knows it does not answer."""

import asyncio
from collections.abc import Iterator

import psycopg
import pytest
from django.db import connection

from ingest import authenticate
from ingest.errors import Refused
from monitor.models import Project


@pytest.fixture
def stalled(door: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The project's key was asked for before; from now on the table of keys answers nobody."""
    asyncio.run(authenticate.authenticate(door.pk, door.keys.get().public_key))
    monkeypatch.setattr(authenticate, "PATIENCE_S", 0.2)
    monkeypatch.setattr(authenticate, "FRESH_S", -1.0)
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": psycopg.Cursor}) as other:
        other.execute("LOCK TABLE monitor_key IN ACCESS EXCLUSIVE MODE")
        yield
    authenticate.close_connections()


def test_a_known_key_is_believed(stalled: None, door: Project) -> None:
    key = next(iter(authenticate._known))
    asyncio.run(authenticate.authenticate(*key))
    assert authenticate._known[key].failed_at > authenticate._known[key].asked_at


def test_an_unknown_key_is_told_to_come_again(stalled: None, door: Project) -> None:
    with pytest.raises(Refused) as refused:
        asyncio.run(authenticate.authenticate(door.pk, "0" * 32))
    assert (refused.value.status, refused.value.retry_after) == (503, 10)


def test_after_a_failure_it_is_not_asked_again_at_once(stalled: None, monkeypatch: pytest.MonkeyPatch) -> None:
    key = next(iter(authenticate._known))
    asyncio.run(authenticate.authenticate(*key))
    monkeypatch.setattr(authenticate, "FRESH_S", 30.0)
    assert authenticate._known[key].is_fresh()
