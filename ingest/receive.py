"""One request from its bytes to the queue: limit, decode, parse, authenticate, queue."""

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec
from django.conf import settings

from ingest.authenticate import authenticate, find_key
from ingest.decode import decode
from ingest.errors import Refused
from ingest.formats import Envelope
from ingest.limit import Receive, read_body
from ingest.locate import hash_client
from ingest.queue import GroupCommit
from monitor.batch import Count, Item, read_json


@dataclass(frozen=True)
class Request:
    """What the door looks at: lower-case header names, the raw query string."""

    project_id: int
    headers: Mapping[str, str]
    query: str
    address: str = ""


class EventHead(msgspec.Struct):
    """The one field of an event that the answer needs; decoding it proves that the rest is JSON."""

    event_id: str | None = None


_event_head = msgspec.json.Decoder(EventHead)


async def receive_events(
    request: Request, receive: Receive, parse: Callable[[bytes], Envelope], queue: GroupCommit
) -> str:
    """Take one request; return the event id to answer with ("" when it held no event).

    1. read the body, no more than allowed; 2. undo its encoding; 3. parse the format; 4. authenticate the key;
    5. queue what is kept and count what is not. Returns only when the broker holds it. Raises Refused.
    """
    body = await read_body(receive, request.headers, settings.FARSIDE_MAX_REQUEST_BYTES)
    body = decode(body, request.headers.get("content-encoding", ""), settings.FARSIDE_MAX_BODY_BYTES)
    envelope = parse(body)
    await authenticate(request.project_id, find_key(request.headers, request.query, envelope.dsn))
    items, counts = sort_items(request, envelope, time.time())
    if items or counts:
        await queue.put(items, counts)
    return items[0].event_id if items else envelope.event_id


def sort_items(request: Request, envelope: Envelope, received_at: float) -> tuple[list[Item], list[Count]]:
    """Events to queue, and how many items of other types there were.

    Raises Refused 400 for an event that is not a JSON object, 413 for one that is too large.
    """
    items: list[Item] = []
    unused: dict[str, int] = {}
    user_agent = request.headers.get("user-agent", "")[:1000]
    client = hash_client(request.project_id, request.address, user_agent)
    for number, item in enumerate(envelope.items, 1):
        if item.type != "event":
            unused[item.type[:30]] = unused.get(item.type[:30], 0) + 1
            continue
        if len(item.body) > settings.FARSIDE_MAX_EVENT_BYTES:
            raise Refused(
                413, f"item {number} has {len(item.body)} bytes; an event may have {settings.FARSIDE_MAX_EVENT_BYTES}"
            )
        event_id = _event_id(item.body, envelope.event_id, number)
        items.append(Item(request.project_id, event_id, received_at, envelope.sent_at, user_agent, client, item.body))
    counts = [Count(request.project_id, received_at, kind, "unused", "", many) for kind, many in unused.items()]
    return items, counts


def _said_id(body: bytes, number: int) -> str:
    try:
        return _event_head.decode(body).event_id or ""
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        pass
    try:
        event = read_json(body)
    except (ValueError, RecursionError) as error:
        raise Refused(400, f"item {number} is not JSON: {error}") from error
    if not isinstance(event, dict):
        raise Refused(400, f"item {number} is not an event as a JSON object")
    return str(event.get("event_id") or "")


def _event_id(body: bytes, of_envelope: str, number: int) -> str:
    """32 hexadecimal digits: the event's own id, the envelope's, or a new one."""
    said = _said_id(body, number) or of_envelope
    if not said:
        return uuid.uuid4().hex
    try:
        return uuid.UUID(said).hex
    except ValueError:
        raise Refused(400, f"event_id {said[:64]!r} of item {number} is not a UUID (32 hexadecimal digits)") from None
