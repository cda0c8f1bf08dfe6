"""The record of a batch in Valkey: written by the door, claimed, renewed, split and finished by workers.

The Celery message that announces a batch is only a hint and may be lost; the record is what counts. Whatever is in
PENDING and is neither queued nor being worked on is queued again by the sweep.
"""

import base64
import contextlib
import json
import logging
import math
import secrets
import threading
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import redis
import zstandard

from monitor.broker import ATTEMPTS, BATCH, EVENTS_QUEUE, PENDING, UNREADABLE

logger = logging.getLogger(__name__)

LEASE_S = 10.0
"""How long a batch may go without a sign of work before the sweep looks at it."""
MOST_ATTEMPTS = 3
LONGEST_INTEGER = 1000
"""Digits of a number in JSON that is read as one; Python refuses those past 4300, for the time they take."""
MOST_AT_ONCE = 1000
"""How many batches one sweep looks at beside those that were begun, and how many it queues again."""


def read_json(body: bytes) -> Any:
    """Decode JSON; also what some clients send and RFC 8259 forbids: damaged UTF-8, lone surrogates, control
    characters, NaN, a BOM. Numbers that no machine holds, and NaN, come as texts.

    Raises ValueError for what is no JSON, RecursionError for what is nested a thousand deep.
    """
    try:
        return msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return _lenient.decode(body.decode("utf-8-sig", "replace"))


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) < LONGEST_INTEGER else digits


def _number(digits: str) -> float | str:
    return number if math.isfinite(number := float(digits)) else digits


_lenient = json.JSONDecoder(parse_int=_integer, parse_float=_number, parse_constant=str, strict=False)


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a client's address belongs: autonomous system and its name, ISO 3166 country, region; "" or 0: unknown."""

    asn: int = 0
    network: str = ""
    country: str = ""
    region: str = ""


class Item(msgspec.Struct, frozen=True, array_like=True):
    """One event as received: the JSON text, and what only the door knows.

    `client` is a keyed hash of address and browser, for counting users that carry no name; the address itself is ""
    unless the project keeps it.
    """

    project_id: int
    event_id: str
    received_at: float
    sent_at: float | None
    user_agent: str
    client: str
    body: bytes
    place: Place | None = None
    address: str = ""


class Count(msgspec.Struct, frozen=True, array_like=True):
    """Items that are counted and not kept."""

    project_id: int
    received_at: float
    category: str
    outcome: str
    reason: str
    items: int


class Batch(msgspec.Struct, frozen=True, array_like=True):
    """What one group commit holds. Ids sort by time of making."""

    id: str
    items: list[Item]
    counts: list[Count]


def new_id() -> str:
    """A batch id: microseconds since 1970 in 14 hexadecimal digits, then 56 random bits."""
    return f"{time.time_ns() // 1000:014x}{secrets.token_hex(7)}"


def made_at(batch_id: str) -> float:
    """When the batch was made, in seconds since 1970."""
    return int(batch_id[:14], 16) / 1_000_000


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Batch)


class _Zstd(threading.local):
    """Each thread's own, made once: making them takes as long as using them."""

    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=1)
        self.decompressor = zstandard.ZstdDecompressor()


_zstd = _Zstd()


def encode(batch: Batch) -> bytes:
    """zstd of MessagePack."""
    return _zstd.compressor.compress(_encoder.encode(batch))


def decode(stored: bytes) -> Batch:
    """The batch that `encode` wrote."""
    return _decoder.decode(_zstd.decompressor.decompress(stored))


_UNREADABLE = (msgspec.MsgspecError, zstandard.ZstdError, UnicodeDecodeError)


_ARGUMENTS = '[["{id}"], {}, {"callbacks": null, "errbacks": null, "chain": null, "chord": null}]'
_MESSAGE = json.dumps(
    {
        "body": "{body}",
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {
            "lang": "py",
            "task": "monitor.tasks.process_events",
            "id": "{id}",
            "root_id": "{id}",
            "parent_id": None,
            "group": None,
            "retries": 0,
            "eta": None,
            "expires": None,
            "timelimit": [None, None],
            "argsrepr": "('{id}',)",
            "kwargsrepr": "{}",
            "ignore_result": True,
        },
        "properties": {
            "correlation_id": "{id}",
            "delivery_mode": 2,
            "delivery_info": {"exchange": "", "routing_key": EVENTS_QUEUE},
            "priority": 0,
            "body_encoding": "base64",
            "delivery_tag": "{tag}",
        },
    }
)


