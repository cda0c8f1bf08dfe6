"""The limit of any door on this machine: read, parse, and await one push a request, nothing else."""

import os
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import redis.asyncio

KEY = "bench:limit"
_valkey: "redis.asyncio.Redis | None" = None


async def application(
    scope: dict[str, Any], receive: Callable[[], Awaitable[dict[str, Any]]], send: Callable[[dict[str, Any]], Any]
) -> None:
    """Answer one ASGI connection."""
    global _valkey
    if scope["type"] != "http":
        return
    if _valkey is None:
        _valkey = redis.asyncio.Redis.from_url(os.environ["REDIS_URL"])
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    event = orjson.loads(body.split(b"\n", 2)[2])
    await _valkey.lpush(KEY, body)
    answer = orjson.dumps({"id": event["event_id"]})
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": answer})
