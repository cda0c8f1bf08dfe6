"""The ASGI application: collection paths go to the door, everything else to Django."""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import django
import msgspec
from django.conf import settings
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "monitor.settings")
django.setup()

# These need Django's settings, hence every E402 below.
from ingest import urls  # noqa: E402
from ingest.authenticate import close_connections  # noqa: E402
from ingest.errors import Refused  # noqa: E402
from ingest.limit import Receive  # noqa: E402
from ingest.locate import client_address, locate  # noqa: E402
from ingest.queue import GroupCommit  # noqa: E402
from ingest.receive import Request, receive_events  # noqa: E402
from ingest.spool import Spool  # noqa: E402
from monitor.broker import async_client  # noqa: E402

Scope = dict[str, Any]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

logger = logging.getLogger("ingest")
_django = get_asgi_application()
_encoder = msgspec.json.Encoder()
_queue: GroupCommit | None = None

CORS = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"X-Sentry-Error, X-Sentry-Rate-Limits, Retry-After"),
    (b"cross-origin-resource-policy", b"cross-origin"),
]
PREFLIGHT = [
    *CORS,
    (b"access-control-allow-methods", b"POST, OPTIONS"),
    (
        b"access-control-allow-headers",
        b"x-sentry-auth, x-requested-with, origin, accept, content-type, content-encoding, authentication, "
        b"authorization, sentry-trace, baggage, transfer-encoding",
    ),
    (b"access-control-max-age", b"86400"),
]


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one ASGI connection."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    elif scope["type"] == "http" and (found := urls.find(scope["path"])):
        await _collect(scope, receive, send, *found)
    elif scope["type"] == "http":
        await _serve_page(scope, receive, send)


async def _serve_page(scope: Scope, receive: Receive, send: Send) -> None:
    """Hand a request to Django, which stores a body before a view can refuse it; so none larger than allowed."""
    left = settings.FARSIDE_MAX_BODY_BYTES
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit() and int(value) > left:
            return await _refuse(send, Refused(413, f"the body has {value.decode()} bytes; at most {left} are taken"))

    async def bounded() -> Mapping[str, Any]:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        return message if left >= 0 else {"type": "http.disconnect"}

    await _django(scope, bounded, send)


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            locate("127.0.0.1")  # a file that cannot be read is told at once, not at the first event
            await _group_commit().begin()
        if message["type"] == "lifespan.shutdown":
            await close()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def close() -> None:
    """Give the loop's connections back."""
    global _queue
    if _queue is not None:
        await _queue.close()
        _queue = None
    await asyncio.to_thread(close_connections)


async def _collect(scope: Scope, receive: Receive, send: Send, project_id: int, parse: Any) -> None:
    """Answer a request to a collection endpoint."""
    if scope["method"] == "OPTIONS":
        return await _answer(send, 200, {}, PREFLIGHT)
    try:
        if scope["method"] != "POST":
            raise Refused(405, f"{scope['method']} is not taken here; send events by POST")
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        peer = scope["client"][0] if scope.get("client") else ""
        address = client_address(peer, headers)
        request = Request(project_id, headers, scope["query_string"].decode("latin-1"), address)
        event_id = await receive_events(request, receive, parse, _group_commit())
    except Refused as refusal:
        return await _refuse(send, refusal)
    except Exception:
        logger.exception("the door failed on a request to %s", scope["path"])
        return await _refuse(send, Refused(500, "Farside failed on this request; its log says why"))
    await _answer(send, 200, {"id": event_id} if event_id else {}, CORS)


def _group_commit() -> GroupCommit:
    """The loop's queue, made at the first request, when the loop runs."""
    global _queue
    if _queue is None:
        _queue = GroupCommit(async_client(), Spool(settings.FARSIDE_SPOOL, settings.FARSIDE_SPOOL_MAX_BYTES))
    return _queue


async def _refuse(send: Send, refusal: Refused) -> None:
    reason = refusal.reason.encode("ascii", "replace").decode().replace("\r", " ").replace("\n", " ")
    headers = [*CORS, (b"x-sentry-error", reason[:500].encode())]
    if refusal.retry_after:
        headers.append((b"retry-after", str(refusal.retry_after).encode()))
    if refusal.rate_limits:
        headers.append((b"x-sentry-rate-limits", refusal.rate_limits.encode()))
    if refusal.status == 405:
        headers.append((b"allow", b"POST, OPTIONS"))
    await _answer(send, refusal.status, {"detail": refusal.reason}, headers)


async def _answer(send: Send, status: int, body: Mapping[str, str], headers: list[tuple[bytes, bytes]]) -> None:
    content = _encoder.encode(body)
    own = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*own, *headers]})
    await send({"type": "http.response.body", "body": content})