def task_message(batch_id: str) -> bytes:
    """The Celery message (protocol 2, in Kombu's Redis envelope) that calls process_events(batch_id).

    Written by hand so that it can ride in the same MULTI as the record.
    """
    body = base64.b64encode(_ARGUMENTS.replace("{id}", batch_id).encode()).decode()
    message = _MESSAGE.replace("{id}", batch_id).replace("{body}", body).replace("{tag}", secrets.token_hex(16))
    return message.encode()


def batch_id_of(message: bytes) -> str:
    """The batch id in a message that `task_message` or Celery wrote."""
    return str(json.loads(message)["headers"]["argsrepr"].split("'")[1])


def add(pipe: Any, batch: Batch, attempts: int = 0) -> None:
    """Record a batch and announce it, in the caller's MULTI (a blocking or an asyncio pipeline: alike but in type)."""
    add_record(pipe, batch.id, encode(batch))
    if attempts:
        pipe.hset(ATTEMPTS, batch.id, str(attempts))


def add_record(pipe: Any, batch_id: str, record: bytes) -> None:
    """The same for a batch that is encoded already."""
    pipe.set(BATCH.format(batch_id), record)
    pipe.zadd(PENDING, {batch_id: time.time() + LEASE_S})
    pipe.lpush(EVENTS_QUEUE, task_message(batch_id))


@dataclass(frozen=True)
class Claimed:
    """A batch that this worker has begun, and how often it has been begun, this time included."""

    batch: Batch
    attempts: int


def claim(valkey: redis.Redis, batch_ids: Sequence[str]) -> list[Claimed]:
    """Begin batches; those that are done already are left out."""
    pipe = valkey.pipeline(transaction=True)
    for batch_id in batch_ids:
        pipe.zadd(PENDING, {batch_id: time.time() + LEASE_S}, xx=True)
        pipe.hincrby(ATTEMPTS, batch_id, 1)
        pipe.get(BATCH.format(batch_id))
    answers = pipe.execute()
    found = list(zip(batch_ids, answers[1::3], answers[2::3], strict=True))
    if done := [batch_id for batch_id, _, stored in found if stored is None]:
        valkey.hdel(ATTEMPTS, *done)
    return [
        Claimed(batch, attempts)
        for batch_id, attempts, stored in found
        if stored is not None and (batch := _readable(valkey, batch_id, stored))
    ]


def _readable(valkey: redis.Redis, batch_id: str, stored: bytes) -> Batch | None:
    """The batch, unless another version of Farside has written it: then it is kept aside until one that can read it
    comes.
    """
    try:
        return decode(stored)
    except _UNREADABLE as error:
        logger.error("batch %s cannot be read and is kept in %s: %s", batch_id, UNREADABLE, error)
    pipe = valkey.pipeline(transaction=True)
    pipe.hset(UNREADABLE, batch_id, stored)
    _forget(pipe, [batch_id])
    pipe.execute()
    return None


def retry_unreadable(valkey: Any) -> int:
    """Queue again what this version can read of the batches kept aside; return how many."""
    readable = [(batch_id, stored) for batch_id, stored in valkey.hgetall(UNREADABLE).items() if _can_read(stored)]
    pipe = valkey.pipeline(transaction=True)
    for batch_id, stored in readable:
        add_record(pipe, batch_id.decode(), stored)
        pipe.hdel(UNREADABLE, batch_id)
    pipe.execute()
    return len(readable)


def _can_read(stored: bytes) -> bool:
    try:
        decode(stored)
    except _UNREADABLE:
        return False
    return True


