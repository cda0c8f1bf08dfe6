"""Signals to the parts of a running system."""

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil

from tests.reliability.stored import Database
from tests.system import System, wait_for

PARTS = ("web", "web child", "worker", "worker child", "beat", "valkey", "postgres")
WORKERS = ("worker", "worker child")


def find(system: System, part: str) -> psutil.Process | None:
    """The process that `farside up` remembers as web, worker, beat, valkey or postgres, or its last child."""
    name, _, child = part.partition(" ")
    record = system.data / "servers" / "run" / f"{name}.json"
    with suppress(psutil.NoSuchProcess, FileNotFoundError):
        process = psutil.Process(json.loads(record.read_text())["pid"])
        return max(process.children(), key=lambda found: found.pid, default=None) if child else process
    return None


def kill(system: System, database: Database, part: str) -> psutil.Process:
    """SIGKILL; a worker is hit while it has begun a batch. Returns what was killed."""
    killed = wait_for(part, lambda: find(system, part))
    if part not in WORKERS:
        killed.kill()
        return killed
    earlier = database.begun()
    wait_for("a worker at work", lambda: _kill_at_work(system, database, killed, earlier))
    return killed


def _kill_at_work(system: System, database: Database, killed: psutil.Process, earlier: set[str]) -> bool:
    with stopped(system.workers()):
        if is_begun := bool(database.begun() - earlier):
            killed.kill()
        return is_begun


def wait_for_another(system: System, part: str, killed: psutil.Process) -> None:
    """Wait until another process has taken the place of the one killed."""
    wait_for(f"another {part}", lambda: find(system, part) not in (None, killed))


@contextmanager
def stopped(processes: list[psutil.Process]) -> Iterator[None]:
    """The processes stand still, the first one first, until the block ends; a block may kill them instead."""
    try:
        for process in processes:
            process.send_signal(signal.SIGSTOP)
        yield
    finally:
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGCONT)
