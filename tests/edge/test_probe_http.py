"""The HTTP probe against far ends that behave and misbehave."""

import socket
import ssl
import struct
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.check import PHASES, Check, Outcome
from edge.probes import http
from edge.probes.http import probe

FarEnd = Callable[[Callable[[socket.socket], None]], int]


def check(port: int, scheme: str = "http", **fields: Any) -> Check:
    return Check("x", f"{scheme}://localhost:{port}/", **{"timeout_s": 2.0, **fields})


def answering(answer: bytes) -> Callable[[socket.socket], None]:
    def handle(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(answer)

    return handle


def failure(outcome: Outcome) -> tuple[str, str]:
    assert outcome.failure is not None
    return outcome.failure.kind, outcome.failure.message


def test_a_good_answer_is_measured_phase_by_phase(server: Any) -> None:
    server.answers = [(200, {}, b"hello")]
    outcome = probe(Check("x", server.url + '/päth?q="ü"'))
    assert outcome.failure is None
    assert (outcome.status_code, outcome.remote_address, outcome.attempts) == (200, "127.0.0.1", 1)
    assert list(outcome.phases) == ["dns", "connect", "first_byte", "download"]
    assert 0 < sum(outcome.phases.values()) <= outcome.duration_ms
    assert server.requests[0].path == "/p%C3%A4th?q=%22%C3%BC%22"
    assert server.requests[0].headers["User-Agent"].startswith("Farside-Prober/")


def test_a_head_request(server: Any) -> None:
    server.answers = [(200, {}, b"")]
    assert probe(Check("x", server.url, method="HEAD")).failure is None
    assert server.requests[0].method == "HEAD"


def test_a_second_address_is_tried(far_end: FarEnd) -> None:
    # localhost may resolve to ::1 first, where nobody listens
    outcome = probe(check(far_end(answering(b"HTTP/1.1 204 No Content\r\n\r\n"))))
    assert (outcome.status_code, outcome.remote_address) == (204, "127.0.0.1")


@pytest.mark.parametrize("status", [404, 500, 503])
def test_an_unexpected_status(server: Any, status: int) -> None:
    server.answers = [(status, {}, b"")]
    outcome = probe(Check("x", server.url))
    assert failure(outcome)[0] == "http"
    assert f"status {status}" in failure(outcome)[1]
    assert outcome.status_code == status


def test_a_redirect_is_an_answer_and_is_not_followed(server: Any) -> None:
    server.answers = [(302, {"Location": "/elsewhere"}, b"")]
    assert probe(Check("x", server.url)).status_code == 302
    assert len(server.requests) == 1


def test_a_missing_text(server: Any) -> None:
    server.answers = [(200, {}, "Größe: all fine".encode())]
    assert probe(Check("x", server.url, expect_body="Größe")).failure is None
    kind, message = failure(probe(Check("x", server.url, expect_body="sold out")))
    assert (kind, message) == ("body", "the answer (17 bytes) does not contain 'sold out'")


def test_an_unknown_name() -> None:
    outcome = probe(Check("x", "http://no-such-host.invalid/"))
    assert failure(outcome)[0] == "dns"
    assert list(outcome.phases) == ["dns"]
    assert outcome.remote_address is None


def test_a_slow_resolver(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_: Any, **__: Any) -> list[Any]:
        time.sleep(0.5)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    outcome = probe(Check("x", "http://slow.example/", timeout_s=0.1))
    assert failure(outcome) == ("timeout", "the host name was not resolved within 0.1 s")


def test_a_refused_connection(closed_port: int) -> None:
    outcome = probe(check(closed_port))
    assert failure(outcome) == ("connect", "cannot connect: Connection refused")
    assert outcome.remote_address is not None
    assert list(outcome.phases) == ["dns", "connect"]


def reset(connection: socket.socket) -> None:
    connection.recv(65_536)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def trickle(connection: socket.socket) -> None:
    connection.recv(65_536)
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        connection.sendall(b"x")
        time.sleep(0.05)


def slow_head(connection: socket.socket) -> None:
    connection.recv(65_536)
    connection.sendall(b"HTTP/1.1 200")
    connection.recv(1)


def silence(connection: socket.socket) -> None:
    while connection.recv(65_536):
        pass


@pytest.mark.parametrize(
    ("behaviour", "kind", "message"),
    [
        (reset, "protocol", "no valid answer: Connection reset by peer"),
        (answering(b""), "protocol", "no valid answer: the connection was closed without an answer"),
        (answering(b"SSH-2.0-OpenSSH_9\r\n"), "protocol", "the answer broke off: not HTTP"),
        (answering(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"), "protocol", "96 bytes are missing after 4"),
        (answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nhalf"), "protocol", "IncompleteRead"),
        (answering(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n"), "protocol", "more than 100 headers"),
        (silence, "timeout", "no answer began within 0.3 s"),
        (slow_head, "timeout", "the answer did not end within 0.3 s"),
        (trickle, "timeout", "the answer did not end within 0.3 s"),
    ],
)
def test_misbehaviour(far_end: FarEnd, behaviour: Callable[[socket.socket], None], kind: str, message: str) -> None:
    outcome = probe(check(far_end(behaviour), timeout_s=0.3))
    assert failure(outcome)[0] == kind
    assert message in failure(outcome)[1]


def test_a_full_backlog_times_out_while_connecting() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            outcome = probe(Check("x", f"http://127.0.0.1:{port}/", timeout_s=0.3))
    assert failure(outcome)[0] == "timeout"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for localhost, with its key in the same file."""
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(path), "-out", str(path) + ".crt"]
    subprocess.run([*command.split(), *names], check=True, capture_output=True)
    path.write_text(path.read_text() + Path(str(path) + ".crt").read_text())
    return path


@pytest.fixture
def tls_port(far_end: FarEnd, certificate: Path) -> int:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def handle(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            secured.recv(65_536)
            secured.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    return far_end(handle)


@pytest.fixture
def trusting(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    context = ssl.create_default_context(cafile=certificate)
    monkeypatch.setattr(http, "_TLS", context)
    yield


def test_a_self_signed_certificate_is_refused(tls_port: int) -> None:
    outcome = probe(check(tls_port, "https"))
    assert failure(outcome) == ("tls", "TLS handshake failed: certificate refused: self-signed certificate")
    assert list(outcome.phases) == ["dns", "connect", "tls"]


@pytest.mark.usefixtures("trusting")
def test_a_trusted_certificate_has_all_phases(tls_port: int) -> None:
    outcome = probe(check(tls_port, "https"))
    assert outcome.failure is None
    assert tuple(outcome.phases) == PHASES


@pytest.mark.usefixtures("trusting")
def test_a_certificate_of_another_name_is_refused(tls_port: int) -> None:
    outcome = probe(Check("x", f"https://127.0.0.1:{tls_port}/"))
    assert failure(outcome)[0] == "tls"
    assert "IP address mismatch" in failure(outcome)[1]


def test_a_plain_server_on_a_tls_port(far_end: FarEnd) -> None:
    kind, message = failure(probe(check(far_end(answering(b"HTTP/1.1 400 Bad Request\r\n\r\n")), "https")))
    assert (kind, message) == ("tls", "TLS handshake failed: wrong version number")


def test_a_silent_tls_server(far_end: FarEnd) -> None:
    outcome = probe(check(far_end(silence), "https", timeout_s=0.3))
    assert failure(outcome) == ("timeout", "the TLS handshake did not finish within 0.3 s")
