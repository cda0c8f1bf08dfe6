"""Opening source maps: in a child process, once, and never at the worker's expense."""

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from monitor.pipeline.lru import ByteLru
from monitor.pipeline.sourcemaps import blobs, compile_map, sourcemap
from monitor.pipeline.sourcemaps.map_index import FORMAT, MapRefused, Token
from tests.builds import raw_map


@pytest.fixture(autouse=True)
def _storage(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.FARSIDE_DATA, settings.MEDIA_ROOT = tmp_path, tmp_path / "blobs"
    forget(monkeypatch)


def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a worker that has just started."""
    monkeypatch.setattr(sourcemap, "_open", ByteLru(sourcemap.MAX_MEMORY_BYTES))


def compiled(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / "maps").rglob("*") if path.suffix != ".lock" and path.is_file())


def test_a_map_is_compiled_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blob = blobs.put(raw_map())
    assert sourcemap.load(blob).lookup(0, 10) == Token(0, 2, 11, "lines")
    blobs.default_storage.delete(f"blobs/{blob[:2]}/{blob}")
    forget(monkeypatch)
    assert sourcemap.load(blob).lookup(0, 10) == Token(0, 2, 11, "lines")
    assert len(compiled(tmp_path)) == 1


def test_a_map_that_many_wait_for_is_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled_by: list[int] = []
    run = sourcemap._run_child

    def counted(packed: bytes, index: BinaryIO) -> None:
        compiled_by.append(threading.get_ident())
        run(packed, index)

    monkeypatch.setattr(sourcemap, "_run_child", counted)
    blob = blobs.put(raw_map())
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: sourcemap.load(blob).lookup(0, 10), range(4)))
    assert found == [Token(0, 2, 11, "lines")] * 4
    assert len(compiled_by) == 1


def test_an_open_map_stays_open() -> None:
    blob = blobs.put(raw_map())
    assert sourcemap.load(blob) is sourcemap.load(blob)


def test_a_refusal_is_remembered_for_a_while(tmp_path: Path) -> None:
    blob = blobs.put(b"<html>")
    with pytest.raises(MapRefused, match="HTML"):
        sourcemap.load(blob)
    (refused,) = compiled(tmp_path)
    refused.write_text("as remembered")
    with pytest.raises(MapRefused, match="as remembered"):
        sourcemap.load(blob)
    os.utime(refused, (0, time.time() - 2 * sourcemap.REFUSED_SECONDS))
    with pytest.raises(MapRefused, match="HTML"):
        sourcemap.load(blob)


def test_a_missing_blob_is_refused_but_not_remembered(tmp_path: Path) -> None:
    with pytest.raises(MapRefused, match="upload it again"):
        sourcemap.load("0" * 64)
    assert compiled(tmp_path) == []


def test_a_damaged_index_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blob = blobs.put(raw_map())
    sourcemap.load(blob)
    (index,) = compiled(tmp_path)
    for damage in (b"", b"FSM2", index.read_bytes()[:40], index.read_bytes()[9:]):
        index.write_bytes(damage)
        forget(monkeypatch)
        assert sourcemap.load(blob).lookup(0, 10) == Token(0, 2, 11, "lines")


def test_the_disk_keeps_what_was_used_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = blobs.put(raw_map()), blobs.put(raw_map(sources=["b.js"]))
    sourcemap.load(first)
    monkeypatch.setattr(sourcemap, "MAX_DISK_BYTES", 10)
    sourcemap.load(second)
    assert [path.name for path in compiled(tmp_path)] == [f"{second}.{FORMAT}.index"]


def test_a_bomb_is_stopped_by_its_size() -> None:
    blob = blobs.put(b" " * (compile_map.MAX_BYTES + 1))
    with pytest.raises(MapRefused, match="larger than"):
        sourcemap.load(blob)


def test_a_map_of_too_many_segments_is_refused() -> None:
    blob = blobs.put(raw_map(mappings="A," * compile_map.MAX_SEGMENTS + "A"))
    with pytest.raises(MapRefused, match="segments"):
        sourcemap.load(blob)


@pytest.fixture
def greedy() -> str:
    """Four million empty arrays: 12 MB as JSON, 300 MB as objects."""
    return blobs.put(b'{"mappings":"","sources":[' + b"[]," * 4_000_000 + b"[]]}")


def test_a_map_that_eats_memory_is_stopped(greedy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sourcemap, "COMPILE_BYTES", 200 << 20)
    with pytest.raises(MapRefused, match="200 MB of memory"):
        sourcemap.load(greedy)


def test_a_map_that_eats_time_is_stopped(greedy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sourcemap, "COMPILE_SECONDS", 0)
    with pytest.raises(MapRefused, match="processor time"):
        sourcemap.load(greedy)


def test_a_child_that_dies_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sourcemap, "COMPILER", "no_such_module")
    with pytest.raises(MapRefused, match="ended unexpectedly"):
        sourcemap.load(blobs.put(raw_map()))


def test_memory_forgets_what_was_not_used_for_longest() -> None:
    kept: ByteLru[str] = ByteLru(10)
    kept.put("a", "A", 4)
    kept.put("b", "B", 4)
    kept.get("a")
    kept.put("c", "C", 4)
    assert [kept.get(key) for key in "abc"] == ["A", None, "C"]


def test_memory_keeps_nothing_larger_than_its_room() -> None:
    kept: ByteLru[str] = ByteLru(10)
    kept.put("a", "A", 11)
    assert kept.get("a") is None
