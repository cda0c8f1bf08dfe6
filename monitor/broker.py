"""Connections to Valkey, and the names of the keys that the door, the workers and the pages share."""

from functools import cache

import redis
import redis.asyncio
from django.conf import settings

BATCH = "farside:batch:{}"
"""The bytes of one batch, until its transaction has committed."""
PENDING = "farside:pending"
"""Sorted set of batch ids; the score is the time (seconds) after which nobody is taken to be working on it."""
ATTEMPTS = "farside:attempts"
"""Hash of batch id -> how often a worker has begun it."""
WORKER_ALIVE = "farside:worker:alive"
"""Renewed by every worker's heartbeat, gone when all have been silent."""
EVENTS_QUEUE = "events"
UPKEEP_QUEUE = "upkeep"


@cache
def client() -> redis.Redis:
    """The process's own client; connects at its first command."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=10, health_check_interval=30)


def async_client() -> "redis.asyncio.Redis":
    """A client for one event loop."""
    return redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_timeout=10)
