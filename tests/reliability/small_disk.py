"""A disk for the door's spool that is soon full: a real one where we may mount it, else a limit of Farside's own."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BYTES = 200_000


@contextmanager
def small_disk(folder: Path) -> Iterator[dict[str, str]]:
    """Yield the settings that make a door use the disk at `folder`."""
    folder.mkdir(mode=0o700)
    if not _mount(folder):
        yield {"FARSIDE_SPOOL": str(folder), "FARSIDE_SPOOL_MAX_BYTES": str(BYTES)}
        return
    try:
        yield {"FARSIDE_SPOOL": str(folder)}
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def _mount(folder: Path) -> bool:
    if os.geteuid() != 0 or shutil.which("mount") is None:
        return False
    command = ["mount", "-t", "tmpfs", "-o", f"size={BYTES},mode=700", "farside-test", str(folder)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
