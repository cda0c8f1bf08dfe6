"""Sentry's envelope: a header line, then items of a header line and a payload each.

Format: develop.sentry.dev/sdk/foundations/transport/envelopes.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from ingest.errors import Refused

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


_header = msgspec.json.Decoder(EnvelopeHeader)
_item_header = msgspec.json.Decoder(ItemHeader)


def parse_envelope(body: bytes) -> Envelope:
    """Split an envelope. Raises Refused 400 that names the line."""
    line, position = _line(body, 0)
    try:
        header = _header.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(400, f"the envelope's header (line 1) is not valid: {error}") from error
    items: list[EnvelopeItem] = []
    while position < len(body):
        line, position = _line(body, position)
        if not line.strip():
            continue
        item, position = _item(body, line, position, len(items) + 1)
        items.append(item)
        if len(items) > MOST_ITEMS:
            raise Refused(400, f"the envelope has more than {MOST_ITEMS} items")
    return Envelope(header.event_id or "", header.dsn or "", _seconds(header.sent_at), items)


def _line(body: bytes, start: int) -> tuple[bytes, int]:
    end = body.find(b"\n", start)
    return (body[start:], len(body)) if end < 0 else (body[start:end], end + 1)


def _item(body: bytes, line: bytes, position: int, number: int) -> tuple[EnvelopeItem, int]:
    try:
        header = _item_header.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(400, f"the header of item {number} is not valid: {error}") from error
    if header.length is None:
        payload, position = _line(body, position)
        return EnvelopeItem(header.type, payload), position
    end = position + header.length
    if header.length < 0 or end > len(body):
        left = len(body) - position
        raise Refused(400, f"item {number} says length {header.length}, but {left} bytes are left in the envelope")
    if body[end : end + 1] not in (b"", b"\n"):
        raise Refused(400, f"item {number} does not end after the {header.length} bytes its header says")
    return EnvelopeItem(header.type, body[position:end]), end + 1


def _seconds(sent_at: object) -> float | None:
    """`sent_at` is RFC 3339 by the protocol; a clock we cannot read is no reason to refuse an error."""
    if isinstance(sent_at, int | float):
        return float(sent_at)
    try:
        return datetime.fromisoformat(str(sent_at)).timestamp()
    except (ValueError, OverflowError):
        return None
