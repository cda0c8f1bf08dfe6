"""A webhook receiver on a real socket that answers, limits, fails, hangs and redirects as Slack and proxies do."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ANSWERS: dict[str, tuple[int, dict[str, str], str]] = {
    "ok": (200, {}, "ok"),
    "limited": (429, {"Retry-After": "120"}, "rate_limited"),
    "broken": (500, {}, "rollup_error"),
    "invalid": (400, {}, "invalid_payload"),
    "forbidden": (403, {}, "action_prohibited"),
    "gone": (404, {}, "no_service"),
    "archived": (410, {}, "channel_is_archived"),
    "redirect": (302, {"Location": "http://127.0.0.1:1/inside"}, ""),
    "endless": (200, {}, "x" * 1_000_000),
}


class FakeSlack:
    """Answers by `script` (one word a request, the last one repeated) and keeps the messages it was sent."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/services/T0/B0/secret"
        self.script = ["ok"]
        self.messages: list[dict[str, Any]] = []
        self.hosts: list[str] = []
        self.closing = threading.Event()

    def next_answer(self) -> str:
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]

    def texts(self) -> list[str]:
        return [message["text"] for message in self.messages]


class _Handler(BaseHTTPRequestHandler):
    slack: FakeSlack

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answer = self.slack.next_answer()
        self.slack.hosts.append(self.headers["Host"])
        if answer == "hang":
            self.slack.closing.wait()
        elif answer == "drip":
            self._drip()
        elif answer != "close":
            if answer == "ok":
                self.slack.messages.append(json.loads(body))
            self._answer(*ANSWERS[answer])

    def _answer(self, status: int, headers: dict[str, str], text: str) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(text))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text.encode())

    def _drip(self) -> None:
        """A header byte every 50 ms: each read succeeds, the answer never ends."""
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not self.slack.closing.wait(0.05):
            try:
                self.wfile.write(b"z")
            except OSError:
                return

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def running() -> Iterator[FakeSlack]:
    """A FakeSlack that listens on a free port of 127.0.0.1."""
    handler = type("Handler", (_Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    slack = handler.slack = FakeSlack(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield slack
    finally:
        slack.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()
