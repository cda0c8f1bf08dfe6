"""A batch into the broker, and its events against their limits: one script, one round trip."""

import hashlib
from collections.abc import Mapping
from typing import Any

import redis
import redis.asyncio

from ingest.quota import Limit
from monitor.batch import LEASE_S, task_message
from monitor.broker import BATCH, EVENTS_QUEUE, PENDING

SCRIPT = """
local fits = 1
local used = {}
for i = 4, #KEYS do
  local at = (i - 4) * 3 + 4
  used[i - 3] = tonumber(redis.call('GET', KEYS[i]) or '0')
  if used[i - 3] + tonumber(ARGV[at + 1]) > tonumber(ARGV[at + 2]) then fits = 0 end
end
if fits == 1 then
  for i = 4, #KEYS do
    local at = (i - 4) * 3 + 4
    used[i - 3] = redis.call('INCRBY', KEYS[i], ARGV[at + 1])
    redis.call('EXPIREAT', KEYS[i], ARGV[at + 3])
  end
  redis.call('SET', KEYS[1], ARGV[1])
  redis.call('ZADD', KEYS[2], ARGV[3], ARGV[2])
  redis.call('LPUSH', KEYS[3], ARGV[4])
end
return {fits, unpack(used)}
"""
DIGEST = hashlib.sha1(SCRIPT.encode(), usedforsecurity=False).hexdigest()


async def push(
    valkey: "redis.asyncio.Redis", batch_id: str, record: bytes, costs: Mapping[Limit, int], now: float
) -> tuple[bool, dict[Limit, int]]:
    """Record and announce a batch, unless one of `costs` (limit -> events) does not fit into its window.

    Returns whether it was taken, and how much of each limit is used. Raises redis.RedisError or OSError.
    """
    keys = [BATCH.format(batch_id), PENDING, EVENTS_QUEUE, *(limit.counter(now) for limit in costs)]
    arguments: list[Any] = [record, batch_id, now + LEASE_S, task_message(batch_id)]
    for limit, cost in costs.items():
        ends_at = limit.window(now)[1]
        arguments += (cost, limit.most, ends_at + 60)  # kept a minute longer, for doors whose clocks differ
    try:
        answer = await valkey.evalsha(DIGEST, len(keys), *keys, *arguments)
    except redis.exceptions.NoScriptError:
        answer = await valkey.eval(SCRIPT, len(keys), *keys, *arguments)
    return bool(answer[0]), dict(zip(costs, answer[1:], strict=True))
