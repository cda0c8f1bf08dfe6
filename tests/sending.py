"""What tests of the door and the pipeline send: events, envelopes, and requests to the ASGI application."""

import asyncio
import json
import time
import uuid
from collections.abc import Coroutine
from typing import Any

import msgspec
import zstandard

from ingest.asgi import application, close
from monitor.batch import Batch, Item, new_id
from monitor.models import Project
from monitor.pipeline.dictionaries import PLAIN
from monitor.pipeline.pack import pack, pack_frames, put_together
from monitor.pipeline.payload import Payload


def error_event(**changes: Any) -> dict[str, Any]:
    """An error of a browser, with two frames of the application."""
    frames = [
        {"filename": "https://shop.example/app.js", "function": "checkout", "lineno": 10, "colno": 4, "in_app": True},
        {"filename": "https://shop.example/app.js", "function": "total", "lineno": 7, "colno": 12, "in_app": True},
    ]
    event = {
        "event_id": uuid.uuid4().hex,
        "timestamp": time.time(),
        "platform": "javascript",
        "release": "shop@1.0.0",
        "environment": "production",
        "exception": {
            "values": [{"type": "TypeError", "value": "price is undefined", "stacktrace": {"frames": frames}}]
        },
        "request": {"url": "https://shop.example/cart"},
        "user": {"id": "7"},
    }
    return {**event, **changes}


def item(project: Project, event: dict[str, Any], received_at: float | None = None) -> Item:
    """An event as the door queues it."""
    body = json.dumps(event).encode()
    return Item(project.pk, event["event_id"], received_at or time.time(), None, "", "client-1", body)


def batch(project: Project, *events: dict[str, Any]) -> Batch:
    """Events as one batch."""
    return Batch(new_id(), [item(project, event) for event in events], [])


def envelope(*events: dict[str, Any], header: dict[str, Any] | None = None) -> bytes:
    """Events in Sentry's envelope."""
    lines = [json.dumps(header or {})]
    for event in events:
        body = json.dumps(event)
        lines += [json.dumps({"type": "event", "length": len(body.encode())}), body]
    return "\n".join(lines).encode()


class Answer:
    """What the application answered."""

    def __init__(self, messages: list[dict[str, Any]]) -> None:
        self.status: int = messages[0]["status"]
        self.headers = {name.decode(): value.decode() for name, value in messages[0]["headers"]}
        self.body = b"".join(message.get("body", b"") for message in messages[1:])

    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)


async def request(method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> Answer:
    """One request to the ASGI application, in the running loop."""
    path, _, query = path.partition("?")
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()],
        "client": ("203.0.113.9", 4711),
    }
    messages: list[dict[str, Any]] = []

    parts = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        if not parts:
            await asyncio.Event().wait()  # the client stays, and sends no more
        return parts.pop()

    async def send(message: Any) -> None:
        messages.append(dict(message))

    await application(scope, receive, send)
    return Answer(messages)


async def alone(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Await it, then close what the application opened in this loop."""
    try:
        return await coroutine
    finally:
        await close()


def post(path: str, body: bytes, headers: dict[str, str] | None = None) -> Answer:
    """POST in a loop of its own."""
    answer: Answer = asyncio.run(alone(request("POST", path, body, headers)))
    return answer


def stored_and_loaded(payload: Payload) -> Payload:
    """What comes back of a payload that is stored."""
    packed = pack(payload, PLAIN)
    bare = msgspec.json.decode(zstandard.decompress(packed.payload), type=Payload)
    return put_together(bare, {digest.hex: pack_frames(frames) for digest, frames in packed.stacks})
