"""Reads CPU, load, memory, disks and network by psutil: one `Collector.collect()` a moment."""

import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from edge.agent.reading import Rates, Readings, Series, series

log = logging.getLogger(__name__)

_NOT_COUNTED = {"guest", "guest_nice"}  # Linux counts guests in "user" already
_IDLE = {"idle", "iowait"}
_IMAGES = {"squashfs", "iso9660", "erofs"}  # always full, by nature


class Collector:
    """Reads this machine; rates need a first reading to start from."""

    def __init__(self) -> None:
        self._rates = Rates()
        self._process = psutil.Process()
        self._unreadable: set[str] = set()

    def collect(self) -> Readings:
        """All values of this moment. What cannot be read on this machine is left out."""
        counters = self._read(_cpu_seconds, _disk_counters, _net_counters, self._own_cpu)
        rates = self._rates.per_second(counters, time.monotonic())
        return _cpu_shares(rates) | self._read(_load, _memory, _swap, _mounts, self._own_memory)

    def _read(self, *sources: Callable[[], Readings]) -> Readings:
        readings: Readings = {}
        for source in sources:
            try:
                readings |= source()
            except (OSError, NotImplementedError, psutil.Error) as error:
                if source.__name__ not in self._unreadable:
                    self._unreadable.add(source.__name__)
                    log.warning("not readable here, left out: %s (%s)", source.__name__.strip("_"), error)
        return readings

    def _own_cpu(self) -> Readings:
        times = self._process.cpu_times()
        return {series("agent.cpu.utilization", "ratio"): times.user + times.system}

    def _own_memory(self) -> Readings:
        return {series("agent.rss", "bytes"): float(self._process.memory_info().rss)}


def _cpu_seconds() -> Readings:
    times = psutil.cpu_times()._asdict()
    return {series(f"cpu.{mode}", "ratio"): spent for mode, spent in times.items() if mode not in _NOT_COUNTED}


def _cpu_shares(rates: Readings) -> Readings:
    """CPU seconds per second become shares of all CPUs; other rates pass unchanged."""
    modes = {key: rate for key, rate in rates.items() if key.name.startswith("cpu.")}
    total = sum(modes.values())
    if total <= 0:
        return {key: rate for key, rate in rates.items() if key not in modes}
    shares = {key: rate / total for key, rate in modes.items()}
    idle = sum(share for key, share in shares.items() if key.name.removeprefix("cpu.") in _IDLE)
    return {**rates, **shares, series("cpu.utilization", "ratio"): max(0.0, 1.0 - idle)}


def _load() -> Readings:
    minutes = zip(("1m", "5m", "15m"), psutil.getloadavg(), strict=True)
    count = {series("cpu.count", "cpus"): float(psutil.cpu_count() or 1)}
    return count | {series(f"load.{period}", "tasks"): value for period, value in minutes}


def _memory() -> Readings:
    memory = psutil.virtual_memory()
    used = memory.total - memory.available
    sizes = {"total": memory.total, "available": memory.available, "used": used}
    return _sizes("memory", sizes) | {series("memory.utilization", "ratio"): used / memory.total}


def _swap() -> Readings:
    swap = psutil.swap_memory()
    share = swap.used / swap.total if swap.total else 0.0
    return _sizes("swap", {"total": swap.total, "used": swap.used}) | {series("swap.utilization", "ratio"): share}


def _sizes(prefix: str, sizes: dict[str, int], **labels: str) -> Readings:
    return {series(f"{prefix}.{name}", "bytes", **labels): float(size) for name, size in sizes.items()}


def _mounts() -> Readings:
    readings: Readings = {}
    for mount in _local_mounts():
        try:
            usage = psutil.disk_usage(mount)
        except OSError:
            continue  # unmounted meanwhile, or not ours to look at
        readings |= _sizes("disk", {"total": usage.total, "used": usage.used, "free": usage.free}, mount=mount)
        readings[series("disk.utilization", "ratio", mount=mount)] = usage.percent / 100
    return readings


def _local_mounts() -> list[str]:
    """One mount point a device, the shortest: bind mounts show the same disk again."""
    mounts: dict[str, str] = {}
    for part in psutil.disk_partitions(all=False):
        if part.fstype not in _IMAGES and Path(part.mountpoint).is_dir():
            mounts[part.device] = min(mounts.get(part.device, part.mountpoint), part.mountpoint, key=len)
    return sorted(mounts.values())


def _disk_counters() -> Readings:
    readings: Readings = {}
    whole = _whole_disks()
    for device, io in psutil.disk_io_counters(perdisk=True, nowrap=False).items():
        if whole is None or device in whole:
            readings |= {
                series("disk.read_bytes_per_s", "bytes/s", device=device): float(io.read_bytes),
                series("disk.write_bytes_per_s", "bytes/s", device=device): float(io.write_bytes),
                series("disk.reads_per_s", "1/s", device=device): float(io.read_count),
                series("disk.writes_per_s", "1/s", device=device): float(io.write_count),
                series("disk.busy", "ratio", device=device): getattr(io, "busy_time", 0) / 1000,
            }
    return readings


def _whole_disks() -> set[str] | None:
    """Names of disks without their partitions, loop and memory devices; None where that is unknown (not Linux)."""
    folder = Path("/sys/block")
    if not folder.is_dir():
        return None
    return {disk.name for disk in folder.iterdir() if not disk.name.startswith(("loop", "ram", "zram", "sr", "fd"))}


def _net_counters() -> Readings:
    readings: Readings = {}
    for interface, io in psutil.net_io_counters(pernic=True, nowrap=False).items():
        if not interface.startswith("veth"):  # one for each container: seen on their bridge already
            readings |= dict(_of_interface(interface, io._asdict()))
    return readings


def _of_interface(interface: str, io: dict[str, int]) -> Iterator[tuple[Series, float]]:
    rates = {
        "net.in_bytes_per_s": ("bytes/s", io["bytes_recv"]),
        "net.out_bytes_per_s": ("bytes/s", io["bytes_sent"]),
        "net.in_packets_per_s": ("1/s", io["packets_recv"]),
        "net.out_packets_per_s": ("1/s", io["packets_sent"]),
        "net.errors_per_s": ("1/s", io["errin"] + io["errout"]),
        "net.drops_per_s": ("1/s", io["dropin"] + io["dropout"]),
    }
    for name, (unit, value) in rates.items():
        yield series(name, unit, interface=interface), float(value)
