"""How much waits: what the status page, /metrics and the tests look at."""

import time
from dataclasses import dataclass

from monitor.batch import made_at
from monitor.broker import ATTEMPTS, EVENTS_QUEUE, PENDING, UPKEEP_QUEUE, WORKER_ALIVE, client
from monitor.models import DeadLetter


@dataclass(frozen=True)
class Backlog:
    """Messages queued, batches not yet committed, the age of the oldest in seconds, dead letters of all projects."""

    queued: int
    upkeep_queued: int
    pending: int
    begun: int
    oldest_age_s: float
    dead: int
    is_worker_alive: bool


def measure() -> Backlog:
    """Ask Valkey and PostgreSQL. Raises redis.RedisError or django.db.DatabaseError when they do not answer."""
    pipe = client().pipeline(transaction=False)
    pipe.llen(EVENTS_QUEUE)
    pipe.llen(UPKEEP_QUEUE)
    pipe.zcard(PENDING)
    pipe.hlen(ATTEMPTS)
    pipe.exists(WORKER_ALIVE)
    # Batch ids begin with the time they were made, so the smallest is the oldest.
    pipe.zrange(PENDING, 0, 999)
    queued, upkeep, pending, begun, alive, ids = pipe.execute()
    oldest = min((made_at(batch_id.decode()) for batch_id in ids), default=time.time())
    return Backlog(
        queued, upkeep, pending, begun, max(0.0, time.time() - oldest), DeadLetter.objects.count(), bool(alive)
    )
