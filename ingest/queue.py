"""Group commit: requests that arrive together share one batch, one push to the broker, and its answer.

While the broker is away, batches go to the spool instead, and from there to the broker when it returns.
"""

import asyncio
import contextlib
import logging
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import redis
import redis.asyncio

from ingest.errors import Refused
from ingest.push import push
from ingest.quota import Estimates, Limit, admit
from ingest.spool import Chunk, Spool, SpoolFull
from ingest.spool_state import remove_dead_states, write_state
from monitor import batch
from monitor.batch import Batch, Count, Item

logger = logging.getLogger(__name__)

WINDOW_S = 0.001
"""How long the first request of a batch waits for company."""
MOST_ITEMS = 64
NOTE_S = 2.0
"""How long counts of what was refused may wait for a batch that takes them along."""
RETRY_S = 1.0
"""How often a broker that is away is tried."""
REPLAYED = 32
"""Records of the spool that are pushed in one go."""
MOST_TRIES = 5


@dataclass(frozen=True)
class Waiting:
    """What one request brought, the limits it counts against, and the future it waits on."""

    items: list[Item]
    counts: list[Count]
    limits: Sequence[Limit]
    done: asyncio.Future[None]

    def settle(self, failure: Exception | None = None) -> None:
        """Let the request go on."""
        if self.done.done():
            return
        if failure is None:
            self.done.set_result(None)
        else:
            self.done.set_exception(failure)


