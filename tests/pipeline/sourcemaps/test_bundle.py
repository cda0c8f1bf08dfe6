"""Artifact bundles: what is read from them, and what hostile ones cannot do."""

import io
import json
import struct
import zipfile
from typing import Any

import pytest

from monitor.pipeline.sourcemaps import bundle as step
from monitor.pipeline.sourcemaps.bundle import Bundle, BundleRefused
from monitor.pipeline.sourcemaps.uploaded_file import UploadedFile
from tests.builds import DEBUG_ID, bundle, cart_bundle, raw_map

MAP = {"type": "source_map", "url": "~/a.js.map"}


def read(packed: bytes) -> tuple[list[UploadedFile], str]:
    opened = Bundle(io.BytesIO(packed))
    return list(opened.files()), opened.detail()


def refused(packed: bytes) -> str:
    with pytest.raises(BundleRefused) as caught:
        read(packed)
    return str(caught.value)


def archive(*entries: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as file:
        for name, content in entries:
            file.writestr(name, content)
    return b"SYSB\x02\0\0\0" + packed.getvalue()


def test_script_and_map_are_read() -> None:
    files, detail = read(cart_bundle())
    assert [(file.kind, file.url, str(file.debug_id)) for file in files] == [
        ("minified_source", "~/app.min.js", DEBUG_ID),
        ("source_map", "~/app.min.js.map", DEBUG_ID),
    ]
    assert files[0].source_map_url == "app.min.js.map"
    assert files[1].content == raw_map()
    assert detail == ""


@pytest.mark.parametrize(
    ("packed", "reason"),
    [
        (b"", "not SYSB"),
        (b"PK\x03\x04", "not SYSB"),
        (b"SYSB\x02\0\0\0", "cut short"),
        (cart_bundle()[:-5], "cut short"),
        (cart_bundle() + b"x", "cut short"),
        (archive(("a", b"")), "manifest.json is missing"),
        (archive(("manifest.json", b"{")), "cannot be read"),
        (archive(("manifest.json", b'{"x":' + b"[" * 99_999)), "nested"),
        (archive(("manifest.json", b"[]")), "no `files`"),
        (archive(("manifest.json", b'{"files": []}')), "no `files`"),
        (archive(("manifest.json", b"\xff\xfe\xff")), "cannot be read"),
        (archive(("manifest.json", b"{}"), method=zipfile.ZIP_LZMA), "other than deflate"),
    ],
)
def test_what_is_refused_and_why(packed: bytes, reason: str) -> None:
    assert reason in refused(packed)


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ([], "no url"),
        ({"type": "source_map"}, "no url"),
        ({"type": "source_map", "url": 7}, "no url"),
        ({"type": "source_map", "url": ""}, "no url"),
        ({"url": "~/a"}, "'None' are of no use"),
        ({"type": "indexed_ram_bundle", "url": "~/a"}, "'indexed_ram_bundle' are of no use"),
    ],
)
def test_odd_entries_are_left_out_and_told(entry: Any, problem: str) -> None:
    files, detail = read(bundle({"odd": (entry, b"x"), "a.js.map": (MAP, raw_map())}))
    assert [file.url for file in files] == ["~/a.js.map"]
    assert detail.startswith("odd: ")
    assert problem in detail


def test_paths_are_names_only() -> None:
    files, _ = read(bundle({"../../etc/passwd": (MAP, raw_map()), "/root/x": (MAP, b"{}")}))
    assert len(files) == 2


def test_a_file_missing_from_the_zip_is_told() -> None:
    manifest = {"files": {"gone.map": MAP, "here.map": MAP}}
    files, detail = read(archive(("manifest.json", json.dumps(manifest).encode()), ("here.map", b"{}")))
    assert len(files) == 1
    assert "gone.map is missing" in detail


def test_html_saved_as_a_map_is_told() -> None:
    files, detail = read(bundle({"a": (MAP, b"<!doctype html>")}))
    assert len(files) == 1
    assert "~/a.js.map is no source map: it begins with '<!doctype html>'" in detail


def test_a_file_that_unpacks_too_large_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step, "MAX_FILE_BYTES", 1000)
    files, detail = read(bundle({"a": (MAP, b"{" + b" " * 5000), "b": (MAP, b"{}")}))
    assert len(files) == 1
    assert "larger than 1,000 bytes" in detail


def test_files_too_large_together_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step, "MAX_TOTAL_BYTES", 1000)
    assert "1,000 bytes together" in refused(bundle({"a": (MAP, b"{" + b" " * 5000)}))


def test_a_lying_size_does_not_help() -> None:
    """The zip says 1 byte and unpacks to many: what is read stays within what was said."""
    packed = bytearray(bundle({"a": (MAP, b"{" + b" " * 5000)}))
    place = packed.rfind(b"PK\1\2")
    packed[place + 24 : place + 28] = struct.pack("<L", 1)
    files, detail = read(bytes(packed))
    assert files == []
    assert "CRC" in detail


def test_a_list_of_contents_that_would_fill_the_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step, "MAX_DIRECTORY_BYTES", 100)
    assert "too many files" in refused(cart_bundle())


def test_a_zip64_locator_is_refused() -> None:
    packed = cart_bundle()
    locator = b"PK\6\7" + bytes(16)
    assert "too many files" in refused(packed[:-22] + locator + packed[-22:])


def test_many_problems_are_summed_up() -> None:
    _, detail = read(bundle({f"f{n}": ({}, b"x") for n in range(25)}))
    assert len(detail.split("\n")) == 21
    assert detail.endswith("and 5 more")
