"""A key is believed while the database that knows it does not answer."""

import asyncio
from collections.abc import Iterator

import psycopg
import pytest
from django.db import connection

from ingest import authenticate
from ingest.errors import Refused
from monitor.models import Key, Project


@pytest.fixture
def stalled(door: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The project's key was asked for before; from now on the table of keys answers nobody."""
    asyncio.run(authenticate.authenticate(door.pk, door.keys.get().public_key))
    monkeypatch.setattr(authenticate, "PATIENCE_S", 0.2)
    monkeypatch.setattr(authenticate, "FRESH_S", -1.0)
    monkeypatch.setattr(authenticate, "AGED_S", -1.0)
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": psycopg.Cursor}) as other:
        other.execute("LOCK TABLE monitor_key IN ACCESS EXCLUSIVE MODE")
        yield


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
    assert authenticate._known[key].age() < 5


def test_a_key_that_ages_is_asked_for_beside_the_request(door: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    key = door.keys.get()

    async def twice() -> object:
        await authenticate.authenticate(door.pk, key.public_key)
        monkeypatch.setattr(authenticate, "FRESH_S", -1.0)
        switched_off = Key.objects.filter(pk=key.pk)
        await asyncio.get_running_loop().run_in_executor(
            authenticate._database, lambda: switched_off.update(is_active=False)
        )
        believed = await authenticate.authenticate(door.pk, key.public_key)
        await asyncio.gather(*authenticate._asked.values())
        return believed

    assert asyncio.run(twice()) == authenticate.Admission((), keeps_addresses=False)
    with pytest.raises(Refused, match="not an active one"):
        asyncio.run(authenticate.authenticate(door.pk, key.public_key))


def test_guesses_do_not_crowd_out_real_keys(door: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authenticate, "MOST_KEYS", 2)
    asyncio.run(authenticate.authenticate(door.pk, door.keys.get().public_key))
    for guess in range(4):
        with pytest.raises(Refused):
            asyncio.run(authenticate.authenticate(door.pk, f"{guess:032x}"))
    assert (len(authenticate._known), len(authenticate._unknown)) == (1, 2)


def test_limits_of_key_and_project_come_along(door: Project) -> None:
    Key.objects.update(rate_limit=5)
    Project.objects.update(rate_limit=6, rate_window_s=10, quota=7, quota_period="day")
    admission = asyncio.run(authenticate.authenticate(door.pk, door.keys.get().public_key))
    assert [(limit.reason, limit.most, limit.window_s) for limit in admission.limits] == [
        ("key_rate", 5, 60),
        ("project_rate", 6, 10),
        ("project_quota", 7, 86_400),
    ]
