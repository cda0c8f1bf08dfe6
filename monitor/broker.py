"""Connections to Valkey, and the names of the keys that the door, the workers and the pages share."""

from functools import cache

import redis
import redis.asyncio
from django.conf import settings
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

BATCH = "farside:batch:{}"
"""The bytes of one batch, until its transaction has committed."""
PENDING = "farside:pending"
"""Sorted set of batch ids; the score is the time (seconds) after which nobody is taken to be working on it."""
ATTEMPTS = "farside:attempts"
"""Hash of batch id -> how often a worker has begun it."""
UNREADABLE = "farside:unreadable"
"""Hash of batch id -> bytes of a batch that this version cannot read; kept until one that can comes."""
LIMIT = "farside:limit:{}:{}"
"""Events taken in one window of a limit: its scope, and when the window began (seconds since 1970)."""
WORKER_ALIVE = "farside:worker:alive"
"""Renewed by every worker's heartbeat, gone when all have been silent."""
EVENTS_QUEUE = "events"
UPKEEP_QUEUE = "upkeep"


@cache
def client() -> redis.Redis:
    """The process's own client; connects at its first command."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=10, health_check_interval=30)


def async_client() -> "redis.asyncio.Redis":
    """The door's client, for one event loop. It gives up soon: what the broker does not take, the door spools."""
    return redis.asyncio.Redis.from_url(
        settings.REDIS_URL, socket_timeout=3, socket_connect_timeout=1, retry=Retry(NoBackoff(), 0)
    )
