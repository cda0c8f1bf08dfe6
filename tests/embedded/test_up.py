"""`farside up` as a person has it: start, use, kill, start again, Ctrl-C."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from monitor.embedded.servers import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
CLI = [sys.executable, "-m", "monitor.cli"]
LONGEST_S = 90.0


class Terminal:
    """One `farside up` whose output goes to a file, as to a terminal."""

    def __init__(self, folder: Path, port: int) -> None:
        self.data, self.port, self.screen = folder / "data", port, folder / "screen"
        taken = ("DATABASE_URL", "REDIS_URL", "FARSIDE_DATA", "DJANGO_SETTINGS_MODULE")
        self.env = {name: value for name, value in os.environ.items() if name not in taken}
        with self.screen.open("wb") as screen:
            self.process = subprocess.Popen(
                self.command("up", "--port", str(port)), cwd=ROOT, env=self.env, stdout=screen, stderr=screen
            )

    def command(self, *arguments: str) -> list[str]:
        return [*CLI, *arguments, "--data", str(self.data)]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments), cwd=ROOT, env=self.env, capture_output=True, text=True, timeout=LONGEST_S
        )

    def shows(self, text: str) -> bool:
        return text in self.screen.read_text(encoding="utf-8")

    def wait(self, condition: Callable[[], bool]) -> None:
        """Wait for something that `up` brings about; fail with the screen when it does not come."""
        deadline = time.monotonic() + LONGEST_S
        while not condition():
            if self.process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(self.screen.read_text(encoding="utf-8"))
            time.sleep(0.1)

    def get(self, path: str) -> tuple[int, bytes]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
            return answer.status, answer.read()

    def recorded(self, name: str) -> psutil.Process:
        return psutil.Process(json.loads((self.data / "servers" / "run" / f"{name}.json").read_text())["pid"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("up")


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def killed(folder: Path, port: int) -> dict[str, psutil.Process]:
    """What a `farside up` that was ready leaves behind when it is killed."""
    terminal = Terminal(folder, port)
    terminal.wait(lambda: terminal.shows("Farside is ready"))
    names = ("postgres", "valkey", "web", "worker", "beat")
    left = {name: terminal.recorded(name) for name in names}
    terminal.process.kill()
    terminal.process.wait()
    return left


@pytest.fixture(scope="module")
def up(folder: Path, port: int, killed: dict[str, psutil.Process]) -> Iterator[Terminal]:
    """The next `farside up` on the same folder and port, ready."""
    terminal = Terminal(folder, port)
    try:
        terminal.wait(lambda: terminal.shows("Farside is ready"))
        yield terminal
    finally:
        terminal.process.terminate()
        terminal.process.wait()


def test_it_stops_what_a_killed_one_left(up: Terminal, killed: dict[str, psutil.Process]) -> None:
    for name in ("web", "worker", "beat"):
        assert up.shows(f"stopped the {name} that a killed `farside up` had left")
    assert not any(process.is_running() for process in killed.values())


def test_it_tells_where_to_go(up: Terminal) -> None:
    found = json.loads(up.run("bootstrap", "--json").stdout)
    for part in (found["dsn"], found["email"], found["password"], f"{found['url']}/sdk/farside-", "integrity="):
        assert up.shows(part)
    assert found["url"] == f"http://localhost:{up.port}"


def test_bootstrap_prints_the_same_at_every_call(up: Terminal) -> None:
    first, second = up.run("bootstrap", "--json"), up.run("bootstrap", "--json")
    assert first.returncode == 0
    assert first.stdout == second.stdout


def test_everything_answers(up: Terminal) -> None:
    for path in ("/healthz", "/readyz", "/demo/", "/login/"):
        assert up.get(path)[0] == 200, path
    manifest = json.loads((up.data / "static" / "staticfiles.json").read_text())
    status, style = up.get(f"/static/{manifest['paths']['monitor/app.css']}")
    assert status == 200 and style


def test_a_second_one_is_told_in_one_line(up: Terminal) -> None:
    done = up.run("up")
    assert done.returncode == 2
    assert "is in use by another farside" in done.stderr and done.stderr.count("\n") == 1


def test_its_port_is_taken(up: Terminal, tmp_path: Path) -> None:
    command = [*CLI, "up", "--data", str(tmp_path), "--port", str(up.port)]
    done = subprocess.run(command, cwd=ROOT, env=up.env, capture_output=True, text=True, timeout=LONGEST_S)
    assert done.returncode == 2
    assert f"port {up.port} (Address already in use); pass another with --port" in done.stderr


def test_a_worker_that_dies_is_started_again(up: Terminal) -> None:
    dead = up.recorded("worker")
    dead.kill()
    up.wait(lambda: up.shows("worker ended unexpectedly"))
    up.wait(lambda: up.recorded("worker") != dead)


def test_ctrl_c_stops_everything(up: Terminal) -> None:
    names = ("postgres", "valkey", "web", "worker", "beat")
    ours = [process for name in names for process in (up.recorded(name), *up.recorded(name).children(recursive=True))]
    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(LONGEST_S) == 0
    assert up.shows("farside: stopped")
    assert [process for process in ours if process.is_running()] == []
    assert not (up.data / "servers.json").exists()
