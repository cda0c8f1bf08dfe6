"""The life of a batch: names every step, in order."""

import logging

from django.db import InterfaceError, OperationalError, transaction

from monitor import batch as batches
from monitor.batch import MOST_ATTEMPTS, Batch, Count, Item
from monitor.broker import client
from monitor.pipeline.evaluate import evaluate
from monitor.pipeline.filter import filter_events
from monitor.pipeline.group import Grouped, group
from monitor.pipeline.normalize import normalize
from monitor.pipeline.outcomes import count_outcomes, day_of, is_recorded, record_batch
from monitor.pipeline.payload import Payload
from monitor.pipeline.retain import ensure_partitions
from monitor.pipeline.scrub import scrub
from monitor.pipeline.store import outcomes_of, store, store_dead_letter
from monitor.pipeline.symbolicate import symbolicate

logger = logging.getLogger(__name__)

DATABASE_AWAY_S = 10.0


def process_batch(batch_id: str) -> list[tuple[int, int]]:
    """Claim a batch, process it, forget it; return the notifications to send.

    A batch that is done already changes nothing. One whose database is away is left for later. One that fails is split
    into its items, so that the rest goes on; an item that fails alone, three times, becomes a dead letter.
    """
    valkey = client()
    batch, attempts = batches.claim(valkey, batch_id)
    if batch is None:
        return []
    with batches.lease(valkey, batch_id):
        if attempts > MOST_ATTEMPTS:
            give_up(batch, f"its worker ended {MOST_ATTEMPTS} times while it was being processed")
            return []
        try:
            notifications = process(batch)
        except (OperationalError, InterfaceError) as error:
            logger.warning("batch %s waits: the database does not answer: %s", batch_id, error)
            batches.postpone(valkey, batch_id, DATABASE_AWAY_S)
            return []
        except Exception as error:
            logger.exception("batch %s of %d items failed, attempt %d", batch_id, len(batch.items), attempts)
            if len(batch.items) > 1 or attempts >= MOST_ATTEMPTS:
                give_up(batch, f"{type(error).__name__}: {error}")
            return []
        batches.finish(valkey, batch_id)
    return notifications


def process(batch: Batch) -> list[tuple[int, int]]:
    """normalize -> filter -> scrub -> symbolicate -> group -> store -> evaluate -> count.

    From store on in one transaction, which also records the batch: delivered again, it changes nothing.
    """
    kept, filtered = filter_events([(item, normalize(item)) for item in batch.items])
    symbolicated = symbolicate([(item.project_id, scrub(payload)) for item, payload in kept])
    grouped = [_grouped(item, payload) for (item, _), payload in zip(kept, symbolicated, strict=True)]
    for table in ("monitor_event", "monitor_stack", "monitor_sampledevent"):
        ensure_partitions(table, [event.payload.day for event in grouped])
    ensure_partitions("monitor_countedbatch", [day_of(batch)])
    with transaction.atomic():
        if not record_batch(batch):
            return []
        stored = store(grouped)
        notifications = evaluate(stored)
        count_outcomes([*batch.counts, *filtered, *outcomes_of(grouped, stored)])
    return notifications


def _grouped(item: Item, payload: Payload) -> Grouped:
    return Grouped(item.project_id, payload, group(payload), item.client)


def give_up(batch: Batch, reason: str) -> None:
    """Split a batch; a single item that cannot be split any more becomes a dead letter with its reason."""
    if len(batch.items) > 1 and not is_recorded(batch):
        batches.split(client(), batch)
        return
    ensure_partitions("monitor_countedbatch", [day_of(batch)])
    with transaction.atomic():
        if record_batch(batch):
            for item in batch.items:
                logger.error("event %s of project %d is a dead letter: %s", item.event_id, item.project_id, reason)
                store_dead_letter(item, reason)
            count_outcomes([*batch.counts, *(_dead(item, reason) for item in batch.items)])
    batches.finish(client(), batch.id)


def _dead(item: Item, reason: str) -> Count:
    return Count(item.project_id, item.received_at, "event", "dead", reason.split(":")[0][:100], 1)
