"""A process is remembered by number and start time, asked to end, then killed with its group."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from monitor.embedded.process import Process, runs, write_private

SLEEP = "import time; time.sleep(60)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"
PARENT = "import subprocess, sys; p = subprocess.Popen(['sleep', '60']); print(p.pid, flush=True); p.wait()"


class Script(Process):
    """A process that runs a line of Python."""

    grace_s = 0.5

    def __init__(self, record: Path, source: str) -> None:
        super().__init__("script", record)
        self.source = source

    def start(self) -> None:
        """Start it with its output piped."""
        self.spawn([sys.executable, "-c", self.source], stdout=subprocess.PIPE)

    def line(self) -> bytes:
        """Its first line."""
        assert self.child is not None and self.child.stdout is not None
        with self.child.stdout as output:
            return output.readline()


@pytest.fixture
def record(tmp_path: Path) -> Path:
    return tmp_path / "script.json"


def test_it_ends_at_a_polite_signal(record: Path) -> None:
    process = Script(record, SLEEP)
    process.start()
    assert process.alive()
    assert process.stop()
    process.line()
    assert process.child is not None and process.child.returncode == -signal.SIGTERM
    assert not record.exists()


def test_it_is_killed_when_it_does_not_listen(record: Path) -> None:
    process = Script(record, STUBBORN)
    process.start()
    process.line()
    process.stop()
    assert process.child is not None and process.child.returncode == -signal.SIGKILL


def wait_for_end(pid: int) -> None:
    """Wait until a process that is not our child has ended."""
    for _ in range(100):
        if not psutil.pid_exists(pid) or not runs(psutil.Process(pid)):
            return
        time.sleep(0.05)
    pytest.fail(f"process {pid} lives on")


def test_its_own_children_die_with_it(record: Path) -> None:
    process = Script(record, PARENT)
    process.start()
    grandchild = int(process.line())
    process.stop()
    wait_for_end(grandchild)


def test_orphans_of_one_that_was_killed_are_ended(record: Path) -> None:
    process = Script(record, PARENT)
    process.start()
    orphan = int(process.line())
    assert process.child is not None
    process.child.kill()
    process.child.wait()
    assert psutil.Process(orphan).is_running()
    assert not process.stop()
    wait_for_end(orphan)


def test_a_later_start_finds_and_stops_it(record: Path) -> None:
    first, later = Script(record, SLEEP), Script(record, SLEEP)
    first.start()
    assert later.alive()
    assert later.stop()
    first.line()
    assert not first.alive()


def test_another_process_with_its_number_is_left_alone(record: Path) -> None:
    own = psutil.Process()
    write_private(record, json.dumps({"pid": own.pid, "started": own.create_time() - 60}))
    process = Script(record, SLEEP)
    assert not process.alive()
    assert not process.stop()


def test_a_torn_record_is_no_process(record: Path) -> None:
    record.write_text('{"pid": 1')
    assert Script(record, SLEEP).find() is None


def test_private_files_are_private(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("old")
    path.chmod(0o644)
    write_private(path, "new")
    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]
