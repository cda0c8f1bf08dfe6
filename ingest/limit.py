"""Reads a request's body, and stops at the size and the time that are allowed."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ingest.errors import Refused

Receive = Callable[[], Awaitable[Mapping[str, Any]]]


async def read_body(receive: Receive, headers: Mapping[str, str], most: int, seconds: float) -> bytes:
    """The whole body.

    Raises Refused: 413 past `most` bytes, 408 past `seconds`, 400 when the client went away before the end.
    """
    said = headers.get("content-length", "")
    if said.isdecimal() and (len(said) > 20 or int(said) > most):
        raise Refused(413, f"the body has {said[:20]} bytes; at most {most} are taken")
    try:
        async with asyncio.timeout(seconds):
            return await _read(receive, most)
    except TimeoutError:
        raise Refused(408, f"the body did not arrive within {seconds:.0f} s; send it faster, or less of it") from None


async def _read(receive: Receive, most: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refused(400, "the request ended before its body did")
        chunk = message.get("body", b"")
        chunks.append(chunk)
        size += len(chunk)
        if size > most:
            raise Refused(413, f"the body is larger than {most} bytes")
        if not message.get("more_body"):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)
