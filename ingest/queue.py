"""Group commit: requests that arrive together share one batch, one push to the broker, and its answer."""

import asyncio
from dataclasses import dataclass

import redis
import redis.asyncio

from ingest.errors import Refused
from monitor import batch
from monitor.batch import Batch, Count, Item

WINDOW_S = 0.003
"""How long the first request of a batch waits for company."""
MOST_ITEMS = 64


@dataclass
class Waiting:
    """What one request brought, and the future it waits on."""

    items: list[Item]
    counts: list[Count]
    done: asyncio.Future[None]


class GroupCommit:
    """Collects what requests bring and pushes it in batches. Belongs to one event loop."""

    def __init__(self, valkey: "redis.asyncio.Redis") -> None:
        self._valkey = valkey
        self._waiting: list[Waiting] = []
        self._pusher: asyncio.Task[None] | None = None

    async def put(self, items: list[Item], counts: list[Count]) -> None:
        """Return when the broker holds `items` and `counts`. Raises Refused 503 when it does not take them."""
        waiting = Waiting(items, counts, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._pusher is None:
            self._pusher = asyncio.create_task(self._push_all())
        await waiting.done

    async def close(self) -> None:
        """Close the connections to the broker."""
        await self._valkey.aclose()

    async def _push_all(self) -> None:
        """Push until nobody waits. What arrives during a push makes the next batch."""
        try:
            while self._waiting:
                if len(self._waiting) < MOST_ITEMS:
                    await asyncio.sleep(WINDOW_S)
                group, self._waiting = self._waiting[:MOST_ITEMS], self._waiting[MOST_ITEMS:]
                await self._push(group)
        finally:
            self._pusher = None

    async def _push(self, group: list[Waiting]) -> None:
        items = [item for waiting in group for item in waiting.items]
        counts = [count for waiting in group for count in waiting.counts]
        try:
            pipe = self._valkey.pipeline(transaction=True)
            batch.add(pipe, Batch(batch.new_id(), items, counts))
            await pipe.execute()
        except Exception as error:  # whatever it is, nobody may be left waiting
            is_away = isinstance(error, redis.RedisError | OSError)
            reason = f"the broker does not take events now ({error}); try again"
            failure = Refused(503, reason, retry_after=10) if is_away else error
            for waiting in group:
                if not waiting.done.done():
                    waiting.done.set_exception(failure)
            return
        for waiting in group:
            if not waiting.done.done():
                waiting.done.set_result(None)
