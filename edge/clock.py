"""Moments: ISO time stamps, and a fixed grid of due moments for everything that repeats."""

import hashlib
import math
from datetime import UTC, datetime


def iso(moment: float) -> str:
    """Unix seconds as ISO 8601 in UTC with milliseconds, as the server expects them."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def offset_s(key: str, interval_s: float) -> float:
    """Seconds in [0, interval) that belong to `key`: spreads the load, and stays the same after a restart."""
    digest = hashlib.sha256(key.encode()).digest()
    return round(int.from_bytes(digest[:4], "big") / 2**32 * interval_s, 3) % interval_s


def slot_after(key: str, interval_s: float, now: float) -> float:
    """First moment after `now` (Unix seconds) on the grid of `interval_s` seconds that belongs to `key`."""
    offset = offset_s(key, interval_s)
    slot = math.floor((now - offset) / interval_s) * interval_s + offset
    while slot <= now:
        slot += interval_s
    return round(slot, 3)
