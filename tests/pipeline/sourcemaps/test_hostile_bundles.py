"""Hostile artifact bundles: each is refused with its reason within 2 s of processor time and 512 MB of memory."""

import io
import json
import os
import resource
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.pipeline.sourcemaps.bundle import Bundle, BundleRefused
from tests.builds import bundle, cart_bundle, raw_map

MAP = {"type": "source_map", "url": "~/a.js.map"}
HEADER = b"SYSB\x02\0\0\0"
MILLION = 1_000_000


def archive(manifest: bytes, *entries: tuple[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in (("manifest.json", manifest), *entries):
            file.writestr(name, content)
    return HEADER + packed.getvalue()


def manifest_of(count: int) -> bytes:
    return json.dumps({"files": {str(number): MAP for number in range(count)}}).encode()


def claiming(size: int, field: int) -> bytes:
    """A bundle whose list of contents says of every entry that its size (at byte 20 packed, 24 unpacked) is that."""
    packed = bytearray(cart_bundle())
    place = packed.find(b"PK\1\2")
    while place >= 0:
        packed[place + field : place + field + 4] = struct.pack("<L", size)
        place = packed.find(b"PK\1\2", place + 4)
    return bytes(packed)


def overlapping() -> bytes:
    """Two thousand entries that are one and the same megabyte of the file."""
    packed = archive(manifest_of(1), ("0", os.urandom(MILLION)))
    start = packed.rfind(b"PK\1\2")
    entry, end = packed[start : packed.rfind(b"PK\5\6")], bytearray(packed[packed.rfind(b"PK\5\6") :])
    entries = [entry] * 2000
    size = struct.unpack_from("<L", end, 12)[0] + len(entry) * (len(entries) - 1)
    struct.pack_into("<2HL", end, 8, len(entries) + 1, len(entries) + 1, size)
    return packed[:start] + b"".join(entries) + bytes(end)


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "not SYSB"),
    "a plain zip": (lambda: cart_bundle()[8:], "not SYSB"),
    "a zip cut short": (lambda: cart_bundle()[:-9], "cut short"),
    "half a zip": (lambda: cart_bundle()[:200] + cart_bundle()[-22:], "cannot be read"),
    "a name with ..": (lambda: bundle({"../../etc/passwd": (MAP, b"<html>")}), "is no source map"),
    "120 MB of spaces": (lambda: bundle({"a": (MAP, b"{" + b" " * (120 * MILLION))}), "as only a zip bomb does"),
    "140 MB of spaces": (lambda: bundle({"a": (MAP, b" " * (140 * MILLION))}), "larger than 128,000,000 bytes"),
    "entries that claim 4 GB": (lambda: claiming(0xFFFFFFF0, 24), "bytes together"),
    "entries that claim to be packed in 4 GB": (lambda: claiming(0xFFFFFFF0, 20), "overlap"),
    "entries that overlap": (overlapping, "overlap"),
    "a manifest of 100 MB": (lambda: archive(b" " * (100 * MILLION)), "larger than 8,000,000 bytes"),
    "a manifest of seven million brackets": (lambda: archive(b'{"x":' + b"[" * (7 * MILLION)), "zip bomb"),
    "a deep manifest": (lambda: archive(b'{"x":' + b"[" * 900_000), "nested too deeply"),
    "a manifest of fifty thousand files": (lambda: archive(manifest_of(50_000)), "more than 20,000 files"),
    "a manifest of a list": (lambda: archive(b"[]"), "no `files`"),
    "files that are not there": (lambda: archive(manifest_of(20_000)), "and 19980 more"),
    "a hundred thousand entries": (
        lambda: archive(b'{"files":{}}', *((f"{number:050d}", b"") for number in range(100_000))),
        "lists too many files",
    ),
    "an entry of a deep text": (
        lambda: archive(b'{"files":{"a":{"type":"source_map","url":%s1%s}}}' % (b"[" * 300, b"]" * 300), ("a", b"{}")),
        "no url",
    ),
    "a map beside a bomb": (
        lambda: bundle({"a": (MAP, b" " * (20 * MILLION)), "b": (MAP, raw_map())}),
        "as only a zip bomb does",
    ),
}


def told(packed: bytes) -> str:
    try:
        opened = Bundle(io.BytesIO(packed))
        for _ in opened.files():
            pass
        return opened.detail()
    except BundleRefused as refused:
        return str(refused)


def told_within_limits(packed: bytes) -> str:
    """The same in a process that may use 512 MB and 2 s more than it has by now; "" when that is not enough."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize() + (512 << 20)
        resource.setrlimit(resource.RLIMIT_AS, (taken, taken))
        resource.setrlimit(resource.RLIMIT_CPU, (2, 2))  # counted from the fork
        try:
            os.write(write, told(packed).encode()[:4000])
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        found = pipe.read().decode()
    os.waitpid(child, 0)
    return found


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_bundle_is_refused_with_its_reason(name: str) -> None:
    make, reason = HOSTILE[name]
    assert reason in told_within_limits(make())


def test_what_is_good_in_a_bundle_is_kept() -> None:
    opened = Bundle(io.BytesIO(HOSTILE["a map beside a bomb"][0]()))
    assert [file.content for file in opened.files()] == [raw_map()]
