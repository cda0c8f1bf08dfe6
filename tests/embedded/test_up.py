"""`farside up` as a person has it: start, use, kill, start again, Ctrl-C."""

import json
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from monitor.embedded.process import runs
from tests.system import FARSIDE, System, free_port, wait_for

NAMES = ("postgres", "valkey", "web", "worker", "beat")


def recorded_pid(system: System, name: str) -> int:
    """The process id that `up` remembers under this name."""
    record = system.data / "servers" / "run" / f"{name}.json"
    return int(json.loads(record.read_text())["pid"])


def recorded(system: System, name: str) -> psutil.Process:
    """The process that `up` remembers under this name."""
    return psutil.Process(recorded_pid(system, name))


def refused(system: System, *arguments: str) -> str:
    """The one line that a command says when it cannot run."""
    done = subprocess.run([*FARSIDE, *arguments], env=system.environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    return done.stderr


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def folder(open_folder: Path) -> Path:
    folder = open_folder / "up"
    folder.mkdir(mode=0o711)
    return folder


@pytest.fixture(scope="module")
def killed(folder: Path, port: int) -> dict[str, psutil.Process]:
    """What a `farside up` that was ready leaves behind when it is killed."""
    system = System(folder / "data", port)
    left = {name: recorded(system, name) for name in NAMES}
    system.process.kill()
    system.process.wait()
    system.log.unlink()
    return left


@pytest.fixture(scope="module")
def up(folder: Path, port: int, killed: dict[str, psutil.Process]) -> Iterator[System]:
    """The next `farside up` on the same folder and port, ready."""
    system = System(folder / "data", port)
    wait_for("the welcome", lambda: "Farside is ready" in system.log.read_text())
    yield system
    system.stop()


def test_it_stops_what_a_killed_one_left(up: System, killed: dict[str, psutil.Process]) -> None:
    for name in ("web", "worker", "beat"):
        assert f"stopped the {name} that a killed `farside up` had left" in up.log.read_text()
    assert not any(runs(process) for process in killed.values())


def test_it_tells_where_to_go(up: System) -> None:
    found, screen = up.credentials, up.log.read_text()
    assert found["url"] == f"http://localhost:{up.port}"
    for part in (found["dsn"], found["email"], found["password"], f"{found['url']}/sdk/farside-", "integrity="):
        assert part in screen


def test_bootstrap_prints_the_same_at_every_call(up: System) -> None:
    calls = [up.run("bootstrap", "--json", "--data", str(up.data)).stdout for _ in range(2)]
    assert calls[0] == calls[1]
    assert json.loads(calls[0]) == up.credentials


def test_everything_answers(up: System) -> None:
    manifest = json.loads((up.data / "static" / "staticfiles.json").read_text())
    style = manifest["paths"]["monitor/app.css"]
    for path in ("/healthz", "/readyz", "/demo/", "/login/", f"/static/{style}"):
        with urllib.request.urlopen(up.url + path, timeout=10) as answer:
            assert answer.status == 200 and answer.read(), path


def test_a_second_one_is_told_in_one_line(up: System) -> None:
    assert "is in use by another farside" in refused(up, "up", "--data", str(up.data))


def test_its_port_is_taken(up: System, folder: Path) -> None:
    told = refused(up, "up", "--data", str(folder / "other"), "--port", str(up.port))
    assert f"port {up.port} (Address already in use); pass another with --port" in told


def test_a_worker_that_dies_is_started_again(up: System) -> None:
    dead = recorded(up, "worker")
    dead.kill()
    wait_for("the line", lambda: "worker ended unexpectedly" in up.log.read_text())
    wait_for("a new worker", lambda: recorded_pid(up, "worker") != dead.pid)


def test_ctrl_c_stops_everything(up: System) -> None:
    parents = [recorded(up, name) for name in NAMES]
    ours = [*parents, *(child for parent in parents for child in parent.children(recursive=True))]
    assert up.stop() == 0
    assert "farside: stopped" in up.log.read_text()
    assert [process for process in ours if runs(process)] == []
    assert not (up.data / "servers.json").exists()
