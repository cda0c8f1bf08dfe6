"""HTTP probe: one request on a fresh connection, measured phase by phase; redirects are not followed."""

import http.client
import io
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit

from edge import __version__
from edge.check import Check, Failure, Outcome

MOST_BODY_BYTES = 10_000_000
_CHUNK = 65_536
_SAFE = "%/?:@!$&'()*+,;=~"  # characters that a path or query may hold as they are

_FAILED = {  # phase: (kind of failure, what went wrong, what did not happen in time)
    "dns": ("dns", "cannot resolve the host name", "the host name was not resolved"),
    "connect": ("connect", "cannot connect", "no connection was made"),
    "tls": ("tls", "TLS handshake failed", "the TLS handshake did not finish"),
    "first_byte": ("protocol", "no valid answer", "no answer began"),
    "download": ("protocol", "the answer broke off", "the answer did not end"),
}

Addresses = list[tuple[int, tuple[Any, ...]]]


class _Failed(Exception):
    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.failure = Failure(kind, message)


class _Deadline:
    """The whole execution ends at one moment, however slowly single bytes trickle in."""

    def __init__(self, timeout_s: float) -> None:
        self.timeout_s = timeout_s
        self._end = time.monotonic() + timeout_s

    def left_s(self) -> float:
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


class _Answer(io.RawIOBase):
    """Bytes from a socket, each read limited by the deadline. Stands in for the socket towards http.client."""

    def __init__(self, connection: socket.socket, deadline: _Deadline) -> None:
        self._connection, self._deadline = connection, deadline
        self.buffer = io.BufferedReader(self, _CHUNK)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._connection.settimeout(self._deadline.left_s())
        return self._connection.recv_into(buffer)

    def makefile(self, _mode: str) -> io.BufferedIOBase:
        return self.buffer


def probe(check: Check) -> Outcome:
    """Executes `check` once; never raises for what the far end does."""
    outcome = Outcome(started_at=time.time())
    began = time.monotonic()
    try:
        _execute(check, outcome, _Deadline(check.timeout_s))
    except _Failed as failed:
        outcome.failure = failed.failure
    outcome.duration_ms = _ms_since(began)
    return outcome


def _execute(check: Check, outcome: Outcome, deadline: _Deadline) -> None:
    url = urlsplit(check.url)
    with _phase("dns", outcome, deadline):
        addresses = _resolve(url, deadline)
    with _phase("connect", outcome, deadline):
        connection = _connect(addresses, outcome, deadline)
    with connection:
        if url.scheme == "https":
            with _phase("tls", outcome, deadline):
                connection.settimeout(deadline.left_s())
                connection = _TLS.wrap_socket(connection, server_hostname=_host(url))
        with connection:
            _exchange(check, connection, outcome, deadline)


def _exchange(check: Check, connection: socket.socket, outcome: Outcome, deadline: _Deadline) -> None:
    answer = _Answer(connection, deadline)
    with _phase("first_byte", outcome, deadline):
        connection.settimeout(deadline.left_s())
        connection.sendall(_request(check))
        if not answer.buffer.peek(1):
            raise http.client.HTTPException("the connection was closed without an answer")
    with _phase("download", outcome, deadline):
        response = http.client.HTTPResponse(answer, method=check.method)  # type: ignore[arg-type]  # reads makefile() alone
        response.begin()
        outcome.status_code = response.status
        body = _download(response)
    _judge(check, response.status, response.reason, body)


def _judge(check: Check, status: int, reason: str, body: bytes) -> None:
    if not check.expects(status):
        raise _Failed("http", f"status {status} {reason}".rstrip() + f", expected {check.expect_status}")
    if check.expect_body and check.expect_body.encode() not in body:
        raise _Failed("body", f"the answer ({len(body)} bytes) does not contain {check.expect_body!r}")


@contextmanager
def _phase(name: str, outcome: Outcome, deadline: _Deadline) -> Iterator[None]:
    """Times a phase and turns what goes wrong in it into a failure of the right kind."""
    kind, wrong, late = _FAILED[name]
    began = time.monotonic()
    try:
        yield
    except TimeoutError as error:
        raise _Failed("timeout", f"{late} within {deadline.timeout_s:g} s") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _Failed(kind, f"{wrong}: {_text(error)}") from error
    finally:
        outcome.phases[name] = _ms_since(began)


def _resolve(url: SplitResult, deadline: _Deadline) -> Addresses:
    """Looks the name up in a thread, for the system's resolver knows no deadline."""
    answer: Future[Addresses] = Future()
    port = url.port or (443 if url.scheme == "https" else 80)

    def look_up() -> None:
        try:
            found = socket.getaddrinfo(_host(url), port, type=socket.SOCK_STREAM)
            answer.set_result([(family, address) for family, _, _, _, address in found])
        except (OSError, UnicodeError) as error:
            answer.set_exception(error)

    threading.Thread(target=look_up, daemon=True).start()
    return answer.result(deadline.left_s())


def _connect(addresses: Addresses, outcome: Outcome, deadline: _Deadline) -> socket.socket:
    """The first address that answers; each gets its share of the time left, so that a dead one spares the next."""
    trouble: OSError = OSError("the host name has no address")
    for index, (family, address) in enumerate(addresses):
        outcome.remote_address = str(address[0])
        try:
            return _dial(family, address, deadline.left_s() / (len(addresses) - index))
        except OSError as error:
            trouble = error
    raise trouble


def _dial(family: int, address: tuple[Any, ...], timeout_s: float) -> socket.socket:
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.settimeout(timeout_s)
        connection.connect(address)
    except OSError:
        connection.close()
        raise
    return connection


def _request(check: Check) -> bytes:
    url = urlsplit(check.url)
    host = f"[{_host(url)}]" if ":" in _host(url) else _host(url)
    target = quote(url.path or "/", safe=_SAFE) + (f"?{quote(url.query, safe=_SAFE)}" if url.query else "")
    lines = [
        f"{check.method} {target} HTTP/1.1",
        f"Host: {host}:{url.port}" if url.port else f"Host: {host}",
        f"User-Agent: Farside-Prober/{__version__}",
        "X-Farside-Probe: 1",
        "Accept: */*",
        "Accept-Encoding: identity",
        "Cache-Control: no-cache",
        "Connection: close",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")


def _download(response: http.client.HTTPResponse) -> bytes:
    body = bytearray()
    while len(body) < MOST_BODY_BYTES and (chunk := response.read(_CHUNK)):
        body += chunk
    missing = response.length or 0
    if missing and len(body) < MOST_BODY_BYTES and response.isclosed():
        raise http.client.HTTPException(f"{missing} bytes are missing after {len(body)}")
    return bytes(body)


def _tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


_TLS = _tls()


def _host(url: SplitResult) -> str:
    host = url.hostname or ""
    return host if host.isascii() else host.encode("idna").decode()


def _text(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate refused: {error.verify_message}"
    if isinstance(error, ssl.SSLError) and error.reason:
        return error.reason.replace("_", " ").lower()
    if isinstance(error, http.client.BadStatusLine):
        return f"not HTTP: {str(error)[:80]}"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__


def _ms_since(began: float) -> float:
    return round((time.monotonic() - began) * 1000, 3)
