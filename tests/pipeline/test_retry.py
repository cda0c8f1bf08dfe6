"""Dead letters: what is retried is processed as at first, and only what the broker holds is forgotten."""

import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis

from monitor.batch import MOST_ATTEMPTS, Count, Item, Place, batch_id_of
from monitor.broker import EVENTS_QUEUE
from monitor.models import DeadLetter, Event, Outcome, Project
from monitor.models.issue import events_by_outcome
from monitor.pipeline.outcomes import count_outcomes
from monitor.pipeline.process import process_batch
from monitor.pipeline.retain import retain
from monitor.pipeline.retry import drop, item_of, retry
from monitor.pipeline.store import store_dead_letter
from tests.sending import error_event, item

pytestmark = pytest.mark.django_db


def dead(project: Project, **changes: Any) -> DeadLetter:
    """An event that became a dead letter."""
    store_dead_letter(item(project, error_event(**changes)), "ValueError: odd")
    return DeadLetter.objects.of(project.pk)[0]


def queued_ids(valkey: Any) -> list[str]:
    """The batches that wait."""
    return [batch_id_of(message) for message in valkey.lrange(EVENTS_QUEUE, 0, -1)]


def outcomes(project: Project) -> dict[str, int]:
    return {total.outcome: total.items for total in Outcome.objects.filter(project=project).totals()}


def test_a_letter_is_the_item_it_was(project: Project) -> None:
    sent = item(project, error_event())
    place = Place(64500, "Example Net", "DE", "BY")
    known = {"sent_at": 5.5, "user_agent": "Browser 1", "client": "c", "place": place, "address": "203.0.113.9"}
    store_dead_letter(Item(project.pk, sent.event_id, sent.received_at, body=b'{"a":1}', **known), "why")
    again = item_of(DeadLetter.objects.get())
    assert {name: getattr(again, name) for name in known} == known
    assert (again.event_id, again.body) == (sent.event_id, b'{"a":1}')
    assert again.received_at == pytest.approx(sent.received_at, abs=1e-5)


def test_a_row_from_before_tells_less_and_is_retried_all_the_same(project: Project, valkey: Any) -> None:
    event = error_event()
    row = {"event_id": event["event_id"], "received_at": datetime.now(UTC), "reason": "odd"}
    letter = DeadLetter.objects.create(project=project, item=item(project, event).body, **row)
    letter.refresh_from_db()
    assert retry([letter], "tester") == 1
    process_batch(queued_ids(valkey)[0])
    assert Event.objects.get().event_id == uuid.UUID(event["event_id"])


def test_a_retried_event_is_stored_and_counts_once_as_accepted(project: Project, valkey: Any) -> None:
    letters = [dead(project), dead(project)]
    count_outcomes([Count(project.pk, time.time(), "event", "dead", "ValueError", 2)])
    assert retry(letters, "tester") == 2
    assert not DeadLetter.objects.exists()
    process_batch(queued_ids(valkey)[0])
    assert Event.objects.count() == 2
    assert outcomes(project) == {"dead": 2, "retried": 2, "stored": 2}
    assert events_by_outcome(Outcome.objects.all().totals())["accepted"] == 2


def test_a_letter_stays_while_the_broker_is_away(project: Project, unreachable_broker: None) -> None:
    letter = dead(project)
    with pytest.raises(redis.RedisError):
        retry([letter], "tester")
    assert DeadLetter.objects.get() == letter
    assert not outcomes(project)


def test_what_two_persons_retry_at_once_is_stored_and_counted_once(project: Project, valkey: Any) -> None:
    letter = dead(project)
    assert [retry([letter], "one"), retry([letter], "other")] == [1, 0]
    for batch_id in queued_ids(valkey):
        process_batch(batch_id)
    assert Event.objects.count() == 1
    assert outcomes(project)["retried"] == 1


def test_a_dropped_event_is_gone_and_counted(project: Project, valkey: Any, caplog: Any) -> None:
    letter = dead(project)
    with caplog.at_level("INFO"):
        assert drop([letter], "ann@example.com") == 1
    assert not DeadLetter.objects.exists()
    assert valkey.llen(EVENTS_QUEUE) == 0
    assert outcomes(project) == {"dropped": 1}
    assert f"ann@example.com dropped the dead letter of event {letter.event_id}" in caplog.text


def test_one_that_fails_again_is_a_dead_letter_again(project: Project, valkey: Any) -> None:
    store_dead_letter(Item(project.pk, uuid.uuid4().hex, 1e9, None, "", "", b"no JSON \xff"), "bad \0 bytes \ud800")
    retry(DeadLetter.objects.all(), "tester")
    [again] = queued_ids(valkey)
    for _ in range(MOST_ATTEMPTS):
        process_batch(again)
    assert "not a JSON object" in DeadLetter.objects.get().reason


def test_letters_past_the_retention_go(project: Project, settings: Any) -> None:
    settings.FARSIDE_RETENTION_DAYS = 10
    old, fresh = dead(project), dead(project)
    DeadLetter.objects.filter(id=old.id).update(failed_at=datetime.now(UTC) - timedelta(days=11))
    retain()
    assert DeadLetter.objects.get() == fresh


def test_a_letter_stays_while_the_broker_is_full(project: Project, valkey: Any) -> None:
    letter = dead(project)
    valkey.config_set("maxmemory", 1)
    try:
        with pytest.raises(redis.RedisError):
            retry([letter], "tester")
    finally:
        valkey.config_set("maxmemory", 0)
    assert DeadLetter.objects.get() == letter
    assert valkey.llen(EVENTS_QUEUE) == 0
