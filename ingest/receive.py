"""One request from its bytes to the queue: limit, decode, parse, authenticate, queue."""

import asyncio
import time
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec
from django.conf import settings

from ingest.authenticate import authenticate, find_key
from ingest.decode import decode
from ingest.errors import Refused
from ingest.formats import Envelope
from ingest.formats.client_report import parse_client_report
from ingest.limit import Receive, read_body
from ingest.locate import hash_client, locate
from ingest.queue import GroupCommit
from monitor.batch import Count, Item, read_json

ITEM_TYPES = frozenset(
    [
        "attachment",
        "check_in",
        "feedback",
        "form_data",
        "log",
        "metric_buckets",
        "otel_log",
        "profile",
        "profile_chunk",
        "raw_security",
        "replay_event",
        "replay_recording",
        "replay_video",
        "session",
        "sessions",
        "span",
        "statsd",
        "trace_metric",
        "transaction",
        "user_report",
    ]
)
"""Types that the protocol knows and Farside counts by name; others are "other", as a client could make up thousands."""


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

    1. authenticate the key; 2. read the body, no more than allowed; 3. undo its encoding; 4. parse the format;
    5. sort what is kept from what is only counted; 6. queue it within the limits. Returns only when the broker, or the
    disk in its stead, holds it. Raises Refused.
    """
    key = find_key(request.headers, request.query)
    admission = await authenticate(request.project_id, key) if key else None
    try:
        body = await read_body(
            receive, request.headers, settings.FARSIDE_MAX_REQUEST_BYTES, settings.FARSIDE_BODY_TIMEOUT_S
        )
        if encoding := request.headers.get("content-encoding", ""):
            # 67 bytes can unfold to 40 MB, which takes 0.1 s: others are served meanwhile.
            body = await asyncio.to_thread(decode, body, encoding, settings.FARSIDE_MAX_BODY_BYTES)
        envelope = parse(body)
        if admission is None:
            admission = await authenticate(request.project_id, find_key({}, "", envelope.dsn))
        items, counts = sort_items(request, envelope, time.time(), admission.keeps_addresses)
    except Refused as refusal:
        if admission and (cause := refusal.cause()):
            queue.note(Count(request.project_id, time.time(), "request", "invalid", cause, 1))
        raise
    if items or counts:
        await queue.put(items, counts, admission.limits)
    return items[0].event_id if items else envelope.event_id


def sort_items(
    request: Request, envelope: Envelope, received_at: float, keeps_address: bool
) -> tuple[list[Item], list[Count]]:
    """Events to queue, what clients say they dropped, and how many items of other types there were.

    Raises Refused 400 for an event that is not a JSON object, 413 for one that is too large.
    """
    project_id = request.project_id
    items: list[Item] = []
    counts: list[Count] = []
    unused: Counter[str] = Counter()
    user_agent = request.headers.get("user-agent", "")[:1000]
    client = hash_client(project_id, request.address, user_agent)
    from_where = (locate(request.address), request.address if keeps_address else "")
    for number, item in enumerate(envelope.items, 1):
        if item.type == "event":
            event_id = _event_id(item.body, envelope.event_id, number)
            items.append(
                Item(project_id, event_id, received_at, envelope.sent_at, user_agent, client, item.body, *from_where)
            )
        elif item.type == "client_report":
            counts += [
                Count(project_id, received_at, dropped.category, "client_discard", dropped.reason, dropped.items)
                for dropped in parse_client_report(item.body)
            ]
        else:
            unused[item.type if item.type in ITEM_TYPES else "other"] += 1
    counts += [Count(project_id, received_at, kind, "unused", "", many) for kind, many in unused.items()]
    return items, counts


def _said_id(body: bytes, number: int) -> str:
    if len(body) > settings.FARSIDE_MAX_EVENT_BYTES:
        raise Refused(413, f"item {number} has {len(body)} bytes; an event may have {settings.FARSIDE_MAX_EVENT_BYTES}")
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
