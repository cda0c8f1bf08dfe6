"""One child process in a session of its own, remembered in a file so that a later start can find it again."""

import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import psutil

# A process's start time is computed from the boot time, which the kernel corrects by fractions of a second.
SAME_START_S = 2.0


class ServerError(Exception):
    """A server or process cannot do its work; the text says which, why, and what to do."""


class Process:
    """A command that is started, watched and stopped; `record` is the file that remembers which process it is."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        record: Path,
        *,
        quit_signal: signal.Signals = signal.SIGTERM,
        grace_s: float = 10.0,
    ) -> None:
        self.name = name
        self.command = list(command)
        self.record = record
        self.quit_signal = quit_signal
        self.grace_s = grace_s
        self.child: subprocess.Popen[bytes] | None = None

    def start(self, *, output: int | IO[bytes], env: Mapping[str, str] | None = None, **options: Any) -> None:
        """Start the command with its output sent to `output`; `options` go to subprocess.Popen."""
        self.child = subprocess.Popen(  # noqa: S603
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=env,
            start_new_session=True,
            umask=0o077,
            **options,
        )
        identity = {"pid": self.child.pid, "started": psutil.Process(self.child.pid).create_time()}
        write_private(self.record, json.dumps(identity))

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
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except (OSError, ValueError, KeyError, psutil.NoSuchProcess):
            return None

    def stop(self, *, force: bool = False) -> None:
        """Ask the process to end, wait up to `grace_s`, then kill its whole group; `force` kills at once."""
        if (process := self.find()) is not None:
            with contextlib.suppress(psutil.NoSuchProcess, psutil.TimeoutExpired):
                if not force:
                    process.send_signal(self.quit_signal)
                    self._wait(process)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            self._wait(process)
        self.record.unlink(missing_ok=True)

    def _wait(self, process: psutil.Process) -> None:
        """Wait for the end; our own child is reaped on the way."""
        with contextlib.suppress(subprocess.TimeoutExpired, psutil.TimeoutExpired):
            if self.child is not None and self.child.pid == process.pid:
                self.child.wait(self.grace_s)
            else:
                process.wait(self.grace_s)


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    fresh.replace(path)
