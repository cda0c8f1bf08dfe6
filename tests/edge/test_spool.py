"""The spool: order, bounds, counting, and what is left after a crash."""

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.record import unpack
from edge.spool import Spool, SpoolError


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    spool = Spool(tmp_path)
    yield spool
    spool.close()


def payloads(spool: Spool, limit: int = 1000) -> list[bytes]:
    return [record.payload for record in spool.read(limit)]


def test_reads_in_order_and_keeps_until_acknowledged(spool: Spool) -> None:
    for number in range(5):
        spool.append(b"%d" % number)
    first = spool.read(2)
    assert [record.payload for record in first] == [b"0", b"1"]
    assert len(spool) == 5
    spool.acknowledge(first)
    assert payloads(spool) == [b"2", b"3", b"4"]


def test_appending_goes_on_after_everything_was_acknowledged(spool: Spool, tmp_path: Path) -> None:
    spool.append(b"a")
    spool.acknowledge(spool.read(10))
    assert list(tmp_path.glob("*.log")) == []
    spool.append(b"b")
    assert payloads(spool) == [b"b"]


def test_a_restart_goes_on_where_it_stopped(tmp_path: Path) -> None:
    before = Spool(tmp_path)
    for letter in (b"a", b"b", b"c"):
        before.append(letter)
    before.acknowledge(before.read(1))
    before.close()
    after = Spool(tmp_path)
    after.append(b"d")
    assert len(after) == 3
    assert payloads(after) == [b"b", b"c", b"d"]
    after.close()


def test_a_full_ring_drops_the_oldest_and_counts_them(tmp_path: Path) -> None:
    spool = Spool(tmp_path, max_bytes=16_000)
    for number in range(100):
        spool.append(b"%04d" % number + b"x" * 496)
    left = payloads(spool)
    assert sum(path.stat().st_size for path in tmp_path.glob("*.log")) <= 16_000
    assert left[-1].startswith(b"0099")
    assert 20 < len(left) < 32
    assert spool.dropped == {"full": 100 - len(left)}
    spool.close()


def test_aged_records_are_dropped_and_counted_also_after_a_restart(tmp_path: Path) -> None:
    now = [1000.0]
    spool = Spool(tmp_path, max_age_s=60, clock=lambda: now[0])
    spool.append(b"old")
    now[0] += 61
    spool.append(b"new")
    assert payloads(spool) == [b"new"]
    spool.close()
    again = Spool(tmp_path, max_age_s=60, clock=lambda: now[0])
    assert payloads(again) == [b"new"]
    assert again.dropped == {"age": 1}
    again.close()


def test_acknowledging_what_the_ring_dropped_meanwhile_changes_nothing(tmp_path: Path) -> None:
    spool = Spool(tmp_path, max_bytes=4000)
    spool.append(b"under way")
    records = spool.read(1)
    for _ in range(40):
        spool.append(b"x" * 500)
    waiting = len(spool)
    spool.acknowledge(records)
    assert len(spool) == waiting == len(payloads(spool))
    spool.close()


def test_damage_on_disk_is_stepped_over_and_counted_once(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    for letter in (b"aaaa", b"bbbb", b"cccc"):
        spool.append(letter)
    spool.close()
    (segment,) = tmp_path.glob("*.log")
    segment.write_bytes(segment.read_bytes().replace(b"bbbb", b"bxbb"))
    for _ in range(2):
        again = Spool(tmp_path)
        assert payloads(again) == [b"aaaa", b"cccc"]
        assert again.dropped == {"damaged": 1}
        again.close()


def test_a_lost_state_file_replays_everything(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.append(b"a")
    spool.close()
    (tmp_path / "state.json").write_text("{")
    again = Spool(tmp_path)
    assert payloads(again) == [b"a"]
    again.close()


def test_one_folder_serves_one_process(spool: Spool, tmp_path: Path) -> None:
    with pytest.raises(SpoolError, match="in use by another process"):
        Spool(tmp_path)


def test_a_file_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SpoolError, match="cannot write to the spool"):
        Spool(tmp_path / "file" / "spool")


def test_a_record_larger_than_the_spool_is_refused(tmp_path: Path) -> None:
    spool = Spool(tmp_path, max_bytes=100)
    with pytest.raises(ValueError, match="does not fit"):
        spool.append(b"x" * 100)
    spool.close()


def test_a_disk_that_takes_no_more_is_counted_and_tears_nothing(spool: Spool) -> None:
    spool.append(b"first")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200, limits[1]))
    try:
        assert spool.append(b"x" * 500) is False
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    spool.append(b"last")
    assert payloads(spool) == [b"first", b"last"]
    assert spool.dropped == {"disk": 1}


WRITER = """
import sys
from pathlib import Path
from edge.spool import Spool
spool = Spool(Path(sys.argv[1]))
number = 0
while True:
    spool.append(b"%09d" % number * 3000)
    print(number, flush=True)
    number += 1
"""


def test_sigkill_of_a_writer_loses_nothing_it_had_stored(tmp_path: Path) -> None:
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, env=os.environ)
    assert writer.stdout
    told = [writer.stdout.readline() for _ in range(200)]
    writer.send_signal(signal.SIGKILL)
    told += writer.stdout.readlines()
    writer.stdout.close()
    writer.wait()
    spool = Spool(tmp_path)
    found = payloads(spool, 100_000)
    assert [int(payload[:9]) for payload in found] == list(range(len(found)))
    assert len(found) >= len(told)
    assert all(len(payload) == 27_000 for payload in found)
    spool.close()


def test_a_write_torn_by_a_kill_hides_nothing_that_follows(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.append(b"whole")
    spool.append(b"torn " * 100)
    spool.close()
    (segment,) = tmp_path.glob("*.log")
    os.truncate(segment, segment.stat().st_size - 7)
    again = Spool(tmp_path)
    again.append(b"after")
    assert payloads(again) == [b"whole", b"after"]
    assert len(list(unpack(segment.read_bytes()))) == 1
    again.close()
