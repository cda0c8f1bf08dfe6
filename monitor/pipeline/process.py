"""The life of a batch: names every step, in order."""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import redis
from django.db import InterfaceError, OperationalError, transaction

from monitor import batch as batches
from monitor.batch import MOST_ATTEMPTS, Batch, Claimed, Count, Item
from monitor.broker import client
from monitor.models.filters import Filters
from monitor.pipeline.evaluate import evaluate
from monitor.pipeline.filter import filter_events, filters_of
from monitor.pipeline.grouping import Grouped, group
from monitor.pipeline.normalize import normalize
from monitor.pipeline.outcomes import count_outcomes, day_of, is_recorded, record_batches
from monitor.pipeline.payload import Payload
from monitor.pipeline.retain import ensure_partitions
from monitor.pipeline.scrub import scrub
from monitor.pipeline.store import outcomes_of, store, store_dead_letter
from monitor.pipeline.symbolicate import symbolicate

logger = logging.getLogger(__name__)

DATABASE_AWAY_S = 10.0
ENOUGH_ITEMS = 96
"""As many events as make one transaction where a backlog is: it costs hardly more than one of a single event."""
TAKEN_AT_ONCE = 4
GATHER_S = 0.025
"""How long a small batch waits for company: a transaction's own cost is that of several events."""


def process_batch(batch_id: str) -> list[tuple[int, int]]:
    """Claim a batch, and of those queued behind it as many as make a good transaction; process them, forget them.

    Returns the notifications to send. A batch that is done already changes nothing. Batches whose database is away are
    left for later. One that fails is split into its items, so that the rest goes on; an item that fails alone, three
    times, becomes a dead letter.
    """
    valkey = client()
    claimed = batches.claim(valkey, [batch_id])
    if claimed:
        _claim_more(valkey, claimed)
    with batches.lease(valkey, [one.batch.id for one in claimed]):
        first = [one.batch for one in claimed if one.attempts == 1]
        notifications = _together(first) if len(first) > 1 else None
        if notifications is not None:
            claimed = [one for one in claimed if one.attempts > 1]
        return [*(notifications or []), *(told for one in claimed for told in _alone(one))]


def _claim_more(valkey: "redis.Redis", claimed: list[Claimed]) -> None:
    """Add what is queued behind the first batch, and what comes in a moment; what has failed before goes alone, since
    it may be what ends its worker.
    """
    has_waited = False
    while sum(len(one.batch.items) for one in claimed) < ENOUGH_ITEMS and claimed[-1].attempts == 1:
        more = batches.claim_queued(valkey, TAKEN_AT_ONCE, [one.batch.id for one in claimed])
        claimed += more
        if not more and has_waited:
            return
        if not more:
            time.sleep(GATHER_S)
            has_waited = True


def _together(these: list[Batch]) -> list[tuple[int, int]] | None:
    """Process batches in one transaction; None when they fail together, and must be tried one by one."""
    try:
        notifications = process(*these)
    except Exception as error:
        logger.info("%d batches failed together and go one by one: %s", len(these), error)
        return None
    batches.finish(client(), [batch.id for batch in these])
    return notifications


def _alone(one: Claimed) -> list[tuple[int, int]]:
    batch, attempts = one.batch, one.attempts
    if attempts > MOST_ATTEMPTS:
        give_up(batch, f"its worker ended {MOST_ATTEMPTS} times while it was being processed")
        return []
    try:
        notifications = process(batch)
    except (OperationalError, InterfaceError) as error:
        logger.warning("batch %s waits: the database does not answer: %s", batch.id, error)
        batches.postpone(client(), [batch.id], DATABASE_AWAY_S)
        return []
    except Exception as error:
        logger.exception("batch %s of %d items failed, attempt %d", batch.id, len(batch.items), attempts)
        if len(batch.items) > 1 or attempts >= MOST_ATTEMPTS:
            give_up(batch, f"{type(error).__name__}: {error}")
        return []
    batches.finish(client(), [batch.id])
    return notifications


def process(*these: Batch) -> list[tuple[int, int]]:
    """normalize -> filter -> scrub -> symbolicate -> group -> store -> evaluate -> count.

    From store on in one transaction, which also records the batches: delivered again, they change nothing.
    """
    filters = filters_of(item.project_id for batch in these for item in batch.items)
    prepared = [_prepare(batch, filters) for batch in these]
    symbolicated = symbolicate([(item.project_id, payload) for one in prepared for item, payload in one.kept])
    payloads = iter(symbolicated)
    grouped = {one.batch.id: [_grouped(item, next(payloads)) for item, _ in one.kept] for one in prepared}
    _ensure_partitions(these, [event for events in grouped.values() for event in events])
    with transaction.atomic():
        new = record_batches(these)
        fresh = [one for one in prepared if one.batch.id in new]
        events = [event for one in fresh for event in grouped[one.batch.id]]
        stored = store(events)
        notifications = evaluate(stored)
        counts = [count for one in fresh for count in (*one.batch.counts, *one.filtered)]
        count_outcomes([*counts, *outcomes_of(events, stored)])
    return notifications


@dataclass(frozen=True)
class _Prepared:
    """A batch after the steps that look at each event alone: what is kept of it, and what is only counted."""

    batch: Batch
    kept: list[tuple[Item, Payload]]
    filtered: list[Count]


def _prepare(batch: Batch, filters: Mapping[int, Filters]) -> _Prepared:
    kept, filtered = filter_events([(item, normalize(item)) for item in batch.items], filters)
    return _Prepared(batch, [(item, scrub(payload)) for item, payload in kept], filtered)


def _ensure_partitions(these: Sequence[Batch], events: Sequence[Grouped]) -> None:
    days = {event.payload.day for event in events}
    for table in ("monitor_event", "monitor_stack", "monitor_sampledevent"):
        ensure_partitions(table, days)
    ensure_partitions("monitor_countedbatch", {day_of(batch) for batch in these})


def _grouped(item: Item, payload: Payload) -> Grouped:
    return Grouped(item.project_id, payload, group(payload), item.client)


def give_up(batch: Batch, reason: str) -> None:
    """Split a batch; a single item that cannot be split any more becomes a dead letter with its reason."""
    if len(batch.items) > 1 and not is_recorded(batch):
        batches.split(client(), batch)
        return
    ensure_partitions("monitor_countedbatch", [day_of(batch)])
    with transaction.atomic():
        if record_batches([batch]):
            for item in batch.items:
                logger.error("event %s of project %d is a dead letter: %s", item.event_id, item.project_id, reason)
                store_dead_letter(item, reason)
            count_outcomes([*batch.counts, *(_dead(item, reason) for item in batch.items)])
    batches.finish(client(), [batch.id])


def _dead(item: Item, reason: str) -> Count:
    return Count(item.project_id, item.received_at, "event", "dead", reason.split(":")[0][:100], 1)
