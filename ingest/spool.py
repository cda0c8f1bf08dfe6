"""Holds batches on the door's own disk while the broker is away: append-only, checksummed, bounded, replayed in order.

A segment is a file of records: length and CRC-32 of what follows (8 bytes, big-endian), then the batch as the broker
would hold it. Its writer keeps it locked, so that the segments of a process that died are taken over by another.
"""

import fcntl
import logging
import os
import time
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from struct import Struct
from threading import Lock

logger = logging.getLogger(__name__)

HEAD = Struct(">II")
SEGMENT_BYTES = 16 * 2**20
SUFFIX = ".spool"


class SpoolFull(Exception):
    """The spool, or the disk that it lies on, takes no more; the text says which."""


@dataclass
class Segment:
    """One file: open and locked by this process. `position` is where the next replay begins."""

    path: Path
    file: int
    size: int = 0
    batches: int = 0
    position: int = 0
    is_damaged: bool = False
    began_at: float = field(default_factory=time.time)


@dataclass(frozen=True)
class Chunk:
    """Records that a replay gave, where the next begins, and whether the segment ends there."""

    records: list[bytes]
    position: int
    is_end: bool


class Spool:
    """The segments of one folder that belong to this process. Every method blocks on the disk."""

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self.folder = folder
        self.most_bytes = most_bytes
        self._lock = Lock()
        self._segments: list[Segment] = []
        self._writing: Segment | None = None

    def append(self, records: Sequence[bytes]) -> None:
        """Write, and return when a loss of power would lose none. Raises SpoolFull, and then none is kept."""
        data = b"".join(HEAD.pack(len(record), zlib.crc32(record)) + record for record in records)
        with self._lock:
            if self.size() + len(data) > self.most_bytes:
                raise SpoolFull(f"the spool holds {self.size()} bytes of the {self.most_bytes} allowed")
            try:
                segment = self._open()
                self._write(segment, data)
            except OSError as error:
                raise SpoolFull(f"{self.folder} cannot be written: {error.strerror}") from error
            segment.size += len(data)
            segment.batches += len(records)

    def size(self) -> int:
        """How many bytes wait."""
        return sum(segment.size - segment.position for segment in self._segments)

    def batches(self) -> int:
        """How many batches wait."""
        return sum(segment.batches for segment in self._segments)

    def oldest_at(self) -> float | None:
        """When the oldest segment was begun, in seconds since 1970; None when nothing waits."""
        return self._segments[0].began_at if self._segments else None

    def adopt(self) -> int:
        """Take over the segments that no living process holds; return how many batches wait in them."""
        with self._lock:
            held = {segment.path for segment in self._segments}
            found = [self._adopt(path) for path in sorted(self.folder.glob(f"*{SUFFIX}")) if path not in held]
            adopted = [segment for segment in found if segment]
            self._segments = sorted([*adopted, *self._segments], key=lambda segment: segment.path.name)
            return sum(segment.batches for segment in adopted)

    def replay(self, most: int) -> Chunk | None:
        """The next `most` records of the oldest segment, which takes no more from here on; None when nothing waits.

        Nothing is forgotten before `forget`.
        """
        with self._lock:
            if not self._segments:
                return None
            segment = self._segments[0]
            if segment is self._writing:
                self._writing = None
            records: list[bytes] = []
            position = segment.position
            for record, end in _read(segment.path, position):
                position = end
                if record is None:
                    segment.is_damaged = True
                else:
                    records.append(record)
                if len(records) == most:
                    return Chunk(records, position, is_end=False)
            return Chunk(records, position, is_end=True)

    def forget(self, chunk: Chunk) -> None:
        """Leave out what `replay` gave, now that the broker holds it. A segment that ends is deleted; one that was
        damaged is kept aside, as what it held was acknowledged.
        """
        with self._lock:
            segment = self._segments[0]
            segment.position = chunk.position
            segment.batches = max(0, segment.batches - len(chunk.records))
            if not chunk.is_end:
                return
            os.close(self._segments.pop(0).file)
            if segment.is_damaged:
                logger.error(
                    "%s holds damaged records; what was whole is replayed, the file is kept aside", segment.path
                )
                segment.path.rename(segment.path.with_suffix(".damaged"))
            else:
                segment.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of every segment; what they hold waits for the next process."""
        with self._lock:
            self._writing = None
            while self._segments:
                os.close(self._segments.pop().file)

    def _open(self) -> Segment:
        """The segment to write to: the one in use, or a new one when that is large enough."""
        if self._writing and self._writing.size < SEGMENT_BYTES:
            return self._writing
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.folder / f"{time.time_ns() // 1000:016d}-{os.getpid()}{SUFFIX}"
        file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_APPEND | os.O_CLOEXEC, 0o600)
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._writing = Segment(path, file)
        self._segments.append(self._writing)
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)  # else a loss of power could lose the file's name
        finally:
            os.close(folder)
        return self._writing

    def _write(self, segment: Segment, data: bytes) -> None:
        try:
            left = memoryview(data)
            while left:
                left = left[os.write(segment.file, left) :]
            os.fdatasync(segment.file)
        except OSError:
            os.ftruncate(segment.file, segment.size)  # a half-written record must not stand before later ones
            raise

    def _adopt(self, path: Path) -> Segment | None:
        try:
            file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return None
        if not os.fstat(file).st_nlink:  # its owner has replayed and deleted it meanwhile
            os.close(file)
            return None
        ends = [end for _, end in _read(path, 0)]
        return Segment(path, file, ends[-1] if ends else 0, len(ends), began_at=path.stat().st_mtime)


def _read(path: Path, position: int) -> Iterator[tuple[bytes | None, int]]:
    """The records from `position` on, and where each ends; None for one whose checksum is wrong.

    A record that is cut short ends the file: its writer died before anybody was told that it is held.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(position)
        while len(head := file.read(HEAD.size)) == HEAD.size:
            length, checksum = HEAD.unpack(head)
            if file.tell() + length > size:
                return
            record = file.read(length)
            yield (record if zlib.crc32(record) == checksum else None), file.tell()
