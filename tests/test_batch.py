"""The record of a batch: claimed, renewed, lost, found again, split."""

import time
from typing import Any

import pytest
import zstandard

from monitor import batch
from monitor.batch import Batch, Claimed, Count, Item
from monitor.broker import ATTEMPTS, BATCH, EVENTS_QUEUE, PENDING, UNREADABLE
from monitor.celery import app


def queue(valkey: Any, items: int = 2) -> Batch:
    """A batch as the door leaves it."""
    made = Batch(batch.new_id(), [Item(1, f"{n:032x}", 1.0, None, "", "", b"{}") for n in range(items)], [])
    pipe = valkey.pipeline(transaction=True)
    batch.add(pipe, made)
    pipe.execute()
    return made


def in_a_minute() -> float:
    return time.time() + 60


def test_what_is_recorded_is_what_is_claimed(valkey: Any) -> None:
    made = queue(valkey)
    assert batch.claim(valkey, [made.id]) == [Claimed(made, 1)]
    assert batch.claim(valkey, [made.id]) == [Claimed(made, 2)]


def test_a_finished_batch_leaves_nothing(valkey: Any) -> None:
    made = queue(valkey)
    batch.claim(valkey, [made.id])
    batch.finish(valkey, [made.id])
    assert batch.claim(valkey, [made.id]) == []
    assert (valkey.zcard(PENDING), valkey.hlen(ATTEMPTS)) == (0, 0)


def test_the_message_is_one_that_celery_reads(valkey: Any) -> None:
    made = queue(valkey)
    with app.connection_for_read() as connection, connection.SimpleQueue(EVENTS_QUEUE) as events:
        message = events.get(timeout=5)
        assert message.headers["task"] == "monitor.tasks.process_events"
        assert message.payload[0] == [made.id]
        message.ack()


def test_a_message_that_is_lost_is_queued_again(valkey: Any) -> None:
    made = queue(valkey)
    valkey.delete(EVENTS_QUEUE)
    assert batch.requeue_lost(valkey, time.time()) == 0, "its time is not over"
    assert batch.requeue_lost(valkey, in_a_minute()) == 1
    assert [batch.batch_id_of(message) for message in valkey.lrange(EVENTS_QUEUE, 0, -1)] == [made.id]


def test_a_batch_that_only_waits_is_left_alone(valkey: Any) -> None:
    for _ in range(3):
        queue(valkey)
    assert batch.requeue_lost(valkey, in_a_minute()) == 0
    assert valkey.llen(EVENTS_QUEUE) == 3


def test_a_lost_one_is_found_behind_a_backlog(valkey: Any) -> None:
    lost = queue(valkey)
    valkey.delete(EVENTS_QUEUE)
    time.sleep(0.002)
    queue(valkey)
    assert batch.requeue_lost(valkey, in_a_minute()) == 1
    assert batch.batch_id_of(valkey.lindex(EVENTS_QUEUE, -1)) == lost.id


def test_lost_ones_are_queued_in_their_order_and_once(valkey: Any) -> None:
    lost = []
    for _ in range(3):
        lost.append(queue(valkey).id)
        time.sleep(0.002)
    valkey.delete(EVENTS_QUEUE)
    assert batch.requeue_lost(valkey, in_a_minute()) == 3
    queued = [batch.batch_id_of(message) for message in valkey.lrange(EVENTS_QUEUE, 0, -1)]
    assert queued == lost[::-1], "a worker takes the last"
    assert batch.requeue_lost(valkey, in_a_minute() + 60) == 0, "they wait"


def test_a_begun_one_is_found_behind_a_long_backlog(valkey: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "MOST_AT_ONCE", 2)
    begun = queue(valkey)
    valkey.rpop(EVENTS_QUEUE)
    time.sleep(0.002)
    for _ in range(3):
        queue(valkey)
    batch.claim(valkey, [begun.id])
    assert batch.requeue_lost(valkey, in_a_minute()) == 1
    assert batch.batch_id_of(valkey.lindex(EVENTS_QUEUE, -1)) == begun.id


def test_a_lease_keeps_a_slow_batch_from_being_lost(valkey: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "LEASE_S", 0.3)
    made = queue(valkey)
    with batch.lease(valkey, [made.id]):
        first = valkey.zscore(PENDING, made.id)
        while valkey.zscore(PENDING, made.id) == first:
            time.sleep(0.02)
    assert valkey.zscore(PENDING, made.id) > first


def test_a_postponed_attempt_is_not_held_against_it(valkey: Any) -> None:
    made = queue(valkey)
    batch.claim(valkey, [made.id])
    batch.postpone(valkey, [made.id], 5)
    assert batch.claim(valkey, [made.id])[0].attempts == 1


def test_a_batch_that_is_finished_meanwhile_is_not_postponed(valkey: Any) -> None:
    made = queue(valkey)
    batch.claim(valkey, [made.id])
    batch.finish(valkey, [made.id])
    batch.postpone(valkey, [made.id], 5)
    assert (valkey.zcard(PENDING), valkey.hlen(ATTEMPTS)) == (0, 0)


def test_a_batch_of_another_version_is_kept_until_one_can_read_it(valkey: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    foreign, own = queue(valkey), queue(valkey)
    stored = valkey.get(BATCH.format(foreign.id))
    for unreadable in (b"not zstd", stored[:-5], zstandard.compress(b"\xc1"), zstandard.compress(b"\x90")):
        valkey.set(BATCH.format(foreign.id), unreadable)
        assert batch.claim(valkey, [foreign.id, own.id])[0].batch == own
        assert valkey.hgetall(UNREADABLE) == {foreign.id.encode(): unreadable}
        assert batch.retry_unreadable(valkey) == 0
    valkey.hset(UNREADABLE, foreign.id, stored)
    assert (batch.retry_unreadable(valkey), valkey.hlen(UNREADABLE)) == (1, 0)
    assert batch.claim(valkey, [foreign.id]) == [Claimed(foreign, 1)]


def test_a_split_batch_is_its_items_each_alone(valkey: Any) -> None:
    made = queue(valkey, items=3)
    counted = Batch(made.id, made.items, [Count(1, 1.0, "session", "unused", "", 2)])
    batch.split(valkey, counted)
    parts = [one.batch for one in batch.claim(valkey, [name.decode() for name in valkey.zrange(PENDING, 0, -1)])]
    assert sorted(part.items[0].event_id for part in parts if part) == [item.event_id for item in made.items]
    assert sum(len(part.counts) for part in parts if part) == 1
    assert batch.claim(valkey, [made.id]) == []
