"""HTTP to where users say: to global addresses only, pinned, without redirects, bounded in time and size."""

import ipaddress
import json
import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpcore
import httpx
from django.conf import settings

from monitor.channels.errors import ChannelError, Refused, Unavailable

TIMEOUT_S = 15.0
MOST_ANSWER_BYTES = 64 * 1024
_TEMPORARY = {408, 425, 429}
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True)
class Answer:
    """What the receiver answered; `text` is cut at MOST_ANSWER_BYTES."""

    status: int
    headers: dict[str, str]
    text: str


@dataclass(frozen=True)
class File:
    """What a server answered to a GET, whole."""

    headers: dict[str, str]
    content: bytes


def post_json(url: str, body: Any, timeout_s: float | None = None) -> Answer:
    """POST `body` as JSON and return the answer, whatever its status. Raises Refused or Unavailable."""
    headers = [("Content-Type", "application/json")]
    status, told, content = _exchange("POST", url, headers, json.dumps(body).encode(), MOST_ANSWER_BYTES, timeout_s)
    return Answer(status, told, content[:MOST_ANSWER_BYTES].decode("utf-8", "replace"))


def get_file(url: str, most_bytes: int, timeout_s: float | None = None) -> File:
    """GET a file of at most that size, answered with 200 and not compressed. Raises Refused or Unavailable."""
    headers = [("Accept-Encoding", "identity")]
    status, told, content = _exchange("GET", url, headers, b"", most_bytes, timeout_s)
    if status != httpx.codes.OK:
        raise failure(Answer(status, told, ""), urlsplit(url).hostname or "") or Refused(f"it answered {status}")
    if told.get("content-encoding", "identity") != "identity":
        raise Refused(f"it was answered in the encoding {told['content-encoding'][:40]!r}, which was not asked for")
    if len(content) > most_bytes:
        raise Refused(f"it is larger than {most_bytes:,} bytes")
    return File(told, content)


def _exchange(
    method: str, url: str, headers: list[tuple[str, str]], content: bytes, most_bytes: int, timeout_s: float | None
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and (of what is too large the beginning of) the body.

    The name is resolved once; the connection goes to that very address with the name in Host and SNI, so that a second
    look-up can bring no other one. `timeout_s` (TIMEOUT_S) bounds the whole exchange, however slow its parts are.
    """
    timeout_s = timeout_s or TIMEOUT_S
    target = _parse(url)
    deadline = time.monotonic() + timeout_s
    wire = _PinnedNetwork(_resolve(target.host, target.port or _default_port(target)), deadline)
    own = [("Host", target.netloc.decode("ascii")), ("User-Agent", "Farside")]
    size = [("Content-Length", str(len(content)))] if content else []
    try:
        with (
            httpcore.ConnectionPool(ssl_context=httpx.create_ssl_context(), network_backend=wire) as pool,
            pool.stream(method, _core_url(target), headers=[*own, *size, *headers], content=content) as response,
        ):
            return response.status, _headers(response), _bounded(response, most_bytes)
    except httpcore.TimeoutException as error:
        raise Unavailable(f"{target.host} did not answer within {timeout_s:g} s") from error
    except (httpcore.NetworkError, httpcore.ProtocolError) as error:
        raise Unavailable(f"{target.host}: {error or type(error).__name__}") from error


def failure(answer: Answer, host: str) -> ChannelError | None:
    """The error that an answer's status stands for; None for 2xx."""
    if 200 <= answer.status < 300:
        return None
    said = " ".join(answer.text.split())[:200]
    detail = f"{host} answered {answer.status}{': ' + said if said else ''}"
    if answer.status in _TEMPORARY or answer.status >= 500:
        return Unavailable(detail, retry_after_s(answer.headers.get("retry-after")))
    if 300 <= answer.status < 400:
        return Refused(f"{host} answered {answer.status}, a redirect, which is not followed; give the final address")
    return Refused(detail)


def retry_after_s(value: str | None) -> float | None:
    """Seconds of a Retry-After header (a number or a date), at least 0; None without a valid one."""
    if not value:
        return None
    try:
        seconds = float(value) if value.strip().isdigit() else parsedate_to_datetime(value).timestamp() - time.time()
    except ValueError:
        return None
    return max(seconds, 0.0)


def is_allowed(address: Address) -> bool:
    """Whether messages may go there: a global unicast address, also when it hides in an IPv6 form of an IPv4 one."""
    if isinstance(address, ipaddress.IPv6Address):
        embedded = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            embedded = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if embedded is not None:
            return is_allowed(embedded)
        if address.is_site_local:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def _parse(url: str) -> httpx.URL:
    try:
        target = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise Refused(f"the address is no URL ({error})") from error
    if target.scheme not in ("http", "https") or not target.host or "%" in target.host:
        raise Refused("the address must begin with https:// or http:// and name a host")
    return target


def _default_port(target: httpx.URL) -> int:
    return 443 if target.scheme == "https" else 80


def _core_url(target: httpx.URL) -> httpcore.URL:
    return httpcore.URL(scheme=target.raw_scheme, host=target.raw_host, port=target.port, target=target.raw_path)


def _resolve(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unavailable(f"{host} cannot be resolved ({getattr(error, 'strerror', None) or error})") from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if settings.FARSIDE_ALLOW_PRIVATE_TARGETS:
        return addresses
    allowed = [text for text in addresses if is_allowed(ipaddress.ip_address(text))]
    if not allowed:
        refused = f"{host} leads to {', '.join(addresses)}, which is no public address"
        raise Refused(f"{refused}; where that is wanted, set FARSIDE_ALLOW_PRIVATE_TARGETS")
    return allowed


def _headers(response: httpcore.Response) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}


def _bounded(response: httpcore.Response, most_bytes: int) -> bytes:
    """The body, or of one that is larger a little more than `most_bytes`."""
    body = bytearray()
    for chunk in response.iter_stream():
        body += chunk
        if len(body) > most_bytes:
            break
    return bytes(body)


class _PinnedNetwork(httpcore.NetworkBackend):
    """Connects to the given addresses, whatever host is asked for, and ends every wait at the deadline."""

    def __init__(self, addresses: list[str], deadline: float) -> None:
        self._addresses, self._deadline = addresses, deadline
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """The first address that accepts."""
        trouble: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in self._addresses:
            try:
                stream = self._plain.connect_tcp(address, port, _left(self._deadline), local_address, socket_options)
                return _HurriedStream(stream, self._deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                trouble = error
        raise trouble


class _HurriedStream(httpcore.NetworkStream):
    """A stream whose reads and writes all end at one deadline."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """As the stream's."""
        return self._stream.read(max_bytes, _left(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """As the stream's."""
        self._stream.write(buffer, _left(self._deadline))

    def close(self) -> None:
        """As the stream's."""
        self._stream.close()

    def start_tls(self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None) -> Any:
        """As the stream's; still with the deadline."""
        return _HurriedStream(
            self._stream.start_tls(ssl_context, server_hostname, _left(self._deadline)), self._deadline
        )

    def get_extra_info(self, info: str) -> Any:
        """As the stream's."""
        return self._stream.get_extra_info(info)


def _left(deadline: float) -> float:
    """Seconds until the deadline. Raises httpcore.TimeoutException after it."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the time for the whole exchange is over")
    return left
