"""Readings of several moments as one request: series once, values aligned with them."""

import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from edge import __version__
from edge.agent.reading import Readings, Series
from edge.clock import iso

PATH = "/api/v1/metrics"
MOST_VALUES = 5000

Moment = tuple[float, Readings]


def encode(moment: Moment) -> bytes:
    """One moment as spooled: compressed, about a kilobyte for a usual machine."""
    at, readings = moment
    rows = [[key.name, key.unit, dict(key.labels), value] for key, value in sorted(readings.items())[:MOST_VALUES]]
    return zlib.compress(json.dumps([at, rows], separators=(",", ":")).encode(), 3)


def decode(payload: bytes) -> Moment:
    """The moment that `encode` wrote."""
    at, rows = json.loads(zlib.decompress(payload))
    return at, {Series(name, unit, tuple(sorted(labels.items()))): value for name, unit, labels, value in rows}


def fitting(moments: Sequence[Moment]) -> int:
    """How many of the first moments fit into one request (at least one)."""
    keys: set[Series] = set()
    for count, (_, readings) in enumerate(moments, start=1):
        keys |= readings.keys()
        if count > 1 and len(keys) * count > MOST_VALUES:
            return count - 1
    return len(moments)


def request_body(host: str, labels: Mapping[str, str], moments: Sequence[Moment], sent_at: float) -> dict[str, Any]:
    """The body of one POST to `PATH`; a series without a value at some moment has null there."""
    keys = sorted({key for _, readings in moments for key in readings})
    return {
        "host": {"name": host, "labels": dict(labels), "agent": f"farside-agent/{__version__}"},
        "sent_at": iso(sent_at),
        "series": [{"name": k.name, "unit": k.unit, "kind": "gauge", "labels": dict(k.labels)} for k in keys],
        "samples": [{"at": iso(at), "values": [_short(readings.get(k)) for k in keys]} for at, readings in moments],
    }


def _short(value: float | None) -> float | None:
    """Six significant decimals are more than any reading holds, and shorten the message by half."""
    return None if value is None else round(value, 6)
