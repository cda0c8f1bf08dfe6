"""A door that lives tells of its spool; one that died tells nothing any more."""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.spool import Spool
from ingest.spool_state import STALE_S, remove_dead_states, write_state


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    made = Spool(tmp_path, 1000)
    yield made
    made.close()


def told(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.json*"))


def test_tells_what_waits_and_since_when(spool: Spool) -> None:
    spool.append([b"1", b"2"])
    write_state(spool, 7.5)
    [name] = told(spool.folder)
    state = json.loads((spool.folder / name).read_text())
    age = state.pop("oldest_age_s")
    assert 0 <= age < 60
    assert state == {"spool_bytes": 18, "spool_batches": 2, "spool_limit_bytes": 1000, "broker_away_since": 7.5}


def test_tells_nothing_when_all_is_well(spool: Spool) -> None:
    write_state(spool, 1.0)
    write_state(spool, None)
    assert told(spool.folder) == []


def test_what_dead_doors_and_half_written_files_told_is_removed(spool: Spool) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    write_state(spool, 1.0)
    for name in (
        f"{ended.pid}.state.json",
        f"{ended.pid}.state.json.new",
        "x.state.json",
        f"{os.getppid()}.state.json",
    ):
        (spool.folder / name).write_text("{}")
    remove_dead_states(spool.folder)
    assert told(spool.folder) == [f"{os.getppid()}.state.json"]


def test_a_number_that_another_process_has_by_now_keeps_nothing_alive(spool: Spool) -> None:
    path = spool.folder / f"{os.getppid()}.state.json"
    path.write_text("{}")
    os.utime(path, (0, time.time() - STALE_S - 1))
    remove_dead_states(spool.folder)
    assert told(spool.folder) == []


def test_a_folder_that_is_not_there_holds_no_states(tmp_path: Path) -> None:
    remove_dead_states(tmp_path / "none")
