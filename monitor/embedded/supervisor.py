"""Runs the servers and Farside's processes in one terminal until it is told to stop, then stops them in order."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import IO

from monitor.embedded.process import Process, ServerError

MOST_RESTARTS = 5
RESTART_WINDOW_S = 60.0
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_terminal = threading.Lock()


class Stop(BaseException):
    """The user or the system asked us to stop."""


def say(line: str) -> None:
    """Print a line in one piece; a terminal that is gone stops nothing."""
    with _terminal, contextlib.suppress(OSError):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


class Child(Process):
    """One of Farside's own processes; its output is shown line by line behind its name."""

    def __init__(self, name: str, command: Sequence[str], run: Path, *, grace_s: float = 10.0) -> None:
        super().__init__(name, run / f"{name}.json")
        self.command = command
        self.grace_s = grace_s
        self.env: Mapping[str, str] = os.environ

    def start(self) -> None:
        """Start the process."""
        child = self.spawn(self.command, stdout=subprocess.PIPE, env={**self.env, "PYTHONUNBUFFERED": "1"})
        self.reader = threading.Thread(target=self._show, args=(child.stdout,), daemon=True)
        self.reader.start()

    def complete(self) -> None:
        """Start a process that ends by itself and wait for it; raise ServerError when it failed."""
        self.start()
        try:
            status = self.child.wait() if self.child else 0
        finally:
            self.stop()
        self.reader.join()
        if status != 0:
            raise ServerError(f"`farside {self.name}` failed (status {status}); its lines above say why")

    def _show(self, output: IO[bytes]) -> None:
        with output:
            for line in output:
                say(f"{self.name:>7} | {line.decode(errors='replace').rstrip()}")


@contextlib.contextmanager
def stop_on_signals() -> Iterator[None]:
    """Raise Stop in the block at each signal that asks for it."""

    def stop(number: int, _: FrameType | None) -> None:
        raise Stop(signal.Signals(number).name)

    before = {number: signal.signal(number, stop) for number in STOP_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Supervisor:
    """Keeps `members`, in the order of their start, alive; they are stopped in the reverse order."""

    def __init__(self, members: Sequence[Process]) -> None:
        self.members = list(members)
        self.deaths: dict[str, deque[float]] = {}

    def tend(self) -> None:
        """Start again whoever has died; raise ServerError when that happens too often."""
        for member in self.members:
            if member.alive():
                continue
            status = member.child.returncode if member.child else "?"
            self._count_death(member)
            say(f"farside: {member.name} ended unexpectedly (status {status}); starting it again")
            member.end_orphans()
            member.start()

    def _count_death(self, member: Process) -> None:
        now = time.monotonic()
        deaths = self.deaths.setdefault(member.name, deque())
        deaths.append(now)
        while now - deaths[0] > RESTART_WINDOW_S:
            deaths.popleft()
        if len(deaths) > MOST_RESTARTS:
            raise ServerError(f"{member.name} keeps ending; its last lines, above or in its log, say why")

    def stop(self) -> None:
        """Stop everything politely; a further signal meanwhile stops it by force."""
        try:
            for member in reversed(self.members):
                member.stop()
        except Stop:
            say("farside: stopping by force")
            for number in STOP_SIGNALS:
                signal.signal(number, signal.SIG_IGN)
            for member in reversed(self.members):
                member.stop(force=True)
