"""A ring on disk for what could not be sent yet: bounded by bytes and age, replayed in order, drops counted."""

import fcntl
import json
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from edge.record import Framed, pack, unpack

MAX_BYTES = 50_000_000
MAX_AGE_S = 86_400.0
_SEGMENTS = 16  # the ring gives way by whole segments, so this is how fine it drops


class SpoolError(Exception):
    """The folder cannot serve as a spool; the message says why and what to do."""


@dataclass(frozen=True)
class Record:
    """One spooled payload, when it was written (Unix seconds), and its place, to acknowledge it by."""

    payload: bytes
    at: float
    segment: int
    end: int


class Spool:
    """Records in segment files `<number>.log`; `state.json` holds the reading place and what was dropped.

    A record is written by one system call: a process killed in mid-write leaves at most a torn last record, which is
    left out on reading. Each process begins a segment of its own, so nothing is ever appended behind a torn record.
    Without fsync: after a power cut the last seconds may be missing.
    """

    def __init__(
        self,
        folder: Path,
        max_bytes: int = MAX_BYTES,
        max_age_s: float = MAX_AGE_S,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.folder, self._max_bytes, self._max_age_s, self._clock = folder, max_bytes, max_age_s, clock
        self._guard = threading.Lock()
        self._lock_file = _claim(folder)
        self._segment, self._offset, self._dropped = self._load_state()
        self._waiting: dict[int, int] = {}
        self._sizes: dict[int, int] = {}
        for path in sorted(folder.glob("*.log")):
            self._adopt(path)
        self._writing = max(self._sizes, default=self._segment) + 1

    @property
    def dropped(self) -> dict[str, int]:
        """Records dropped so far by reason: "full" (ring), "age", "disk" (not writable), "damaged"."""
        with self._guard:
            return dict(self._dropped)

    def __len__(self) -> int:
        """Records that wait to be read and acknowledged."""
        with self._guard:
            return sum(self._waiting.values())

    def append(self, payload: bytes) -> bool:
        """Stores `payload` at the end; drops the oldest segment when the ring is full. False: counted as dropped."""
        framed = pack(payload, self._clock())
        if len(framed) > self._max_bytes:
            raise ValueError(f"a record of {len(framed)} bytes does not fit a spool of {self._max_bytes} bytes")
        with self._guard:
            self._make_room(len(framed))
            stored = _append(self._path(self._writing), framed)
            if stored:
                self._sizes[self._writing] = self._sizes.get(self._writing, 0) + len(framed)
                self._waiting[self._writing] = self._waiting.get(self._writing, 0) + 1
            else:
                self._drop("disk", 1)
            return stored

    def read(self, limit: int) -> list[Record]:
        """The oldest waiting records, at most `limit`, without removing them; those past their age are dropped."""
        with self._guard:
            self._drop_aged()
            fresh: list[Record] = []
            for number in sorted(self._sizes):
                fresh += self._unread(number)[: limit - len(fresh)]
                if len(fresh) == limit:
                    break
            return fresh

    def acknowledge(self, records: Sequence[Record]) -> None:
        """Forgets `records`, a prefix of what `read` returned: they are delivered or set aside."""
        with self._guard:
            self._forget(records)

    def close(self) -> None:
        """Gives the folder free for another process."""
        self._lock_file.close()

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:012d}.log"

    def _unread(self, number: int) -> list[Record]:
        start = self._offset if number == self._segment else 0
        with self._path(number).open("rb") as file:
            file.seek(start)
            data = file.read()
        return [Record(framed.payload, framed.at, number, start + framed.end) for framed in unpack(data)]

    def _drop_aged(self) -> None:
        oldest = self._clock() - self._max_age_s
        for number in sorted(self._sizes):
            records = self._unread(number)
            aged = [record for record in records if record.at < oldest]
            if aged:
                self._forget(aged)
                self._drop("age", len(aged))
            if len(aged) < len(records):
                return

    def _forget(self, records: Sequence[Record]) -> None:
        # A full ring may have dropped the segment while its records were on their way: nothing is left to forget then.
        for record in records:
            if record.segment in self._sizes:
                self._segment, self._offset = record.segment, record.end
                self._waiting[record.segment] -= 1
        for number in [n for n, waiting in self._waiting.items() if not waiting and n <= self._segment]:
            self._remove(number)
        self._save_state()

    def _make_room(self, size: int) -> None:
        if self._sizes.get(self._writing, 0) >= self._max_bytes // _SEGMENTS:
            self._writing += 1
        while self._sizes and sum(self._sizes.values()) + size > self._max_bytes:
            oldest = min(self._sizes)
            self._drop("full", self._waiting[oldest])
            self._remove(oldest)

    def _remove(self, number: int) -> None:
        self._path(number).unlink(missing_ok=True)
        del self._sizes[number], self._waiting[number]
        self._writing = max(self._writing, number + 1)

    def _drop(self, reason: str, count: int) -> None:
        if count:
            self._dropped[reason] += count
            self._save_state()

    def _adopt(self, path: Path) -> None:
        number, data = int(path.stem), path.read_bytes()
        if number < self._segment:
            path.unlink()
            return
        records = list(unpack(data))
        gaps = _gaps(records)
        if gaps:  # rewritten without its damage, so that the damage is counted once
            self._rewrite(number, records)
            self._drop("damaged", gaps)
        self._sizes[number] = path.stat().st_size
        self._waiting[number] = len(self._unread(number))

    def _rewrite(self, number: int, records: Sequence[Framed]) -> None:
        unread = [r for r in records if number != self._segment or r.start >= self._offset]
        if number == self._segment:
            self._offset = 0
        temporary = self.folder / "rewrite.tmp"
        temporary.write_bytes(b"".join(pack(record.payload, record.at) for record in unread))
        temporary.replace(self._path(number))

    def _load_state(self) -> tuple[int, int, Counter[str]]:
        try:
            state = json.loads((self.folder / "state.json").read_text())
            return int(state["segment"]), int(state["offset"]), Counter(state["dropped"])
        except (OSError, ValueError, KeyError, TypeError):
            # Unknown place: begin at the oldest record. The server counts what it has already as duplicates.
            return 0, 0, Counter()

    def _save_state(self) -> None:
        state = {"segment": self._segment, "offset": self._offset, "dropped": self._dropped}
        temporary = self.folder / "state.tmp"
        try:
            temporary.write_text(json.dumps(state))
            temporary.replace(self.folder / "state.json")
        except OSError:
            pass  # a full disk: the state in memory still holds, and the next change tries again


def _append(path: Path, data: bytes) -> bool:
    size = path.stat().st_size if path.exists() else 0
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    except OSError:
        return False
    try:
        if os.write(file, data) == len(data):
            return True
        os.ftruncate(file, size)
        return False
    except OSError:
        return False
    finally:
        os.close(file)


def _gaps(records: Sequence[Framed]) -> int:
    ends = [0, *(record.end for record in records)]
    return sum(record.start != end for record, end in zip(records, ends, strict=False))


def _claim(folder: Path) -> TextIO:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (folder / "lock").open("w")
    except OSError as error:
        raise SpoolError(f"cannot write to the spool {folder}: {error.strerror}; name another by --spool") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise SpoolError(f"the spool {folder} is in use by another process; name another by --spool") from error
    return lock
