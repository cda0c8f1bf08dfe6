"""The whole system as a user runs it: `farside up` in a folder of its own, for end-to-end and reliability tests."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parent.parent
FARSIDE = [str(Path(sys.executable).with_name("farside"))]
OF_TESTS = ("DATABASE_URL", "REDIS_URL", "FARSIDE_DATA", "DJANGO_SETTINGS_MODULE")


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def wait_for(what: str, holds: Callable[[], Any], seconds: float = 60.0) -> Any:
    """The first true answer of `holds`; fails with `what` when the time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answer := holds():
            return answer
        time.sleep(0.1)
    raise AssertionError(f"waited {seconds:.0f} s in vain: {what}")


class System:
    """A running `farside up` and its first credentials."""

    def __init__(self, data: Path, port: int, **settings: str) -> None:
        self.data, self.port, self.url = data, port, f"http://localhost:{port}"
        self.log = data.parent / "up.log"
        outside = {name: value for name, value in os.environ.items() if name not in OF_TESTS}
        self.environment = {**outside, "FARSIDE_ALLOW_PRIVATE_TARGETS": "yes", "PYTHONPATH": str(ROOT), **settings}
        self.spool = Path(settings.get("FARSIDE_SPOOL", data / "spool"))
        self.credentials: dict[str, Any] = {}
        self.process = self._start()

    def _start(self) -> "subprocess.Popen[bytes]":
        command = [*FARSIDE, "up", "--data", str(self.data), "--port", str(self.port)]
        with self.log.open("ab") as log:
            process = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log, start_new_session=True)
        wait_for(f"{self.url}/readyz; see {self.log}", lambda: self._is_ready(process), 120)
        self.credentials = json.loads((self.data / "bootstrap.json").read_text())
        return process

    def _is_ready(self, process: "subprocess.Popen[bytes]") -> bool:
        assert process.poll() is None, self.log.read_text()
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run a `farside` command against this system to its end."""
        command = [*FARSIDE, *arguments]
        ended = subprocess.run(command, env=self.for_edge(), capture_output=True, text=True, timeout=120, check=False)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended

    def start(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """Start a `farside` command that runs until it is ended."""
        return subprocess.Popen([*FARSIDE, *arguments], env=self.for_edge(), stdout=subprocess.DEVNULL)

    def for_edge(self) -> dict[str, str]:
        """The environment of a prober, an agent or an upload."""
        spool = self.data.parent / "spool"
        token = str(self.credentials["token"])
        return {**self.environment, "FARSIDE_SERVER": self.url, "FARSIDE_TOKEN": token, "FARSIDE_SPOOL": str(spool)}

    def workers(self) -> list[psutil.Process]:
        """The Celery worker: its parent process first, then its children."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        return [child for child in children if _is_worker(child)]

    def api(self, path: str) -> Any:
        """GET a path of the API with the first token."""
        return self._ask(urllib.request.Request(self.url + path))

    def post(self, path: str, body: Any) -> Any:
        """POST JSON to a path of the API with the first token."""
        headers = {"Content-Type": "application/json"}
        return self._ask(urllib.request.Request(self.url + path, json.dumps(body).encode(), headers))

    def _ask(self, request: urllib.request.Request) -> Any:
        request.add_header("Authorization", f"Bearer {self.credentials['token']}")
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())

    def stop(self) -> int:
        """Ctrl-C; returns the exit status."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=60)


def _is_worker(process: psutil.Process) -> bool:
    try:
        command = process.cmdline()
    except psutil.NoSuchProcess:  # PostgreSQL's come and go
        return False
    return "monitor.worker" in command


@contextmanager
def running(folder: Path, **settings: str) -> Iterator[System]:
    """A system with `settings` in its environment that is stopped at the end, as by Ctrl-C."""
    system = System(folder / "data", free_port(), **settings)
    try:
        yield system
    finally:
        assert system.stop() == 0, system.log.read_text()
