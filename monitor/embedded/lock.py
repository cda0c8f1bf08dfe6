"""One `farside up` a data folder: a lock that the kernel takes back when its holder dies."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from monitor.embedded.process import ServerError


class DataInUseError(ServerError):
    """Another process runs on the data folder."""


@contextlib.contextmanager
def data_lock(data: Path) -> Iterator[None]:
    """Hold the data folder for the length of the block; raise DataInUseError when another process does."""
    path = data / "lock"
    try:
        file = path.open("a+", encoding="utf-8")
    except OSError as error:
        raise ServerError(f"{path} cannot be written ({error.strerror}); pass a folder you may write to") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise DataInUseError(
                f"{data} is in use by another farside (process {holder}); stop it, or pass another folder with --data"
            ) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield
