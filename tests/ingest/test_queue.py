"""What is acknowledged is held by the broker or by the disk; limits are kept exactly."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from ingest import queue as module
from ingest.errors import Refused
from ingest.queue import GroupCommit
from ingest.quota import Limit
from ingest.spool import Spool
from monitor import batch
from monitor.batch import Count, Item
from monitor.broker import PENDING, async_client

HOUR = Limit("k1", "key_rate", 50, 86_400)


def item(number: int = 0, project_id: int = 1) -> Item:
    return Item(project_id, f"{number:032x}", 1.0, None, "", "", b"{}")


@asynccontextmanager
async def committing(folder: Path, most_bytes: int = 10**9) -> AsyncIterator[GroupCommit]:
    queue = GroupCommit(async_client(), Spool(folder, most_bytes))
    await queue.begin()
    try:
        yield queue
    finally:
        await queue.close()


def queued(valkey: Any) -> list[batch.Batch]:
    """The batches that wait, the oldest first."""
    return [
        batch.decode(valkey.get(f"farside:batch:{name.decode()}")) for name in sorted(valkey.zrange(PENDING, 0, -1))
    ]


def ids(valkey: Any) -> list[int]:
    return [int(one.event_id, 16) for found in queued(valkey) for one in found.items]


async def until(holds: Any) -> None:
    async with asyncio.timeout(30):
        while not holds():
            await asyncio.sleep(0.02)


@pytest.fixture
def full(valkey: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A broker whose memory is used up; calling it gives the memory back."""
    monkeypatch.setattr(module, "RETRY_S", 0.05)
    valkey.config_set("maxmemory", "1mb")
    yield lambda: valkey.config_set("maxmemory", "0")
    valkey.config_set("maxmemory", "0")


def test_a_batch_that_cannot_be_encoded_fails_its_requests(valkey: object, tmp_path: Path) -> None:
    async def put() -> None:
        async with committing(tmp_path) as queue:
            await asyncio.wait_for(queue.put([item(project_id=2**70)], []), 10)

    with pytest.raises(OverflowError):
        asyncio.run(put())


def test_a_limit_is_exact_however_many_doors_count_against_it(valkey: Any, tmp_path: Path) -> None:
    async def send(queue: GroupCommit, number: int) -> int:
        await asyncio.sleep(number % 7 / 100)
        try:
            await queue.put([item(number)], [], [HOUR])
        except Refused as refusal:
            return refusal.status
        return 200

    async def crowd() -> list[int]:
        async with committing(tmp_path / "1") as first, committing(tmp_path / "2") as second:
            return await asyncio.gather(*(send((first, second)[n % 2], n) for n in range(120)))

    statuses = asyncio.run(crowd())
    assert (statuses.count(200), statuses.count(429), len(ids(valkey))) == (50, 70, 50)
    noted = [count for found in queued(valkey) for count in found.counts]
    assert {count.outcome for count in noted} == {"limited"}
    assert sum(count.items for count in noted) == 70


def test_what_a_full_broker_refuses_is_spooled_and_replayed_in_order(valkey: Any, full: Any, tmp_path: Path) -> None:
    async def away() -> None:
        async with committing(tmp_path) as queue:
            for number in range(5):
                await queue.put([item(number)], [])
            assert ids(valkey) == []
            full()
            await until(lambda: len(ids(valkey)) == 5)
            await queue.put([item(5)], [])

    asyncio.run(away())
    assert (ids(valkey), valkey.llen("events")) == ([0, 1, 2, 3, 4, 5], 6)
    assert list(tmp_path.iterdir()) == []


def test_what_a_door_that_died_left_is_replayed_by_the_next(valkey: Any, full: Any, tmp_path: Path) -> None:
    async def first() -> None:
        async with committing(tmp_path) as queue:
            await queue.put([item(7)], [])

    async def second() -> None:
        async with committing(tmp_path):
            await until(lambda: ids(valkey) == [7])

    asyncio.run(first())
    full()
    asyncio.run(second())


def test_an_unreachable_broker_is_as_good_as_a_full_one(settings: Any, tmp_path: Path) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    async def away() -> None:
        async with committing(tmp_path) as queue:
            await queue.put([item()], [])
            await until(lambda: list(tmp_path.glob("*.state.json")))

    asyncio.run(away())
    assert len(list(tmp_path.glob("*.spool"))) == 1


def test_a_full_spool_is_a_503_and_keeps_the_counts(valkey: Any, full: Any, tmp_path: Path) -> None:
    async def away() -> Refused:
        async with committing(tmp_path, most_bytes=100) as queue:
            queue.note(Count(1, time.time(), "event", "limited", "key_rate", 3))
            with pytest.raises(Refused) as refused:
                await queue.put([item()], [])
            full()
            await until(lambda: queue._away_since is None)
            return refused.value

    refusal = asyncio.run(away())
    assert (refusal.status, refusal.retry_after, refusal.cause()) == (503, 30, "")
    assert "the spool holds 0 bytes of the 100 allowed" in refusal.reason
    assert [count.items for found in queued(valkey) for count in found.counts] == [3]


def test_limits_are_estimated_while_the_broker_is_away(valkey: Any, full: Any, tmp_path: Path) -> None:
    limit = Limit("k1", "key_rate", 3, 86_400)

    async def away() -> list[bool]:
        async with committing(tmp_path) as queue:
            puts = [queue.put([item(number)], [], [limit]) for number in range(5)]
            return [isinstance(answer, Refused) for answer in await asyncio.gather(*puts, return_exceptions=True)]

    assert asyncio.run(away()) == [False, False, False, True, True]
