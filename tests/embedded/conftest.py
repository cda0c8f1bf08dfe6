"""Processes and folders for tests of what starts and stops servers."""

import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from monitor.embedded.servers import Servers


@pytest.fixture
def server_data(open_folder: Path) -> Path:
    """A data folder of the test's own."""
    folder = open_folder / secrets.token_hex(4)
    folder.mkdir(mode=0o711)
    return folder


@pytest.fixture
def servers(server_data: Path) -> Iterator[Servers]:
    """Servers that are not started yet; whatever a test starts is stopped."""
    servers = Servers(server_data, fsync="no")
    yield servers
    servers.stop()


@pytest.fixture
def later(servers: Servers, server_data: Path) -> Iterator[Servers]:
    """What another process would make of the same folder."""
    later = Servers(server_data, fsync="no")
    yield later
    later.stop()


@pytest.fixture
def answering() -> Iterator[Callable[[bytes], int]]:
    """A function that opens a port which gives every caller these bytes and hangs up."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(answer: bytes) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(1000)
                connection.sendall(answer)

    def begin(answer: bytes) -> int:
        threading.Thread(target=serve, args=(answer,), daemon=True).start()
        return int(listener.getsockname()[1])

    yield begin
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
