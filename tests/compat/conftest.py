"""The door for clients that are programs of their own."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from ingest import authenticate
from monitor.models import Project
from tests.sending import post


class _Handler(BaseHTTPRequestHandler):
    """Hands each request to the ASGI application, and remembers its body."""

    def __init__(self, bodies: list[tuple[dict[str, str], bytes]], *arguments: Any) -> None:
        self.bodies = bodies
        super().__init__(*arguments)

    def do_POST(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers["content-length"]))
        self.bodies.append((headers, body))
        answer = post(self.path, body, headers)
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, *_: object) -> None:
        pass


class Door:
    """A door on a port of its own for one project; `bodies` are the headers and bodies that came."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.bodies: list[tuple[dict[str, str], bytes]] = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, self.bodies))
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))

    def dsn(self) -> str:
        """What a client is given."""
        host, port = self.server.server_address[:2]
        return f"http://{self.project.keys.get().public_key}@{host!s}:{port}/{self.project.pk}"


@pytest.fixture
def door(transactional_db: None, valkey: object, project: Project) -> Iterator[Door]:
    authenticate._known.clear()
    door = Door(project)
    door.thread.start()
    yield door
    door.server.shutdown()
    door.server.server_close()
    door.thread.join()
