"""What the payloads of a project have in common: trained from them, and used to compress the next ones.

A payload of 8 kB takes half the room with a dictionary that it takes without (docs/performance.md), and less time.
Zstandard's dictionaries: RFC 8878, section 5.
"""

import logging
import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

import zstandard
from django.conf import settings
from django.db.models import Exists, OuterRef, Sum
from django.utils import timezone

from monitor.models import Dictionary, Event, Outcome

LEVEL = 3
DICTIONARY_BYTES = 16_384
"""16 kB make payloads as small as 64 kB do, and cost less to load."""
FRESH_S = 20.0
FIRST_AT = 300
"""Events a project must have stored before its first dictionary is worth while; the next comes at ten times as many."""
SAMPLES = 500
AGED = timedelta(days=7)

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Compressor:
    """Zstandard with a project's newest dictionary, or without any. For one thread at a time."""

    context: zstandard.ZstdCompressor

    def compress(self, data: bytes) -> bytes:
        """One frame, which names its dictionary."""
        return self.context.compress(data)


PLAIN = Compressor(zstandard.ZstdCompressor(level=LEVEL))
_newest: dict[int, tuple[float, int, Compressor]] = {}


def find_compressors(project_ids: Collection[int]) -> dict[int, Compressor]:
    """project id -> what compresses its payloads; asks the database once in FRESH_S, for all of them in one query."""
    now = time.monotonic()
    stale = [one for one in set(project_ids) if one not in _newest or now - _newest[one][0] > FRESH_S]
    if stale:
        found = Dictionary.objects.filter(project_id__in=stale).order_by("project_id", "-created_at")
        ids = dict(found.distinct("project_id").values_list("project_id", "id"))
        for project_id in stale:
            _newest[project_id] = (now, *_compressor(project_id, ids.get(project_id, 0)))
    return {project_id: _newest[project_id][2] for project_id in project_ids}


def _compressor(project_id: int, dictionary_id: int) -> tuple[int, Compressor]:
    before = _newest.get(project_id)
    if before and before[1] == dictionary_id:
        return before[1], before[2]
    content = _content(project_id, dictionary_id) if dictionary_id else None
    if content is None:
        return 0, PLAIN
    dictionary = zstandard.ZstdCompressionDict(content)
    dictionary.precompute_compress(level=LEVEL)
    return dictionary_id, Compressor(zstandard.ZstdCompressor(level=LEVEL, dict_data=dictionary))


def forget_dictionaries() -> None:
    """Know no dictionary, as a new process would."""
    _newest.clear()
    _decompressor.cache_clear()


def decompress(project_id: int, stored: bytes) -> bytes:
    """What a compressor of this project compressed. Raises LookupError when its dictionary is gone."""
    dictionary_id = zstandard.get_frame_parameters(stored).dict_id
    return _decompressor(project_id, dictionary_id).decompress(stored)


@lru_cache(maxsize=128)
def _decompressor(project_id: int, dictionary_id: int) -> zstandard.ZstdDecompressor:
    if not dictionary_id:
        return zstandard.ZstdDecompressor()
    content = _content(project_id, dictionary_id)
    if content is None:
        raise LookupError(f"dictionary {dictionary_id} of project {project_id} is not stored")
    return zstandard.ZstdDecompressor(dict_data=zstandard.ZstdCompressionDict(content))


def _content(project_id: int, dictionary_id: int) -> bytes | None:
    found = Dictionary.objects.filter(project_id=project_id, id=dictionary_id).values_list("content", flat=True).first()
    return None if found is None else bytes(found)


def train_dictionaries() -> int:
    """Train for every project that has stored enough since its last dictionary; return for how many."""
    stored = Outcome.objects.filter(category="event", outcome="stored").values_list("project_id")
    due = [
        (project_id, events)
        for project_id, events in stored.annotate(Sum("items")).filter(items__sum__gte=FIRST_AT)
        if _is_due(Dictionary.objects.filter(project_id=project_id).order_by("-created_at").first(), events)
    ]
    return sum(_train(project_id, events) for project_id, events in due)


def _is_due(newest: Dictionary | None, events: int) -> bool:
    if newest is None or events >= newest.trained_on * 10:
        return True
    return timezone.now() - newest.created_at > AGED and events >= newest.trained_on + SAMPLES


def _train(project_id: int, events: int) -> bool:
    samples = _samples(project_id)
    try:
        trained = zstandard.train_dictionary(DICTIONARY_BYTES, samples)
    except zstandard.ZstdError as error:  # too few, or all alike
        logger.info("no dictionary for project %d: %s", project_id, error)
        return False
    # The id follows from the content: samples that have not changed give the same dictionary again.
    Dictionary.objects.update_or_create(
        project_id=project_id,
        id=trained.dict_id(),
        defaults={"trained_on": events, "created_at": timezone.now()},
        create_defaults={"trained_on": events, "content": trained.as_bytes()},
    )
    logger.info("a dictionary for project %d, trained on %d of its payloads", project_id, len(samples))
    return True


def _samples(project_id: int) -> list[bytes | bytearray | memoryview]:
    """Payloads of the newest days, at random: event ids are."""
    rows = Event.objects.filter(project_id=project_id, day__gte=timezone.now().date() - AGED).order_by(
        "-day", "-event_id"
    )
    return [decompress(project_id, bytes(stored)) for stored in rows.values_list("payload", flat=True)[:SAMPLES]]


def drop_dictionaries(now: datetime | None = None) -> None:
    """Drop those that were replaced so long ago that no event compressed with them is kept."""
    unused = (now or timezone.now()) - timedelta(days=settings.FARSIDE_RETENTION_DAYS + 1)
    newer = Dictionary.objects.filter(
        project_id=OuterRef("project_id"), created_at__gt=OuterRef("created_at"), created_at__lt=unused
    )
    Dictionary.objects.filter(Exists(newer)).delete()