class GroupCommit:
    """Collects what requests bring and pushes it in batches. Belongs to one event loop."""

    def __init__(self, valkey: "redis.asyncio.Redis", spool: Spool) -> None:
        self.estimates = Estimates()
        self._valkey = valkey
        self._spool = spool
        self._waiting: list[Waiting] = []
        self._noted: Counter[Count] = Counter()
        self._pusher: asyncio.Task[None] | None = None
        self._noter: asyncio.Task[None] | None = None
        self._returner: asyncio.Task[None] | None = None
        self._away_since: float | None = None
        self._is_closing = False

    async def begin(self) -> None:
        """Take over what processes that died have left in the spool."""
        await asyncio.to_thread(remove_dead_states, self._spool.folder)
        if await asyncio.to_thread(self._spool.adopt):
            self._watch()

    async def put(self, items: list[Item], counts: list[Count], limits: Sequence[Limit] = ()) -> None:
        """Return when the broker, or the disk in its stead, holds `items` and `counts`.

        Raises Refused: 429 when the items do not fit into `limits`, 503 when neither takes them.
        """
        now = time.time()
        if items and (spent := self.estimates.spent(limits, now)):
            raise self._limited(spent, items, now)
        waiting = Waiting(items, counts, limits, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._pusher is None:
            self._pusher = asyncio.create_task(self._push_all())
        await waiting.done

    def note(self, count: Count) -> None:
        """Count something refused; it goes with the next batch, or alone after a while."""
        hour = count.received_at // 3600 * 3600
        self._noted[Count(count.project_id, hour, count.category, count.outcome, count.reason, 0)] += count.items
        if self._noter is None:
            self._noter = asyncio.create_task(self._flush_noted())

    async def close(self) -> None:
        """Hand on what is noted, and close the files and connections."""
        await _end(self._noter)
        if self._noted:
            with contextlib.suppress(Refused):
                await self.put([], [])
        self._is_closing = True  # the broker's client has been seen to swallow a cancellation
        await _end(self._returner)
        await asyncio.to_thread(self._spool.close)
        await self._valkey.aclose()

    async def _flush_noted(self) -> None:
        try:
            await asyncio.sleep(NOTE_S)
        finally:
            self._noter = None
        if self._noted:
            with contextlib.suppress(Refused):
                await self.put([], [])

    async def _push_all(self) -> None:
        """Push until nobody waits. What arrives during a push makes the next batch."""
        try:
            while self._waiting:
                if len(self._waiting) < MOST_ITEMS:
                    await asyncio.sleep(WINDOW_S)
                group, self._waiting = self._waiting[:MOST_ITEMS], self._waiting[MOST_ITEMS:]
                try:
                    await self._commit(group)
                except Exception as error:  # whatever it is, nobody may be left waiting
                    for waiting in group:
                        waiting.settle(error)
        finally:
            self._pusher = None

    async def _commit(self, group: list[Waiting]) -> None:
        """Hand a group to the broker, else to the spool, and settle every request of it.

        A broker that did not answer may have taken the batch; the spool's has the same id, so that one of them counts.
        """
        batch_id = batch.new_id()
        noted, self._noted = self._noted, Counter()
        counts = [with_items(count, items) for count, items in noted.items()]
        try:
            if self._away_since is None:
                try:
                    return await self._to_broker(batch_id, group, counts)
                except (redis.RedisError, OSError) as error:
                    logger.warning("the broker does not take events, they go to %s: %s", self._spool.folder, error)
                    self._away_since = time.time()
                    self._watch()
            await self._to_spool(batch_id, group, counts)
        except SpoolFull as error:
            self._noted.update(noted)
            reason = f"the broker is away and {error}; try again"
            for waiting in group:
                waiting.settle(Refused(503, reason, retry_after=30))

    async def _to_broker(self, batch_id: str, group: list[Waiting], counts: list[Count]) -> None:
        """Push what the limits have room for; another door may be faster, then what is left is sorted out again.

        Those who are refused leave `group`: the spool must not hold more under this id than was pushed.
        """
        for _ in range(MOST_TRIES):
            now = time.time()
            costs = _costs(group)
            taken, used = await push(self._valkey, batch_id, _record(batch_id, group, counts), costs, now)
            for limit, count in used.items():
                self.estimates.set(limit, now, count)
            if taken:
                break
            group[:] = self._refuse(group, {limit: limit.most - count for limit, count in used.items()}, now)
            if not group and not counts:
                return
        else:
            raise redis.RedisError("limits change too fast to count against them")
        for waiting in group:
            waiting.settle()

    async def _to_spool(self, batch_id: str, group: list[Waiting], counts: list[Count]) -> None:
        """Write what the limits, by this process' own count, have room for to the disk."""
        now = time.time()
        limits = {limit for waiting in group for limit in waiting.limits}
        group = self._refuse(group, {limit: self.estimates.left(limit, now) for limit in limits}, now)
        if not group and not counts:
            return
        await asyncio.to_thread(self._spool.append, [_record(batch_id, group, counts)])
        self._watch()
        for limit, cost in _costs(group).items():
            self.estimates.add(limit, now, cost)
        for waiting in group:
            waiting.settle()

    def _refuse(self, group: list[Waiting], left: dict[Limit, int], now: float) -> list[Waiting]:
        """Refuse those that do not fit into what is left; return the others."""
        verdicts = admit([(len(waiting.items), waiting.limits if waiting.items else ()) for waiting in group], left)
        for waiting, passed in zip(group, verdicts, strict=True):
            if passed:
                waiting.settle(self._limited(passed, waiting.items, now))
        return [waiting for waiting, passed in zip(group, verdicts, strict=True) if passed is None]

    def _limited(self, limit: Limit, items: Sequence[Item], now: float) -> Refused:
        self.note(Count(items[0].project_id, now, "event", "limited", limit.reason, len(items)))
        return limit.refuse(now)

    def _watch(self) -> None:
        """See to it that what is spooled gets to the broker."""
        if self._returner is None:
            self._returner = asyncio.create_task(self._return())

    async def _return(self) -> None:
        """Try the broker until it answers and the spool is empty, oldest first; new batches go to it by then."""
        try:
            while not self._is_closing and (self._away_since is not None or self._spool.batches()):
                try:
                    await self._valkey.ping()
                    while chunk := await asyncio.to_thread(self._spool.replay, REPLAYED):
                        await self._replay(chunk)
                        self._away_since = None
                        await self._tell()
                    self._away_since = None
                except (redis.RedisError, OSError):
                    self._away_since = self._away_since or time.time()
                    await self._tell()
                    await asyncio.sleep(RETRY_S)
            if not self._is_closing:
                logger.warning("the broker takes events again; the spool is empty")
        finally:
            self._returner = None
        await self._tell()

    async def _tell(self) -> None:
        """Let the pages know; a full disk does not keep the door from trying on."""
        with contextlib.suppress(OSError):
            await asyncio.to_thread(write_state, self._spool, self._away_since)

    async def _replay(self, chunk: Chunk) -> None:
        pipe = self._valkey.pipeline(transaction=True)
        for record in chunk.records:
            batch.add_record(pipe, batch.decode(record).id, record)
        if chunk.records:
            await pipe.execute()
        await asyncio.to_thread(self._spool.forget, chunk)


async def _end(task: asyncio.Task[None] | None) -> None:
    if task is not None:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def with_items(count: Count, items: int) -> Count:
    """The same count of another number."""
    return Count(count.project_id, count.received_at, count.category, count.outcome, count.reason, items)


def _record(batch_id: str, group: Sequence[Waiting], counts: list[Count]) -> bytes:
    items = [item for waiting in group for item in waiting.items]
    return batch.encode(Batch(batch_id, items, [*counts, *(count for waiting in group for count in waiting.counts)]))


def _costs(group: Sequence[Waiting]) -> dict[Limit, int]:
    costs: Counter[Limit] = Counter()
    for waiting in group:
        for limit in waiting.limits:
            costs[limit] += len(waiting.items)
    return {limit: cost for limit, cost in costs.items() if cost}
