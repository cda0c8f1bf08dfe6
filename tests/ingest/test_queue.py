"""Nobody is left waiting for a batch that cannot be written."""

import asyncio

import pytest

from ingest.queue import GroupCommit
from monitor.batch import Item
from monitor.broker import async_client


async def put(project_id: int) -> None:
    queue = GroupCommit(async_client())
    try:
        await asyncio.wait_for(queue.put([Item(project_id, "0" * 32, 1.0, None, "", "", b"{}")], []), 10)
    finally:
        await queue.close()


def test_a_batch_that_cannot_be_encoded_fails_its_requests(valkey: object) -> None:
    with pytest.raises(OverflowError):
        asyncio.run(put(2**70))
