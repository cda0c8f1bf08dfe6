"""What must hold for whatever is sent: a refusal with a 4xx and a reason, or an event that can be stored."""

import time
from collections.abc import Iterator
from typing import Any

import msgspec

from ingest.decode import decode
from ingest.errors import Refused
from ingest.formats import Envelope, parse_envelope, parse_store
from ingest.receive import Request, sort_items
from monitor.batch import Batch, Count, Item, encode
from monitor.batch import decode as decode_batch
from monitor.pipeline.grouping import group
from monitor.pipeline.normalize import normalize
from monitor.pipeline.payload import Payload
from monitor.pipeline.scrub import scrub
from monitor.pipeline.tags import tags_of
from tests.sending import stored_and_loaded

MOST_BYTES = 1_000_000
REQUEST = Request(1, {"user-agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/150.0"}, "", "203.0.113.9")


def check_event(body: bytes) -> None:
    """An event's JSON at the /store/ endpoint."""
    _check(lambda: parse_store(body), body)


def check_envelope(body: bytes) -> None:
    """The body of an /envelope/ request."""
    _check(lambda: parse_envelope(body), body)


def check_encoded(request: tuple[bytes, str]) -> None:
    """The body of an /envelope/ request and its Content-Encoding."""
    _check(lambda: parse_envelope(decode(*request, MOST_BYTES)), request)


def _check(parse: Any, request: object) -> None:
    try:
        _check_items(*_taken(parse))
    except Exception as error:
        error.add_note(f"the request was {request!r}")
        raise


def _taken(parse: Any) -> tuple[list[Item], list[Count]]:
    """What the door lets in; nothing when it refuses."""
    try:
        envelope: Envelope = parse()
        return sort_items(REQUEST, envelope, time.time(), True)
    except Refused as refusal:
        assert 400 <= refusal.status < 500
        assert refusal.reason
        return [], []


def _check_items(items: list[Item], counts: list[Count]) -> None:
    batch = Batch("0" * 28, items, counts)
    assert decode_batch(encode(batch)) == batch
    _check_texts(msgspec.to_builtins(counts))
    for item in items:
        _check_payload(scrub(normalize(item)), len(item.body))


def _check_payload(payload: Payload, received: int) -> None:
    assert stored_and_loaded(payload) == payload
    _check_texts(msgspec.to_builtins(payload))
    assert len(msgspec.json.encode(payload)) <= 20_000 + 12 * received
    grouping, tags = group(payload), tags_of(payload)
    _check_texts([grouping.type, grouping.value, grouping.culprit, grouping.reason, tags])
    assert all(len(key) <= 64 and len(value) <= 200 for key, value in tags.items())
    for value, most in ((payload.release, 250), (payload.environment, 64), (payload.level, 10), (payload.platform, 30)):
        assert len(value) <= most
    assert abs((payload.received_at - payload.occurred_at).days) <= 30


def _check_texts(value: Any) -> None:
    for text in _texts(value):
        assert "\x00" not in text
        text.encode()


def _texts(value: Any) -> Iterator[str]:
    """Every text in a JSON value, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from (*_texts(key), *_texts(part))
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _texts(part)
