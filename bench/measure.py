"""Figures of processes and of time: CPU by role, memory, latencies, and the unit the machine's speed is told in."""

import math
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import orjson
import psutil

SAMPLE_S = 1.0
Roots = Mapping[str, psutil.Process]
"""Role -> its first process; descendants belong to it, too, unless they are the root of another role."""


def members(roots: Roots) -> dict[str, list[psutil.Process]]:
    """The processes of each role: a process belongs to the nearest root among itself and its ancestors."""
    running = {process.pid: process for process in psutil.process_iter(["ppid"])}
    tops = {root.pid: role for role, root in roots.items()}
    found: dict[str, list[psutil.Process]] = {role: [] for role in roots}
    for process in running.values():
        at: psutil.Process | None = process
        while at is not None and at.pid not in tops:
            at = running.get(at.info["ppid"])
        if at is not None:
            found[tops[at.pid]].append(process)
    return found


def cpu_by_role(roots: Roots) -> dict[str, float]:
    """CPU seconds so far by role, ended processes that were waited for included."""
    return {role: sum(map(_cpu_s, processes)) for role, processes in members(roots).items()}


def _cpu_s(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0  # its parent's figure has it now
    return float(times.user + times.system + times.children_user + times.children_system)


def spent(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """CPU seconds by role between two moments."""
    return {role: after[role] - before[role] for role in after}


def memory_mb(roots: Roots) -> dict[str, float]:
    """Megabytes by role, pages that processes share divided among them (PSS)."""
    return {
        role: sum(_pss_kb(process.pid) for process in processes) * 1024 / 1e6
        for role, processes in members(roots).items()
    }


def _pss_kb(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


@contextmanager
def sampling(read: Callable[[], dict[str, float]]) -> Iterator[list[dict[str, float]]]:
    """Read figures every second while the block runs; the list holds all samples at its end."""
    samples, done = [read()], threading.Event()

    def sample() -> None:
        while not done.wait(SAMPLE_S):
            samples.append(read())

    sampler = threading.Thread(target=sample, daemon=True)
    sampler.start()
    try:
        yield samples
    finally:
        done.set()
        sampler.join()
        samples.append(read())


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least `percent` of all values do not exceed."""
    return sorted(values)[max(0, math.ceil(len(values) * percent / 100) - 1)]


def parse_unit_s(envelopes: Sequence[bytes], rounds: int = 5) -> float:
    """CPU seconds orjson needs for the event of an envelope: the mean over all of them, the median of some rounds."""
    events = [envelope.split(b"\n", 2)[2] for envelope in envelopes]
    return statistics.median(_time_parsing(events) for _ in range(rounds))


def _time_parsing(events: Sequence[bytes]) -> float:
    started = time.thread_time()
    for event in events:
        orjson.loads(event)
    return (time.thread_time() - started) / len(events)
