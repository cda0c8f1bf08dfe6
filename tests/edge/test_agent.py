"""The agent: rates, this machine's values, and requests that the server takes."""

import json
from pathlib import Path
from typing import Any

import psutil
import pytest

from edge.agent import collect
from edge.agent.collect import Collector
from edge.agent.reading import Rates, Readings, series
from edge.agent.samples import MOST_VALUES, decode, encode, fitting, request_body

IN = series("net.in_bytes_per_s", "bytes/s", interface="eth0")


def test_label_values_are_cut_to_what_the_server_keeps() -> None:
    (label,) = series("disk.free", "bytes", mount="/\udcff" + "x" * 300).labels
    assert label == ("mount", "/?" + "x" * 198)


def names(readings: Readings) -> dict[str, float]:
    return {key.name: value for key, value in readings.items()}


def test_a_counter_becomes_a_rate_from_its_second_reading_on() -> None:
    rates = Rates()
    assert rates.per_second({IN: 1000.0}, at=10) == {}
    assert rates.per_second({IN: 3000.0}, at=20) == {IN: 200.0}


def test_a_reset_counter_has_no_rate_and_goes_on_after() -> None:
    rates = Rates()
    rates.per_second({IN: 1000.0}, at=10)
    assert rates.per_second({IN: 5.0}, at=20) == {}
    assert rates.per_second({IN: 105.0}, at=30) == {IN: 10.0}


def test_a_new_interface_waits_for_its_second_reading() -> None:
    rates, other = Rates(), series("net.in_bytes_per_s", "bytes/s", interface="wlan0")
    rates.per_second({IN: 0.0}, at=10)
    assert rates.per_second({IN: 10.0, other: 99.0}, at=20) == {IN: 1.0}


def test_this_machine() -> None:
    collector = Collector()
    assert "cpu.utilization" not in names(collector.collect())
    sum(number * number for number in range(1_000_000))  # gives the kernel's CPU clock something to count
    readings = names(collector.collect())
    assert 0 <= readings["cpu.utilization"] <= 1
    assert readings["memory.total"] == psutil.virtual_memory().total
    assert 0 < readings["memory.utilization"] < 1
    assert readings["agent.rss"] > 1_000_000
    assert {"load.1m", "load.5m", "load.15m", "swap.used", "net.in_bytes_per_s", "net.errors_per_s"} <= readings.keys()


def test_what_cannot_be_read_is_left_out_and_told_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def unreadable(**_: Any) -> None:
        raise NotImplementedError("no diskstats")

    monkeypatch.setattr(psutil, "disk_io_counters", unreadable)
    collector = Collector()
    assert "memory.used" in names(collector.collect() | collector.collect())
    assert caplog.text.count("left out: disk_counters (no diskstats)") == 1


def test_cpu_modes_are_shares_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    rates = {series(f"cpu.{mode}", "ratio"): spent for mode, spent in {"user": 3, "iowait": 1, "idle": 4}.items()}
    shares = names(collect._cpu_shares({**rates, IN: 7.0}))
    assert shares == {
        "cpu.user": 0.375, "cpu.iowait": 0.125, "cpu.idle": 0.5, "cpu.utilization": 0.375, "net.in_bytes_per_s": 7.0,
    }  # fmt: skip


def test_bind_mounts_images_and_files_are_left_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "file").touch()
    parts = [
        ("/dev/a", tmp_path / "deep", "ext4"),
        ("/dev/a", tmp_path, "ext4"),
        ("/dev/b", tmp_path / "file", "ext4"),
        ("/dev/loop1", tmp_path, "squashfs"),
    ]
    found = [psutil._ntuples.sdiskpart(device, str(mount), kind, "rw") for device, mount, kind in parts]
    monkeypatch.setattr(psutil, "disk_partitions", lambda all: found)
    assert collect._local_mounts() == [str(tmp_path)]


def test_a_moment_survives_the_spool() -> None:
    moment = (12.5, {IN: 1.25, series("load.1m", "tasks"): 0.5})
    assert decode(encode(moment)) == moment


def test_a_request_aligns_values_and_fills_gaps_with_null() -> None:
    load = series("load.1m", "tasks")
    body = request_body("web-1", {"role": "web"}, [(0.0, {load: 0.5}), (10.0, {load: 0.75, IN: 1 / 3})], 11.0)
    assert body["host"] == {"name": "web-1", "labels": {"role": "web"}, "agent": "farside-agent/0.1.0"}
    assert [entry["name"] for entry in body["series"]] == ["load.1m", "net.in_bytes_per_s"]
    assert body["series"][1]["labels"] == {"interface": "eth0"}
    assert [sample["values"] for sample in body["samples"]] == [[0.5, None], [0.75, 0.333333]]
    assert body["samples"][1]["at"] == "1970-01-01T00:00:10.000Z"
    json.dumps(body, allow_nan=False)


def wide(first: int, count: int) -> Readings:
    return {series("disk.free", "bytes", mount=f"/{number}"): 1.0 for number in range(first, first + count)}


@pytest.mark.parametrize(
    ("moments", "fit"),
    [
        ([wide(0, 100)] * 60, 50),
        ([wide(0, 100)] * 3, 3),
        ([wide(0, MOST_VALUES)] * 2, 1),
        ([wide(0, 1000), wide(1000, 1000), wide(2000, 1000)], 2),
    ],
)
def test_a_request_holds_at_most_5000_values(moments: list[Readings], fit: int) -> None:
    stamped = [(float(number), readings) for number, readings in enumerate(moments)]
    assert fitting(stamped) == fit
    body: dict[str, Any] = request_body("h", {}, stamped[:fit], 0.0)
    assert sum(len(sample["values"]) for sample in body["samples"]) <= MOST_VALUES


def test_a_machine_with_too_many_series_keeps_to_the_limit() -> None:
    assert len(decode(encode((0.0, wide(0, MOST_VALUES + 10))))[1]) == MOST_VALUES
