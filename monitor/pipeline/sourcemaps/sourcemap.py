"""Opens source maps: compiled once in a limited child process, kept on disk, and a few of them in memory."""

import fcntl
import logging
import mmap
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from django.conf import settings

from monitor.pipeline.lru import ByteLru
from monitor.pipeline.sourcemaps import blobs
from monitor.pipeline.sourcemaps.map_index import (
    COMPILE_BYTES,
    COMPILE_SECONDS,
    FORMAT,
    REFUSED,
    MapIndex,
    MapRefused,
    Token,
)

__all__ = ["MapIndex", "MapRefused", "Token", "load"]

MAX_MEMORY_BYTES = 256_000_000
"""Open maps of one worker; they are memory-mapped, so this is address space that the kernel may take back."""
COMPILER = "monitor.pipeline.sourcemaps.compile_map"
"""By name, since it loads what only it needs."""
MAX_DISK_BYTES = 4_000_000_000
PATIENCE_SECONDS = 4 * COMPILE_SECONDS
"""How long a compilation may take on a machine that has other work too."""
REFUSED_SECONDS = 3600
"""How long a refusal is believed before the map is read again: the machine, not the map, may have been to blame."""
_CODE = Path(__file__).resolve().parents[3]

_log = logging.getLogger(__name__)
_open: ByteLru[MapIndex] = ByteLru(MAX_MEMORY_BYTES)


def load(blob: str) -> MapIndex:
    """The source map stored as `blob`. Raises MapRefused, whose text says what is wrong with the map."""
    path = _folder() / f"{blob}.{FORMAT}.index"
    found = _open.get(path)
    if found is None:
        found = _open_file(path) or _compile(blob, path)
        _open.put(path, found, found.size)
    return found


def _folder() -> Path:
    return Path(settings.FARSIDE_DATA) / "maps"


def _open_file(path: Path) -> MapIndex | None:
    """The map compiled earlier; None when there is none. Raises MapRefused when it was refused lately."""
    try:
        with path.open("rb") as file:
            os.utime(path)  # what was used last is the last to be dropped
            return MapIndex(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except ValueError:  # cut short, by a power failure say: compile it again
        return None
    except FileNotFoundError:
        pass
    refused = path.with_suffix(".refused")
    if refused.exists() and time.time() - refused.stat().st_mtime < REFUSED_SECONDS:
        raise MapRefused(refused.read_text(encoding="utf-8"))
    return None


def _compile(blob: str, path: Path) -> MapIndex:
    """Compile a map, unless another process did while this one waited for its turn."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with _turn(path.with_name(f"{blob[0]}.lock")):
        found = _open_file(path)
        if found:
            return found
        try:
            packed = blobs.get_packed(blob)
        except blobs.BlobMissing:
            raise MapRefused("its file is missing from file storage; upload it again") from None
        try:
            with _kept(path) as file:
                _run_child(packed, file)
        except MapRefused as refused:
            with _kept(path.with_suffix(".refused")) as file:
                file.write(str(refused).encode())
            raise
    _make_room(path)
    found = _open_file(path)
    if found is None:
        raise MapRefused("compiled, it could not be read back; the disk may be full or failing")
    return found


@contextmanager
def _turn(lock: Path) -> Iterator[None]:
    """Wait until no other process compiles a map of the same lock."""
    with lock.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _run_child(packed: bytes, index: BinaryIO) -> None:
    """Compile in a child process: a Celery worker's own processes may not start one by multiprocessing."""
    limits = [str(COMPILE_BYTES), str(COMPILE_SECONDS)]
    command = [sys.executable, "-m", COMPILER, *limits]
    known = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    known["OPENBLAS_NUM_THREADS"] = "1"  # its threads, which are of no use here, take address space
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command; the map goes in by stdin
            command,
            input=packed,
            stdout=index,
            stderr=subprocess.PIPE,
            timeout=PATIENCE_SECONDS,
            cwd=_CODE,
            env=known,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise MapRefused(f"it could not be read within {PATIENCE_SECONDS} s") from None
    if done.returncode == -signal.SIGXCPU:
        raise MapRefused(f"reading it takes more than {COMPILE_SECONDS} s of processor time")
    if done.returncode == REFUSED:
        raise MapRefused(done.stderr.decode("utf-8", "replace").strip())
    if done.returncode:
        _log.error("compiling a source map ended with %d: %s", done.returncode, done.stderr.decode("utf-8", "replace"))
        raise MapRefused(f"the process that read it ended unexpectedly (status {done.returncode})")


@contextmanager
def _kept(path: Path) -> Iterator[BinaryIO]:
    """A file that takes its name when it is written whole, and goes when it is not."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        try:
            yield cast(BinaryIO, file)
            file.flush()
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink()
            raise


def _make_room(path: Path) -> None:
    """Drop the least recently used files past the room there is, but not `path`."""
    used = 0
    for size, found in _newest_first(path.parent):
        used += size
        if used > MAX_DISK_BYTES and found != path:
            found.unlink(missing_ok=True)


def _newest_first(folder: Path) -> Iterator[tuple[int, Path]]:
    entries = [(entry.stat(), Path(entry.path)) for entry in os.scandir(folder)]
    for status, path in sorted(entries, key=lambda entry: -entry[0].st_mtime):
        yield status.st_size, path
