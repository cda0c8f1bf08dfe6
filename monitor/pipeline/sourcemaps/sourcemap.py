"""Opens source maps: compiled once in a limited child process, kept on disk, and a few of them in memory."""

import logging
import mmap
import os
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from monitor.pipeline.lru import ByteLru
from monitor.pipeline.sourcemaps import blobs, compile_map
from monitor.pipeline.sourcemaps.map_index import FORMAT, MapIndex, MapRefused, Token

__all__ = ["MapIndex", "MapRefused", "Token", "load"]

MAX_MEMORY_BYTES = 256_000_000
"""Open maps of one worker; they are memory-mapped, so this is address space that the kernel may take back."""
MAX_DISK_BYTES = 4_000_000_000
PATIENCE_SECONDS = 4 * compile_map.MAX_CPU_SECONDS
"""How long a compilation may take on a machine that has other work too."""
REFUSED_SECONDS = 3600
"""How long a refusal is believed before the map is read again: the machine, not the map, may have been to blame."""
_CODE = Path(__file__).resolve().parents[3]

_log = logging.getLogger(__name__)
_open: ByteLru[MapIndex] = ByteLru(MAX_MEMORY_BYTES)


def load(blob: str) -> MapIndex:
    """The source map stored as `blob`. Raises MapRefused, whose text says what is wrong with the map."""
    path = _folder() / f"{blob}.index"
    found = _open.get(path)
    if found is None:
        found = _open_file(path) or _compile(blob, path)
        _open.put(path, found, found.size)
    return found


def _folder() -> Path:
    return Path(settings.FARSIDE_DATA) / "maps" / FORMAT


def _open_file(path: Path) -> MapIndex | None:
    """The map compiled earlier; None when there is none. Raises MapRefused when it was refused lately."""
    try:
        with path.open("rb") as file:
            os.utime(path)  # what was used last is the last to be dropped
            return MapIndex(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except (ValueError, TypeError, struct.error):  # cut short, by a power failure say: compile it again
        return None
    except FileNotFoundError:
        pass
    refused = path.with_suffix(".refused")
    if refused.exists() and time.time() - refused.stat().st_mtime < REFUSED_SECONDS:
        raise MapRefused(refused.read_text(encoding="utf-8"))
    return None


def _compile(blob: str, path: Path) -> MapIndex:
    try:
        packed = blobs.get_packed(blob)
    except blobs.BlobMissing:
        raise MapRefused("its file is missing from file storage; upload it again") from None
    try:
        index = _run_child(packed)
    except MapRefused as refused:
        _keep(path.with_suffix(".refused"), str(refused).encode())
        raise
    _keep(path, index)
    return _open_file(path) or MapIndex(index)


def _run_child(packed: bytes) -> bytes:
    """Compile in a child process: a Celery worker's own processes may not start one by multiprocessing."""
    limits = [str(compile_map.MAX_MEMORY_BYTES), str(compile_map.MAX_CPU_SECONDS)]
    command = [sys.executable, "-m", compile_map.__name__, *limits]
    known = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command; the map goes in by stdin
            command, input=packed, capture_output=True, timeout=PATIENCE_SECONDS, cwd=_CODE, env=known, check=False
        )
    except subprocess.TimeoutExpired:
        raise MapRefused(f"it could not be read within {PATIENCE_SECONDS} s") from None
    if done.returncode == -signal.SIGXCPU:
        raise MapRefused(f"reading it takes more than {compile_map.MAX_CPU_SECONDS} s of processor time")
    if done.returncode == compile_map.REFUSED:
        raise MapRefused(done.stderr.decode("utf-8", "replace").strip())
    if done.returncode:
        _log.error("compiling a source map ended with %d: %s", done.returncode, done.stderr.decode("utf-8", "replace"))
        raise MapRefused(f"the process that read it ended unexpectedly (status {done.returncode})")
    return done.stdout


def _keep(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, then drop the least recently used ones past the room there is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(content)
    Path(file.name).replace(path)
    used = 0
    for size, found in _newest_first(path.parent):
        used += size
        if used > MAX_DISK_BYTES and found != path:
            found.unlink(missing_ok=True)


def _newest_first(folder: Path) -> Iterator[tuple[int, Path]]:
    entries = [(entry.stat(), Path(entry.path)) for entry in os.scandir(folder)]
    for status, path in sorted(entries, key=lambda entry: -entry[0].st_mtime):
        yield status.st_size, path