def claim_queued(valkey: redis.Redis, most: int, held: Collection[str]) -> list[Claimed]:
    """Take the next messages off the queue, at most so many, and begin their batches, but for those `held` already.

    As with any message that is lost, the record brings a batch back if this worker dies.
    """
    messages: Any = valkey.rpop(EVENTS_QUEUE, most)
    new = dict.fromkeys(map(batch_id_of, messages or ()))
    wanted = [batch_id for batch_id in new if batch_id not in held]
    return claim(valkey, wanted) if wanted else []


@contextlib.contextmanager
def lease(valkey: redis.Redis, batch_ids: Sequence[str]) -> Iterator[None]:
    """Keep claims alive while the block runs; they lapse with the process."""
    done = threading.Event()

    def renew() -> None:
        while not done.wait(LEASE_S / 3):
            with contextlib.suppress(redis.RedisError):
                valkey.zadd(PENDING, dict.fromkeys(batch_ids, time.time() + LEASE_S), xx=True)

    keeper = threading.Thread(target=renew, daemon=True)
    keeper.start()
    try:
        yield
    finally:
        done.set()
        keeper.join()


def _forget(pipe: "redis.client.Pipeline", batch_ids: Sequence[str]) -> None:
    pipe.delete(*map(BATCH.format, batch_ids))
    pipe.zrem(PENDING, *batch_ids)
    pipe.hdel(ATTEMPTS, *batch_ids)


def finish(valkey: redis.Redis, batch_ids: Sequence[str]) -> None:
    """Forget batches whose transaction has committed."""
    pipe = valkey.pipeline(transaction=True)
    _forget(pipe, batch_ids)
    pipe.execute()


def postpone(valkey: redis.Redis, batch_ids: Sequence[str], seconds: float) -> None:
    """Leave batches for later without holding the attempt against them: the database is away, say."""
    pipe = valkey.pipeline(transaction=True)
    pipe.zadd(PENDING, dict.fromkeys(batch_ids, time.time() + seconds), xx=True)
    for batch_id in batch_ids:
        pipe.hincrby(ATTEMPTS, batch_id, -1)
    # Another worker may have finished one meanwhile; then nothing is left to count down.
    if gone := [batch_id for batch_id, left in zip(batch_ids, pipe.execute()[1:], strict=True) if left < 0]:
        valkey.hdel(ATTEMPTS, *gone)


def split(valkey: redis.Redis, batch: Batch) -> None:
    """Put a batch's items into batches of their own, so that one that fails holds up no other."""
    pipe = valkey.pipeline(transaction=True)
    for position, item in enumerate(batch.items):
        add(pipe, Batch(new_id(), [item], batch.counts if position == 0 else []))
    _forget(pipe, [batch.id])
    pipe.execute()


def requeue_lost(valkey: Any, now: float) -> int:
    """Announce again every batch that is overdue and no longer queued; return how many.

    Ids sort by time and the queue is first in, first out: what is older than the oldest message still queued has left
    the queue. With an empty queue everything overdue has. The oldest comes to stand first, which keeps that order.
    """
    oldest = valkey.lindex(EVENTS_QUEUE, -1)
    limit = batch_id_of(oldest) if oldest else None
    lost = sorted(batch_id for batch_id in _overdue(valkey, now) if limit is None or batch_id < limit)[:MOST_AT_ONCE]
    pipe = valkey.pipeline(transaction=True)
    for batch_id in reversed(lost):
        pipe.zadd(PENDING, {batch_id: now + LEASE_S}, xx=True)
        pipe.rpush(EVENTS_QUEUE, task_message(batch_id))
    pipe.execute()
    return len(lost)


def _overdue(valkey: Any, now: float) -> set[str]:
    """Ids whose time is over: the first of PENDING, and all that were begun, which stand there behind any backlog."""
    first = valkey.zrangebyscore(PENDING, "-inf", now, start=0, num=MOST_AT_ONCE)
    begun = valkey.hkeys(ATTEMPTS)
    scores = valkey.zmscore(PENDING, begun) if begun else []
    late = [batch_id for batch_id, score in zip(begun, scores, strict=True) if score is not None and score <= now]
    return {batch_id.decode() for batch_id in (*first, *late)}
