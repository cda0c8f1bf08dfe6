"""What a batch goes through when things go wrong: poison, dead workers, a database that is away."""

import json
from typing import Any

import pytest
from django.db import OperationalError

from monitor import batch as batches
from monitor.batch import MOST_ATTEMPTS, Batch
from monitor.broker import EVENTS_QUEUE, PENDING
from monitor.models import DeadLetter, Event, Project
from monitor.pipeline import process as module
from monitor.pipeline.process import process_batch
from tests.sending import batch, error_event

pytestmark = pytest.mark.django_db(transaction=True)
POISON = "f" * 32


def queue(valkey: Any, made: Batch) -> str:
    pipe = valkey.pipeline(transaction=True)
    batches.add(pipe, made)
    pipe.execute()
    return made.id


def work(valkey: Any) -> None:
    """Process until nothing waits; the sweep's clock runs ahead, so that what failed is tried again at once."""
    while valkey.zcard(PENDING):
        while message := valkey.rpop(EVENTS_QUEUE):
            process_batch(batches.batch_id_of(message))
        batches.requeue_lost(valkey, 9e9)


@pytest.fixture
def poison(monkeypatch: pytest.MonkeyPatch) -> None:
    """One event that the store cannot take, as a constraint that nobody thought of would refuse it."""
    real = module.store

    def store(events: Any) -> Any:
        if any(event.payload.event_id == POISON for event in events):
            raise ValueError("a value nobody thought of")
        return real(events)

    monkeypatch.setattr(module, "store", store)


def test_a_poisoned_event_holds_up_no_other(project: Project, valkey: Any, poison: None) -> None:
    events = [error_event() for _ in range(4)]
    queue(valkey, batch(project, *events, error_event(event_id=POISON, extra={"password": "hunter2"})))
    work(valkey)
    assert Event.objects.count() == 4
    letter = DeadLetter.objects.get(project=project)
    assert letter.reason == "ValueError: a value nobody thought of"
    assert json.loads(bytes(letter.item))["event_id"] == POISON
    assert b"hunter2" not in bytes(letter.item)


def test_an_event_whose_worker_dies_again_and_again_is_a_dead_letter(project: Project, valkey: Any) -> None:
    batch_id = queue(valkey, batch(project, error_event()))
    for _ in range(MOST_ATTEMPTS):
        batches.claim(valkey, [batch_id])  # begun, and never finished
    work(valkey)
    assert "worker ended 3 times" in DeadLetter.objects.get().reason


def test_a_batch_whose_worker_died_once_is_stored(project: Project, valkey: Any) -> None:
    batch_id = queue(valkey, batch(project, error_event(), error_event()))
    batches.claim(valkey, [batch_id])
    valkey.delete(EVENTS_QUEUE)
    work(valkey)
    assert (Event.objects.count(), DeadLetter.objects.count()) == (2, 0)


def test_a_database_that_is_away_costs_no_attempt(
    project: Project, valkey: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise OperationalError("server closed the connection")

    batch_id = queue(valkey, batch(project, error_event()))
    with monkeypatch.context() as patched:
        patched.setattr(module, "ensure_partitions", away)
        for _ in range(MOST_ATTEMPTS + 2):
            process_batch(batch_id)
    work(valkey)
    assert (Event.objects.count(), DeadLetter.objects.count()) == (1, 0)


def test_batches_that_wait_behind_one_share_its_transaction(
    project: Project, valkey: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    transactions: list[int] = []
    real = module.process
    monkeypatch.setattr(module, "process", lambda *these: transactions.append(len(these)) or real(*these))
    first, *_ = [queue(valkey, batch(project, error_event())) for _ in range(7)]
    valkey.rpop(EVENTS_QUEUE)
    process_batch(first)
    assert (transactions, Event.objects.count(), valkey.zcard(PENDING)) == ([7], 7, 0)


def test_no_more_are_taken_than_make_a_good_transaction(
    project: Project, valkey: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ENOUGH_ITEMS", 3)
    first, *_ = [queue(valkey, batch(project, error_event())) for _ in range(9)]
    valkey.rpop(EVENTS_QUEUE)
    process_batch(first)
    assert (Event.objects.count(), valkey.llen(EVENTS_QUEUE)) == (5, 4)


def test_a_poisoned_batch_does_not_hold_up_those_beside_it(project: Project, valkey: Any, poison: None) -> None:
    first = queue(valkey, batch(project, error_event()))
    queue(valkey, batch(project, error_event(event_id=POISON)))
    queue(valkey, batch(project, error_event()))
    valkey.rpop(EVENTS_QUEUE)
    process_batch(first)
    assert Event.objects.count() == 2
    work(valkey)
    assert (Event.objects.count(), DeadLetter.objects.count()) == (2, 1)


def test_what_was_begun_before_goes_alone(project: Project, valkey: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    transactions: list[int] = []
    real = module.process
    monkeypatch.setattr(module, "process", lambda *these: transactions.append(len(these)) or real(*these))
    suspect, *_ = [queue(valkey, batch(project, error_event())) for _ in range(3)]
    batches.claim(valkey, [suspect])
    work(valkey)
    assert transactions == [1, 2]
