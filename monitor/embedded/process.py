"""One child process in a session of its own, remembered in a file so that a later start can find it again."""

import contextlib
import json
import os
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil

# A process's start time is computed from the boot time, which the kernel corrects by fractions of a second.
SAME_START_S = 2.0
FORCED_S = 10.0


class ServerError(Exception):
    """A server or process cannot do its work; the text says which, why, and what to do."""


class Process(ABC):
    """A process that is started, watched and stopped; `record` is the file that remembers which one it is."""

    quit_signal = signal.SIGTERM
    force_signal = signal.SIGKILL
    grace_s = 10.0

    def __init__(self, name: str, record: Path) -> None:
        self.name = name
        self.record = record
        self.child: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def start(self) -> None:
        """Start the process."""

    def spawn(self, command: Sequence[str], **options: Any) -> subprocess.Popen[bytes]:
        """Start the command and remember it; `options` go to subprocess.Popen."""
        child = subprocess.Popen(  # noqa: S603 - every command is composed by us
            command,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            umask=0o077,
            **options,
        )
        self.child = child
        with contextlib.suppress(psutil.NoSuchProcess):
            identity = {"pid": child.pid, "started": psutil.Process(child.pid).create_time()}
            write_private(self.record, json.dumps(identity))
        return child

    def alive(self) -> bool:
        """Whether the process runs, whoever started it."""
        if self.child is not None:
            return self.child.poll() is None
        return self.find() is not None

    def find(self) -> psutil.Process | None:
        """Return the recorded process if it still is the one that was recorded, not another with its number."""
        try:
            identity = json.loads(self.record.read_text(encoding="utf-8"))
            process = psutil.Process(identity["pid"])
            same = abs(process.create_time() - identity["started"]) < SAME_START_S
            return process if same and runs(process) else None
        except (OSError, ValueError, KeyError, psutil.NoSuchProcess):
            return None

    def stop(self, *, force: bool = False) -> bool:
        """Ask the process to end, kill it and its group when `grace_s` have passed; return whether there was one."""
        process = self.find()
        if process is not None:
            self._signal(process, self.force_signal if force else self.quit_signal)
            self._wait(process, FORCED_S if force else self.grace_s)
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            self._wait(process, FORCED_S)
        self.end_orphans()
        self.record.unlink(missing_ok=True)
        return process is not None

    def end_orphans(self) -> None:
        """Kill what our child left of its group when it died by itself: orphans hold its port, say."""
        if self.child is None or self.child.poll() is None or psutil.pid_exists(self.child.pid):
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.child.pid, signal.SIGKILL)

    def _signal(self, process: psutil.Process, number: signal.Signals) -> None:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(number)

    def _wait(self, process: psutil.Process, seconds: float) -> None:
        """Wait for the end; our own child is reaped on the way."""
        if self.child is not None and self.child.pid == process.pid:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.child.wait(seconds)
            return
        deadline = time.monotonic() + seconds
        while runs(process) and time.monotonic() < deadline:
            time.sleep(0.02)


def runs(process: psutil.Process) -> bool:
    """Whether the process does; one that has ended does not, even if nobody (an idle init, say) has reaped it."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    fresh.replace(path)
