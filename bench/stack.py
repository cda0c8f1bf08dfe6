"""The measured system: a whole `farside up` in a temporary folder, its processes, and what it holds."""

import json
import os
import signal
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import psycopg
import redis

from bench.build import read_build, write_build
from bench.events import ORIGIN, Release
from bench.target import Target
from monitor.broker import PENDING
from tests.system import System, free_port, wait_for

RELEASES = ("shop@1.4.0", "shop@1.4.1", "shop@1.5.0")
ROLES = ("web", "worker", "beat", "postgres", "valkey")
DRAIN_S = 1800.0


@dataclass(frozen=True)
class Held:
    """What the system holds: events with and without their payload, what the issues count, bytes of payloads and of
    the whole database.
    """

    events: int
    sampled: int
    counted: int
    payload_bytes: int
    database_bytes: int


NOTHING = Held(0, 0, 0, 0, 0)


class Stack:
    """A running system, the address of its door, and the processes of each role."""

    def __init__(self, system: System) -> None:
        self._system = system
        urls = json.loads((system.data / "servers.json").read_text())
        self.redis_url: str = urls["REDIS_URL"]
        self._postgres: str = urls["DATABASE_URL"]
        self._valkey = redis.Redis.from_url(self.redis_url)
        records = (system.data / "servers").resolve() / "run"
        self.roots = {role: psutil.Process(json.loads((records / f"{role}.json").read_text())["pid"]) for role in ROLES}
        self.roots["up"] = psutil.Process(system.process.pid)
        dsn = urlsplit(system.credentials["dsn"])
        path = f"/api{dsn.path}/envelope/?sentry_version=7&sentry_key={dsn.username}"
        self.target = Target("farside", system.port, path, self.roots, lambda _: self.wait_drained())

    def upload_builds(self, folder: Path) -> list[Release]:
        """Make three releases of a build, upload their source maps, wait until they are taken in."""
        for edition, release in enumerate(RELEASES):
            write_build(folder / release, edition)
            self._system.run("sourcemaps", "upload", "--release", release, str(folder / release))
        return [Release(release, read_build(folder / release, ORIGIN)) for release in RELEASES]

    @contextmanager
    def workers_paused(self) -> Iterator[None]:
        """Stop all processes of the worker; let them go on at the end."""
        worker = self.roots["worker"]
        processes = [worker, *worker.children(recursive=True)]
        for process in processes:
            process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            for process in processes:
                process.send_signal(signal.SIGCONT)

    def wait_drained(self) -> float:
        """Wait until every accepted batch is finished, that is stored and counted; return how many seconds it took."""
        started = time.monotonic()
        while waiting := self.waiting():
            if time.monotonic() > started + DRAIN_S:
                raise TimeoutError(f"{waiting} batches are still queued after {DRAIN_S:.0f} s")
            time.sleep(0.02)
        return time.monotonic() - started

    def waiting(self) -> int:
        """Batches that are queued or being worked on."""
        return int(self._valkey.zcard(PENDING))

    def held(self) -> Held:
        """Ask PostgreSQL what there is now."""
        with psycopg.connect(self._postgres, autocommit=True) as connection:
            row = connection.execute(
                "SELECT count(*), (SELECT count(*) FROM monitor_sampledevent),"
                " (SELECT coalesce(sum(event_count), 0)::bigint FROM monitor_issue),"
                " coalesce(sum(octet_length(payload)), 0)::bigint, pg_database_size(current_database())"
                " FROM monitor_event"
            ).fetchone()
        assert row is not None
        return Held(*row)


@contextmanager
def running_stack(settings: Mapping[str, str]) -> Iterator[tuple[Stack, Path]]:
    """A system of its own with some settings, and a folder; both go at the end."""
    os.environ.update(settings)
    with tempfile.TemporaryDirectory(prefix="farside-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)  # PostgreSQL's own account passes through
        system = System(folder / "data", free_port())
        try:
            wait_for("the worker", system.workers)
            yield Stack(system), folder
        finally:
            system.stop()
