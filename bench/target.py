"""What a load is sent to: ourselves, the limit, a peer; and one pass of a load over it."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import median

import psutil
import redis

from bench import limit_app
from bench.measure import Roots, cpu_by_role, parse_unit_s, spent
from bench.send import read_load, write_load
from tests.system import ROOT, free_port, wait_for

PARSED = 300
"""Events that the parse unit is measured with."""


@dataclass(frozen=True)
class Target:
    """A door: its port and path, its processes; `wait_stored(events)` returns when it has stored that many more."""

    name: str
    port: int
    path: str
    roots: Roots
    wait_stored: Callable[[int], object]


@dataclass(frozen=True)
class Pass:
    """What came of sending some events to a target."""

    events: int
    accepted: int
    seconds: float
    stored_seconds: float
    """Until the last one was stored, too."""
    latencies: list[float] = field(repr=False)
    client_cpu_s: float
    cpu: dict[str, float]
    """CPU seconds by role, until stored."""
    unit_s: float
    """CPU seconds of parsing such an event, before and after."""

    def rate(self) -> float:
        """Events accepted a second."""
        return self.accepted / self.seconds

    def cpu_ms(self, *roles: str) -> float:
        """CPU milliseconds of an event, of some roles or of all."""
        return sum(self.cpu[role] for role in roles or self.cpu) / self.events * 1000

    def units(self, *roles: str) -> float:
        """CPU of an event in parse units, of some roles or of all."""
        return self.cpu_ms(*roles) / 1000 / self.unit_s


class Load:
    """Prepared envelopes in a file, each of which is taken once."""

    def __init__(self, path: Path, envelopes: Iterable[tuple[bytes, bytes]]) -> None:
        self.path = path
        self._places = write_load(path, envelopes)
        self._next = 0
        with path.open("rb") as file:
            head = file.read(self._places[min(PARSED, len(self._places) - 1)])
        self.sample = [body for _, body in read_load(head, 0, len(head))]

    def take(self, many: int) -> tuple[int, int]:
        """Where the next `many` begin and end in the file."""
        if self._next + many >= len(self._places):
            raise ValueError(f"the load holds {len(self._places) - 1} events, {self._next} are taken, {many} wanted")
        begin, self._next = self._next, self._next + many
        return self._places[begin], self._places[self._next]

    def span(self, first: int, many: int) -> tuple[int, int]:
        """Where events lie, taken or not: for doors that have not seen them."""
        return self._places[first], self._places[first + many]

    def median_bytes(self) -> int:
        """The size of an envelope."""
        return int(median(after - before for before, after in pairwise(self._places)))


def send_pass(target: Target, load: Load, span: tuple[int, int], connections: int, *, stored: bool) -> Pass:
    """Send a part of the load over that many connections; wait until all is stored, if told to."""
    unit_before = parse_unit_s(load.sample)
    command = [sys.executable, "-m", "bench.send", str(load.path), *map(str, span), str(target.port), target.path]
    client = subprocess.Popen(
        [*command, str(connections)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert client.stdin and client.stdout
    if client.stdout.readline() != "ready\n":
        raise RuntimeError(f"the load client for {target.name} did not start; its message is above")
    before, started = cpu_by_role(target.roots), time.perf_counter()
    answer, _ = client.communicate("go\n")
    if client.returncode:
        raise RuntimeError(f"the load client for {target.name} failed; its message is above")
    found = json.loads(answer)
    accepted = found["statuses"].get("200", 0)
    if stored:
        target.wait_stored(accepted)
    seconds = time.perf_counter() - started
    cpu = spent(before, cpu_by_role(target.roots))
    unit = (unit_before + parse_unit_s(load.sample)) / 2
    events = sum(found["statuses"].values())
    return Pass(events, accepted, found["seconds"], seconds, found["latencies"], found["cpu"], cpu, unit)


@contextmanager
def running_limit(redis_url: str) -> Iterator[Target]:
    """The limit on the broker of the measured system; what it has pushed goes at the end of each wait."""
    port = free_port()
    command = [sys.executable, "-m", "granian", "bench.limit_app:application", "--interface", "asgi", "--no-ws"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--http", "1", "--workers", "1", "--log-level", "warning"]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "REDIS_URL": redis_url, "PYTHONPATH": str(ROOT)})
    valkey = redis.Redis.from_url(redis_url)

    def forget(events: int) -> None:
        pushed = valkey.llen(limit_app.KEY)
        if pushed != events:
            raise RuntimeError(f"the limit answered {events} events and pushed {pushed}")
        valkey.unlink(limit_app.KEY)

    try:
        wait_for("the limit", lambda: is_open(port))
        yield Target("the limit", port, "/", {"limit": psutil.Process(process.pid)}, forget)
    finally:
        process.terminate()
        process.wait(timeout=30)


def is_open(port: int) -> bool:
    """Whether somebody listens on a port of 127.0.0.1."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
