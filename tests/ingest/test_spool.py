"""The spool keeps what it took, in order, whatever becomes of its process and its disk."""

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest import spool as module
from ingest.spool import HEAD, Spool, SpoolFull

MOST = 10_000_000


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    made = Spool(tmp_path / "spool", MOST)
    yield made
    made.close()


def drain(spool: Spool) -> list[bytes]:
    """Replay everything, two records at a time."""
    found = []
    while chunk := spool.replay(2):
        found += chunk.records
        spool.forget(chunk)
    return found


def test_gives_back_what_it_took_in_order(spool: Spool) -> None:
    for number in range(5):
        spool.append([b"%d" % number, b"%d+" % number])
    assert (spool.batches(), spool.size()) == (10, 5 * (2 * HEAD.size + 3))
    assert drain(spool) == [b"0", b"0+", b"1", b"1+", b"2", b"2+", b"3", b"3+", b"4", b"4+"]
    assert (spool.batches(), spool.size(), spool.oldest_at(), list(spool.folder.iterdir())) == (0, 0, None, [])


def test_what_comes_during_a_replay_waits_behind_it(spool: Spool) -> None:
    spool.append([b"1", b"2", b"3"])
    chunk = spool.replay(2)
    assert chunk
    spool.append([b"4"])
    spool.forget(chunk)
    assert drain(spool) == [b"3", b"4"]


def test_a_replay_that_failed_is_given_again(spool: Spool) -> None:
    spool.append([b"1"])
    assert spool.replay(5) == spool.replay(5)


def test_begins_a_new_file_when_one_is_large(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SEGMENT_BYTES", 100)
    for number in range(4):
        spool.append([b"%d" % number * 90])
    assert (len(list(spool.folder.iterdir())), len(drain(spool))) == (2, 4)


def test_refuses_what_is_more_than_allowed(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 100)
    spool.append([b"x" * 80])
    with pytest.raises(SpoolFull, match="holds 88 bytes of the 100 allowed"):
        spool.append([b"y"] * 2)
    assert drain(spool) == [b"x" * 80]


def test_a_full_disk_leaves_no_half_record(spool: Spool) -> None:
    spool.append([b"whole"])
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20, before[1]))
        with pytest.raises(SpoolFull, match="cannot be written: File too large"):
            spool.append([b"never" * 10])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    spool.append([b"later"])
    assert drain(spool) == [b"whole", b"later"]


WRITER = """
import os, signal, sys
from pathlib import Path
from ingest.spool import Spool
spool = Spool(Path(sys.argv[1]), 1000)
spool.append([b"1", b"2"])
print(flush=True)
signal.pause()
"""


def test_what_a_killed_process_left_is_taken_over(spool: Spool) -> None:
    command = [sys.executable, "-c", WRITER, str(spool.folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as writer:
        assert writer.stdout
        writer.stdout.readline()
        assert spool.adopt() == 0  # it lives
        writer.kill()
    assert (spool.adopt(), spool.adopt(), drain(spool)) == (2, 0, [b"1", b"2"])


def test_a_record_cut_short_ends_the_file(spool: Spool) -> None:
    spool.append([b"1", b"22"])
    [path] = spool.folder.iterdir()
    spool.close()
    os.truncate(path, path.stat().st_size - 1)
    assert (spool.adopt(), drain(spool), list(spool.folder.iterdir())) == (1, [b"1"], [])


def test_a_damaged_record_costs_only_itself_and_its_file_is_kept(spool: Spool) -> None:
    spool.append([b"1", b"2", b"3"])
    [path] = spool.folder.iterdir()
    written = bytearray(path.read_bytes())
    written[2 * HEAD.size + 1] ^= 1
    path.write_bytes(written)
    assert drain(spool) == [b"1", b"3"]
    assert [left.suffix for left in spool.folder.iterdir()] == [".damaged"]
