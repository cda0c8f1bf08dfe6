"""How much waits, where and how long: what the status page, /metrics and the warnings look at."""

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import msgspec
import redis
from django.conf import settings
from django.db import connection
from psycopg import sql
from redis.backoff import NoBackoff
from redis.retry import Retry

from monitor.batch import made_at
from monitor.broker import ATTEMPTS, EVENTS_QUEUE, PENDING, UNREADABLE, UPKEEP_QUEUE, WORKER_ALIVE

logger = logging.getLogger(__name__)

PATIENCE_S = 1.0
"""How long a page waits for a broker that does not answer."""
STALE_S = 60.0
"""How long the word of a process of the door is believed: while something waits it says so every few seconds."""
PAGES = 64
"""Pages of the newest partition that tell the lag: some hundreds of the events stored last."""

LAG = sql.SQL(
    "SELECT count(*), coalesce(percentile_disc(0.5) WITHIN GROUP (ORDER BY lag), 0), coalesce(max(lag), 0)"
    " FROM (SELECT extract(epoch FROM processed_at - received_at) AS lag FROM {partition}"
    "  WHERE ctid >= %s AND processed_at > now() - interval '5 minutes') AS latest"
)


@dataclass(frozen=True)
class Backlog:
    """Messages queued, batches accepted and not yet committed, those begun, the age of the oldest in seconds, and
    batches of another version that are kept aside.
    """

    queued: int
    upkeep_queued: int
    pending: int
    begun: int
    oldest_age_s: float
    is_worker_alive: bool
    unreadable: int = 0


def measure() -> Backlog:
    """Ask Valkey, in one round trip. Raises redis.RedisError when it does not answer soon."""
    pipe = impatient_client().pipeline(transaction=False)
    pipe.llen(EVENTS_QUEUE)
    pipe.llen(UPKEEP_QUEUE)
    pipe.zcard(PENDING)
    pipe.hlen(ATTEMPTS)
    pipe.exists(WORKER_ALIVE)
    # Batch ids begin with the time they were made, so the smallest is the oldest.
    pipe.zrange(PENDING, 0, 999)
    pipe.hlen(UNREADABLE)
    queued, upkeep, pending, begun, alive, ids, unreadable = pipe.execute()
    oldest = min((made_at(batch_id.decode()) for batch_id in ids), default=time.time())
    return Backlog(queued, upkeep, pending, begun, max(0.0, time.time() - oldest), bool(alive), unreadable)


def impatient_client() -> redis.Redis:
    """A client for pages, which rather tell that the broker does not answer than wait for it."""
    return _impatient(settings.REDIS_URL)


@cache
def _impatient(url: str) -> redis.Redis:
    never = Retry(NoBackoff(), 0)
    return redis.Redis.from_url(url, socket_timeout=PATIENCE_S, socket_connect_timeout=PATIENCE_S, retry=never)


class DoorState(msgspec.Struct, frozen=True):
    """What one process of the door, or all together, hold on disk while the broker does not take it.

    `spool_limit_bytes` 0: nothing is known of a limit. `broker_away_since` is in seconds since 1970.
    """

    spool_bytes: int = 0
    spool_batches: int = 0
    spool_limit_bytes: int = 0
    oldest_age_s: float = 0.0
    broker_away_since: float | None = None

    def fullness(self) -> float:
        """The share of the limit that is used, from 0 to 1."""
        return self.spool_bytes / self.spool_limit_bytes if self.spool_limit_bytes else 0.0


def read_doors() -> list[DoorState]:
    """What each living process of the door says of its spool; it says nothing while all is well."""
    return [state for path in sorted(settings.FARSIDE_SPOOL.glob("*.state.json")) if (state := _read(path))]


def _read(path: Path) -> DoorState | None:
    try:
        if time.time() - path.stat().st_mtime > STALE_S:
            return None
        return msgspec.json.decode(path.read_bytes(), type=DoorState)
    except (OSError, msgspec.MsgspecError) as error:
        logger.warning("the state of a door cannot be read from %s: %s", path, error)
        return None


def together(doors: Iterable[DoorState]) -> DoorState:
    """All of them as one."""
    doors = list(doors)
    return DoorState(
        sum(door.spool_bytes for door in doors),
        sum(door.spool_batches for door in doors),
        sum(door.spool_limit_bytes for door in doors),
        max((door.oldest_age_s for door in doors), default=0.0),
        min((door.broker_away_since for door in doors if door.broker_away_since is not None), default=None),
    )


def is_read_only() -> bool:
    """Whether the database takes no change: a standby, or one that was told so. Raises DatabaseError."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_read_only")
        return bool(cursor.fetchone() == ("on",))


@dataclass(frozen=True)
class Lag:
    """Seconds from a door to the database, of `events` that were stored in the last five minutes."""

    events: int
    median_s: float
    worst_s: float


def measure_lag() -> Lag:
    """Of the events at the end of today's partition, where the latest are: no index has them by time of storing.

    Raises DatabaseError.
    """
    name = f"monitor_event_{datetime.now(UTC):%Y%m%d}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_relation_size(to_regclass(%s)) / current_setting('block_size')::int", [name])
        (pages,) = cursor.fetchone() or (None,)
        if pages is None:
            return Lag(0, 0.0, 0.0)
        cursor.execute(LAG.format(partition=sql.Identifier(name)), [f"({max(0, pages - PAGES)},0)"])
        events, median, worst = cursor.fetchone() or (0, 0.0, 0.0)
    return Lag(events, float(median), float(worst))
