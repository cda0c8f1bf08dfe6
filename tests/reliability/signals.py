"""Signals to the parts of a running system."""

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil

from tests.system import System


def recorded(system: System, part: str) -> psutil.Process:
    """The process that `farside up` remembers as web, worker, beat, valkey or postgres."""
    record = system.data / "servers" / "run" / f"{part}.json"
    return psutil.Process(json.loads(record.read_text())["pid"])


@contextmanager
def stopped_workers(system: System) -> Iterator[list[psutil.Process]]:
    """The workers stand still, the parent stopped first, until the block ends; a block may kill them instead."""
    workers = system.workers()
    for worker in workers:
        worker.send_signal(signal.SIGSTOP)
    try:
        yield workers
    finally:
        for worker in workers:
            with suppress(psutil.NoSuchProcess):
                worker.send_signal(signal.SIGCONT)
