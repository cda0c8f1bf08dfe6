"""Content-Encoding to bytes, never more of them than allowed."""

import zlib
from collections.abc import Callable

import brotli
import zstandard

from ingest.errors import Refused

MOST_ENCODINGS = 2
MOST_STREAMS = 16
"""How many gzip or zstd streams may follow each other in a body; beside the bytes, each costs time of its own."""
ZSTD_STEP = 1024
"""Bytes of zstd undone at a time, as its decoder knows no limit: they hold at most 32 MiB of nothing but zeros."""


def decode(body: bytes, content_encoding: str, most: int) -> bytes:
    """Undo every encoding named in the header, the last one first.

    Raises Refused: 415 for an encoding that is not known, 400 for damaged data, 413 past `most` bytes.
    """
    names = [part.strip().lower() for part in content_encoding.split(",") if part.strip()]
    if len(names) > MOST_ENCODINGS:
        raise Refused(415, f"Content-Encoding names {len(names)} encodings; send at most {MOST_ENCODINGS}")
    for name in reversed(names):
        if name not in DECODERS:
            known = ", ".join(sorted(set(DECODERS) - {"identity"}))
            raise Refused(415, f"Content-Encoding {name[:64]!r} is not known; send one of {known}, or none")
        try:
            body = DECODERS[name](body, most + 1)
        except (zlib.error, brotli.error, zstandard.ZstdError, EOFError) as error:
            raise Refused(400, f"the body is not valid {name}: {error}") from error
        if len(body) > most:
            raise Refused(413, f"the body is larger than {most} bytes when decompressed")
    return body


def _gzip(body: bytes, most: int) -> bytes:
    return _streams(body, most, lambda part, left: _inflate(part, left, 16 + zlib.MAX_WBITS))


def _zstd(body: bytes, most: int) -> bytes:
    return _streams(body, most, _zstd_frame)


def _streams(body: bytes, most: int, undo: Callable[[bytes, int], tuple[bytes, bytes]]) -> bytes:
    """What several streams, end to end, hold together: `undo` takes one and what it may give, and returns the rest."""
    found = b""
    for _ in range(MOST_STREAMS):
        part, body = undo(body, most - len(found))
        found += part
        if not body or len(found) >= most:
            return found
    raise EOFError(f"it goes on after {MOST_STREAMS} streams")


def _deflate(body: bytes, most: int) -> bytes:
    """RFC 9110 means zlib by `deflate`; some clients send the bare stream."""
    try:
        found, rest = _inflate(body, most, zlib.MAX_WBITS)
    except zlib.error:
        found, rest = _inflate(body, most, -zlib.MAX_WBITS)
    if rest:
        raise EOFError("it goes on after its end")
    return found


def _inflate(body: bytes, most: int, window: int) -> tuple[bytes, bytes]:
    stream = zlib.decompressobj(window)
    found = stream.decompress(body, most)
    if not stream.eof and len(found) < most:
        raise EOFError("it ends too early")
    return found, stream.unused_data


def _brotli(body: bytes, most: int) -> bytes:
    stream = brotli.Decompressor()
    found = stream.process(body, output_buffer_limit=most)
    while len(found) < most and not stream.is_finished():
        more = stream.process(b"", output_buffer_limit=most - len(found))
        if not more:
            raise EOFError("it ends too early")
        found += more
    return bytes(found)


def _zstd_frame(body: bytes, most: int) -> tuple[bytes, bytes]:
    # A window over 8 MiB is refused: RFC 8878 asks decoders to accept no more of the web.
    stream = zstandard.ZstdDecompressor(max_window_size=2**23).decompressobj()
    parts: list[bytes] = []
    size = 0
    for start in range(0, len(body), ZSTD_STEP):
        parts.append(stream.decompress(body[start : start + ZSTD_STEP]))
        size += len(parts[-1])
        if stream.eof or size >= most:
            return b"".join(parts), stream.unused_data + body[start + ZSTD_STEP :] if stream.eof else b""
    raise EOFError("it ends too early")


DECODERS: dict[str, Callable[[bytes, int], bytes]] = {
    "identity": lambda body, _: body,
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}
