"""Sentry's envelope: a header line, then items of a header line and a payload each.

Format: develop.sentry.dev/sdk/foundations/transport/envelopes.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from ingest.errors import Refused
from monitor.batch import read_json

MOST_ITEMS = 1000


class EnvelopeHeader(msgspec.Struct):
    """What the door reads of the first line."""

    event_id: str | None = None
    dsn: str | None = None
    sent_at: Any = None


class ItemHeader(msgspec.Struct):
    """What the door reads of an item's line."""

    type: str
    length: int | None = None


@dataclass(frozen=True)
class EnvelopeItem:
    """One item: its type and its bytes."""

    type: str
    body: bytes


@dataclass(frozen=True)
class Envelope:
    """A parsed envelope; `sent_at` in seconds since 1970, if it said so."""

    event_id: str = ""
    dsn: str = ""
    sent_at: float | None = None
    items: list[EnvelopeItem] = field(default_factory=list)


Header = TypeVar("Header", EnvelopeHeader, ItemHeader)
_header = msgspec.json.Decoder(EnvelopeHeader)
_item_header = msgspec.json.Decoder(ItemHeader)


def parse_envelope(body: bytes) -> Envelope:
    """Split an envelope. Raises Refused 400 that names the line."""
    line, position = _line(body, 0)
    header = _read(_header, line, "the envelope's header (line 1)")
    items: list[EnvelopeItem] = []
    while (position := _after_space(body, position)) < len(body):
        line, position = _line(body, position)
        item, position = _item(body, line, position, len(items) + 1)
        items.append(item)
        if len(items) > MOST_ITEMS:
            raise Refused(400, f"the envelope has more than {MOST_ITEMS} items")
    return Envelope(header.event_id or "", header.dsn or "", _seconds(header.sent_at), items)


_SPACE = re.compile(rb"\s*")


def _after_space(body: bytes, start: int) -> int:
    """Where the next line with anything in it begins; found at once, as a body may be millions of empty lines."""
    found = _SPACE.match(body, start)
    return found.end() if found else start


def _line(body: bytes, start: int) -> tuple[bytes, int]:
    end = body.find(b"\n", start)
    return (body[start:], len(body)) if end < 0 else (body[start:end], end + 1)


def _read(decoder: msgspec.json.Decoder[Header], line: bytes, what: str) -> Header:
    """A header line; damaged text in a field that nobody reads is no reason to refuse the event behind it."""
    try:
        return decoder.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        pass
    try:
        return msgspec.convert(read_json(line), decoder.type)
    except RecursionError:
        raise Refused(400, f"{what} is nested too deeply") from None
    except (msgspec.MsgspecError, ValueError) as error:
        raise Refused(400, f"{what} is not valid: {error}") from error


def _item(body: bytes, line: bytes, position: int, number: int) -> tuple[EnvelopeItem, int]:
    header = _read(_item_header, line, f"the header of item {number}")
    if header.length is None:
        payload, position = _line(body, position)
        return EnvelopeItem(header.type, payload), position
    end = position + header.length
    if header.length < 0 or end > len(body):
        left = len(body) - position
        raise Refused(
            400, f"item {number} says length {str(header.length)[:30]}, but {left} bytes are left in the envelope"
        )
    if body[end : end + 1] not in (b"", b"\n"):
        raise Refused(400, f"item {number} does not end after the {header.length} bytes its header says")
    return EnvelopeItem(header.type, body[position:end]), end + 1


def _seconds(sent_at: object) -> float | None:
    """`sent_at` is RFC 3339 by the protocol; a clock we cannot read is no reason to refuse an error."""
    try:
        if isinstance(sent_at, int | float):
            return float(sent_at)
        return datetime.fromisoformat(sent_at).timestamp() if isinstance(sent_at, str) else None
    except (ValueError, OverflowError):
        return None
