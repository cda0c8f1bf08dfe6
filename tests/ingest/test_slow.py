"""A sender that trickles is sent away, and nobody waits for it: the real server, with a short limit."""

import os
import socket
import subprocess
import urllib.request
from collections.abc import Iterator

import pytest

from monitor import processes
from tests.system import free_port, wait_for

HEAD = b"POST /api/1/envelope/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n"


def is_served(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://localhost:{port}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.fixture
def server(settings: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The port of `farside web`, which takes bodies for one second."""
    port = free_port()
    monkeypatch.setattr("django.conf.settings.FARSIDE_PORT", port)
    environment = {**os.environ, "FARSIDE_BODY_TIMEOUT_S": "1"}
    process = subprocess.Popen(processes.web(), env=environment)
    try:
        wait_for("the web process", lambda: is_served(port))
        yield port
    finally:
        process.terminate()
        process.wait(30)


def trickle(port: int) -> socket.socket:
    """Begin a request whose body does not come."""
    sender = socket.create_connection(("127.0.0.1", port), timeout=30)
    sender.sendall(HEAD + b"{")
    return sender


def test_slow_senders_are_sent_away_and_hold_up_nobody(server: int) -> None:
    senders = [trickle(server) for _ in range(50)]
    assert is_served(server)
    for sender in senders:
        answer = sender.recv(65_536)
        assert answer.startswith(b"HTTP/1.1 408")
        assert b"x-sentry-error: the body did not arrive within 1 s" in answer.lower()
        sender.close()
