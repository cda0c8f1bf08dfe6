"""One `farside up` a data folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.embedded.lock import DataInUseError, data_lock
from monitor.embedded.process import ServerError

HOLD = """
import sys
from pathlib import Path
from monitor.embedded.lock import data_lock
with data_lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_one_is_told_who_holds_it(tmp_path: Path) -> None:
    told = pytest.raises(DataInUseError, match=rf"process {os.getpid()}\); stop it, or pass")
    with data_lock(tmp_path), told, data_lock(tmp_path):
        pytest.fail("both hold the lock")


def test_it_is_free_again_afterwards(tmp_path: Path) -> None:
    for _ in range(2):
        with data_lock(tmp_path):
            assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"


def test_it_is_free_again_when_its_holder_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == b"held\n"
        with pytest.raises(DataInUseError), data_lock(tmp_path):
            pass
        holder.kill()
    with data_lock(tmp_path):
        pass


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ServerError, match="pass a folder you may write to"), data_lock(tmp_path / "none"):
        pass
