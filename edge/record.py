"""Framing of spooled records: a checksum for each, so that a torn or damaged one is told from a whole one."""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

_MAGIC = b"FSR1"
_HEADER = struct.Struct(">4sIId")  # magic, CRC-32 of all that follows, payload length, time of writing


@dataclass(frozen=True)
class Framed:
    """One whole record: its payload, when it was written (Unix seconds), and its place in the data."""

    payload: bytes
    at: float
    start: int
    end: int


def pack(payload: bytes, at: float) -> bytes:
    """`payload` as bytes that `unpack` finds again."""
    return _HEADER.pack(_MAGIC, _checksum(payload, at), len(payload), at) + payload


def unpack(data: bytes) -> Iterator[Framed]:
    """Every whole record in `data`, in order; damaged bytes are stepped over, a torn end is left out."""
    place = data.find(_MAGIC)
    while place >= 0:
        record = _read(data, place)
        if record:
            yield record
        place = data.find(_MAGIC, record.end if record else place + 1)


def _read(data: bytes, start: int) -> Framed | None:
    if start + _HEADER.size > len(data):
        return None
    _, checksum, length, at = _HEADER.unpack_from(data, start)
    end = start + _HEADER.size + length
    payload = data[start + _HEADER.size : end]
    whole = end <= len(data) and checksum == _checksum(payload, at)
    return Framed(payload, at, start, end) if whole else None


def _checksum(payload: bytes, at: float) -> int:
    return zlib.crc32(payload, zlib.crc32(struct.pack(">Id", len(payload), at)))
