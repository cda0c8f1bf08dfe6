"""Content-Encoding to bytes, never more of them than allowed."""

import zlib
from collections.abc import Callable
from io import BytesIO

import brotli
import zstandard

from ingest.errors import Refused


def decode(body: bytes, content_encoding: str, most: int) -> bytes:
    """Undo every encoding named in the header, the last one first.

    Raises Refused: 415 for an encoding that is not known, 400 for damaged data, 413 past `most` bytes.
    """
    for name in reversed([part.strip().lower() for part in content_encoding.split(",") if part.strip()]):
        if name not in DECODERS:
            known = ", ".join(sorted(set(DECODERS) - {"identity"}))
            raise Refused(415, f"Content-Encoding {name!r} is not known; send one of {known}, or none")
        try:
            body = DECODERS[name](body, most + 1)
        except (zlib.error, brotli.error, zstandard.ZstdError, EOFError) as error:
            raise Refused(400, f"the body is not valid {name}: {error}") from error
        if len(body) > most:
            raise Refused(413, f"the body is larger than {most} bytes when decompressed")
    return body


def _gzip(body: bytes, most: int) -> bytes:
    return _inflate(body, most, 16 + zlib.MAX_WBITS)


def _deflate(body: bytes, most: int) -> bytes:
    """RFC 9110 means zlib by `deflate`; some clients send the bare stream."""
    try:
        return _inflate(body, most, zlib.MAX_WBITS)
    except zlib.error:
        return _inflate(body, most, -zlib.MAX_WBITS)


def _inflate(body: bytes, most: int, window: int) -> bytes:
    stream = zlib.decompressobj(window)
    found = stream.decompress(body, most)
    if not stream.eof and len(found) < most:
        raise EOFError("it ends too early")
    return found


def _brotli(body: bytes, most: int) -> bytes:
    stream = brotli.Decompressor()
    found = stream.process(body, output_buffer_limit=most)
    while len(found) < most and not stream.is_finished():
        more = stream.process(b"", output_buffer_limit=most - len(found))
        if not more:
            raise EOFError("it ends too early")
        found += more
    return bytes(found)


def _zstd(body: bytes, most: int) -> bytes:
    # A window over 8 MiB is refused: RFC 8878 asks decoders to accept no more of the web.
    with zstandard.ZstdDecompressor(max_window_size=2**23).stream_reader(BytesIO(body)) as stream:
        return stream.read(most)


DECODERS: dict[str, Callable[[bytes, int], bytes]] = {
    "identity": lambda body, _: body,
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}
