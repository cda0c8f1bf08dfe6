"""Dead letters over the API."""

import uuid
from typing import Any

import pytest
from django.utils import timezone

from monitor.broker import EVENTS_QUEUE
from monitor.models import DeadLetter
from tests.api.caller import Caller, make_caller

pytestmark = pytest.mark.django_db

PATH = "/api/v1/projects/shop-org/shop/dead-letters/"


@pytest.fixture
def caller() -> Caller:
    return make_caller("event:write")


def dead(caller: Caller) -> DeadLetter:
    row = {"event_id": uuid.uuid4(), "received_at": timezone.now(), "reason": "odd", "item": b'{"message": "hello"}'}
    DeadLetter.objects.create(project=caller.project, received={"user_agent": "Browser 1"}, **row)
    return DeadLetter.objects.of(caller.project.pk)[0]


def test_the_list_tells_why_without_the_events(caller: Caller) -> None:
    first, second = dead(caller), dead(caller)
    found = caller.get(PATH).json()
    assert [row["id"] for row in found] == [second.id, first.id]
    assert found[0].keys() == {"id", "event_id", "received_at", "failed_at", "reason"}


def test_one_comes_with_its_event(caller: Caller) -> None:
    letter = dead(caller)
    found = caller.get(f"{PATH}{letter.id}/").json()
    assert found["event"] == {"message": "hello"}
    assert (found["event_id"], found["received"]) == (letter.event_id.hex, {"user_agent": "Browser 1"})


def test_retry_queues_it_again(caller: Caller, valkey: Any) -> None:
    letter = dead(caller)
    answer = caller.post(f"{PATH}{letter.id}/retry/", {})
    assert (answer.status_code, answer.json()) == (202, {"event_id": letter.event_id.hex})
    assert valkey.llen(EVENTS_QUEUE) == 1
    assert caller.post(f"{PATH}{letter.id}/retry/", {}).status_code == 404


def test_retry_without_broker_changes_nothing(caller: Caller, unreachable_broker: None) -> None:
    letter = dead(caller)
    answer = caller.post(f"{PATH}{letter.id}/retry/", {})
    assert answer.status_code == 503
    assert "broker" in answer.json()["detail"]
    assert DeadLetter.objects.get() == letter


def test_delete_drops_it(caller: Caller, valkey: Any) -> None:
    letter = dead(caller)
    assert caller.send("DELETE", f"{PATH}{letter.id}/", b"").status_code == 204
    assert not DeadLetter.objects.exists()
    assert valkey.llen(EVENTS_QUEUE) == 0
