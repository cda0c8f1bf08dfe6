"""Dead letters: queued again or dropped, at a person's word."""

import logging
from collections.abc import Sequence
from typing import Any

import msgspec
from django.db import transaction

from monitor import batch as batches
from monitor.batch import Batch, Count, Item, Place, new_id
from monitor.broker import client
from monitor.models import DeadLetter
from monitor.pipeline.outcomes import count_outcomes

logger = logging.getLogger(__name__)


def item_of(letter: DeadLetter) -> Item:
    """The item as the door queued it; what an older row does not tell of it is unknown again."""
    known: dict[str, Any] = letter.received
    return Item(
        project_id=letter.project_id,
        event_id=letter.event_id.hex,
        received_at=letter.received_at.timestamp(),
        sent_at=known.get("sent_at"),
        user_agent=known.get("user_agent", ""),
        client=known.get("client", ""),
        body=bytes(letter.item),
        place=msgspec.convert(known["place"], Place) if "place" in known else None,
        address=known.get("address", ""),
    )


def retry(letters: Sequence[DeadLetter], by: str) -> int:
    """Queue the letters' events again, then forget the letters; return how many there were. `by` goes into the log.

    Raises redis.RedisError when the broker does not take them: every letter stays. So it does when the process ends
    in between; retried again, an event is still stored once.
    """
    if not letters:
        return 0
    pipe = client().pipeline(transaction=True)
    batches.add(pipe, Batch(new_id(), [item_of(letter) for letter in letters], []))
    pipe.execute()
    return _settle(letters, "retried", by)


def drop(letters: Sequence[DeadLetter], by: str) -> int:
    """Forget the letters and their events for good; return how many there were. `by` goes into the log."""
    return _settle(letters, "dropped", by)


def _settle(letters: Sequence[DeadLetter], outcome: str, by: str) -> int:
    """Delete the rows that are still there and count exactly those, in the hour in which they were received."""
    with transaction.atomic():
        ids = {letter.id for letter in letters}
        rows = DeadLetter.objects.filter(project_id__in={letter.project_id for letter in letters}, id__in=ids)
        settled = list(rows.select_for_update().defer("item").order_by("id"))
        rows.delete()
        count_outcomes([_count(letter, outcome) for letter in settled])
    for letter in settled:
        logger.warning("%s %s the dead letter of event %s, project %d", by, outcome, letter.event_id, letter.project_id)
    return len(settled)


def _count(letter: DeadLetter, outcome: str) -> Count:
    return Count(letter.project_id, letter.received_at.timestamp(), "event", outcome, "by_person", 1)
