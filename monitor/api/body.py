"""Bodies of our own write endpoints: bounded, gzip or plain JSON, and errors that name the entry."""

import zlib
from collections.abc import Mapping
from typing import IO, Any

import msgspec
from rest_framework import serializers
from rest_framework.exceptions import APIException, ParseError, UnsupportedMediaType, ValidationError
from rest_framework.parsers import BaseParser

MOST_BODY_BYTES = 4_000_000


class TooLarge(APIException):
    """413: more than one request may hold."""

    status_code = 413
    default_detail = "This request is too large; send it in parts."


class BoundedJSONParser(BaseParser):
    """JSON, plain or gzipped, of at most MOST_BODY_BYTES before and after decompression."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """The decoded body. Raises 400, 413 or 415."""
        request = (parser_context or {}).get("request")
        encoding = request.headers.get("Content-Encoding", "identity").strip().lower() if request else "identity"
        body = stream.read(MOST_BODY_BYTES + 1)
        if encoding == "gzip":
            body = _gunzip(body)
        elif encoding not in ("", "identity"):
            raise UnsupportedMediaType(encoding, f"Content-Encoding {encoding!r} is not known; send gzip or none.")
        if len(body) > MOST_BODY_BYTES:
            raise TooLarge(f"The body is larger than {MOST_BODY_BYTES:,} bytes; send it in parts.")
        try:
            return msgspec.json.decode(body)
        except (msgspec.DecodeError, RecursionError) as error:
            raise ParseError(f"The body is no JSON: {error}") from error


def _gunzip(body: bytes) -> bytes:
    decompressor = zlib.decompressobj(wbits=31)
    try:
        plain = decompressor.decompress(body, MOST_BODY_BYTES + 1)
    except zlib.error as error:
        raise ParseError(f"The body is not gzip, as Content-Encoding says: {error}") from error
    if not decompressor.eof and len(plain) <= MOST_BODY_BYTES:
        raise ParseError("The gzipped body ends too early.")
    return plain


def validated(serializer: serializers.Serializer[Any]) -> dict[str, Any]:
    """The serializer's data; 400 with `detail` naming the first wrong entry, as `results[3].duration_ms: …`."""
    if serializer.is_valid():
        return dict(serializer.validated_data)
    raise ValidationError({"detail": first_problem(serializer.errors)})


def first_problem(errors: Any, path: str = "") -> str:
    """The first message in DRF's tree of errors, with the path to it."""
    if isinstance(errors, Mapping):
        key, below = next((key, below) for key, below in errors.items() if below)
        if str(key).isdigit():
            return first_problem(below, f"{path}[{key}]")
        own = key == "non_field_errors"
        return first_problem(below, path if own else f"{path}.{key}".lstrip("."))
    if isinstance(errors, list) and any(isinstance(entry, Mapping) for entry in errors):
        index, below = next((index, below) for index, below in enumerate(errors) if below)
        return first_problem(below, f"{path}[{index}]")
    message = errors[0] if isinstance(errors, list) else errors
    return f"{path}: {message}" if path else str(message)
