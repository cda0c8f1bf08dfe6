"""Measures one reader of source maps on one map, in a process of its own, which may be a peer's environment.

Arguments: the reader, the map, a file of positions, the file that the answers go to; `prototype` wants its file as a
fifth. Prints the figures as JSON.
"""

import importlib
import importlib.util
import json
import mmap
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import Any

Answer = tuple[str, int, int, str | None] | None
Lookup = Callable[[int, int], Any]

LOOKUPS = 100_000
REOPENED = 25
FRAMES, CONTEXT = 20, 5


class Ours:
    """The reader of this repository."""

    def __init__(self) -> None:
        self._compile = importlib.import_module("monitor.pipeline.sourcemaps.compile_map").compile_map
        self._open = importlib.import_module("monitor.pipeline.sourcemaps.map_index").MapIndex

    def read(self, raw: bytes, index: Path) -> None:
        """Compile a map into a file."""
        with index.open("wb") as file:
            self._compile(raw).write(file)

    def open(self, index: Path) -> Any:
        """Open the compiled map."""
        with index.open("rb") as file:
            return self._open(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))

    def lookup(self, opened: Any) -> Lookup:
        """What answers a position."""
        return opened.lookup  # type: ignore[no-any-return]  # other readers' objects have no types

    def answer(self, opened: Any, token: Any) -> Answer:
        """A token in the form that all readers share."""
        return token and (opened.sources[token.source], token.line, token.column, token.name)

    def context(self, opened: Any, line: int, column: int) -> object:
        """The original file's name and the lines around a position."""
        token = opened.lookup(line, column)
        if token is None:
            return None
        lines = opened.content(token.source)
        around = lines[max(0, token.line - CONTEXT) : token.line + CONTEXT + 1] if lines else []
        return opened.sources[token.source], around


class Prototype(Ours):
    """The prototype that the first design was measured by."""

    def __init__(self, path: str) -> None:
        spec = importlib.util.spec_from_file_location("prototype", path)
        assert spec and spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        importlib.import_module("numpy")
        importlib.import_module("orjson")
        self._compile, self._open = module.compile_map, module.Smx

    def read(self, raw: bytes, index: Path) -> None:
        """Compile a map into a file."""
        index.write_bytes(self._compile(raw))

    def answer(self, opened: Any, token: Any) -> Answer:
        """A token in the form that all readers share."""
        return token and (token["source"], token["line"], token["col"], token["name"])

    def context(self, opened: Any, line: int, column: int) -> object:
        """The original file's name and the lines around a position."""
        return opened.lookup(line, column, CONTEXT)


class Package:
    """`sourcemap` from PyPI, which keeps no compiled form: it reads the map each time."""

    def __init__(self) -> None:
        self._loads = importlib.import_module("sourcemap").loads
        self._opened: Any = None

    def read(self, raw: bytes, index: Path) -> None:
        """Read a map."""
        self._opened = self._loads(raw.decode())

    def open(self, index: Path) -> Any:
        """What was read."""
        return self._opened

    def lookup(self, opened: Any) -> Lookup:
        """What answers a position. Before the first token of a line the package fails or takes that line's last."""

        def lookup(line: int, column: int) -> Any:
            columns = opened.line_index[line] if line < len(opened.line_index) else ()
            return opened.lookup(line, column) if columns and column >= columns[0] else None

        return lookup

    def answer(self, opened: Any, token: Any) -> Answer:
        """A token in the form that all readers share."""
        return (token.src, token.src_line, token.src_col, token.name) if token and token.src is not None else None


class Symbolic(Package):
    """`symbolic` from PyPI: its view of a map, guarded as it must be, for it answers with tokens of other lines."""

    def __init__(self) -> None:
        self._loads = importlib.import_module("symbolic.sourcemap").SourceMapView.from_json_bytes
        self._opened: Any = None

    def read(self, raw: bytes, index: Path) -> None:
        """Read a map."""
        self._opened = self._loads(raw)

    def lookup(self, opened: Any) -> Lookup:
        """What answers a position."""

        def lookup(line: int, column: int) -> Any:
            token = opened.lookup(line, column)
            return token if token is not None and token.dst_line == line else None

        return lookup

    def answer(self, opened: Any, token: Any) -> Answer:
        """A token in the form that all readers share."""
        is_mapped = token is not None and token.src_line < 1 << 31
        return (token.src, token.src_line, token.src_col, token.name) if is_mapped else None


READERS: dict[str, Callable[..., Any]] = {
    "ours": Ours,
    "prototype": Prototype,
    "sourcemap": Package,
    "symbolic": Symbolic,
}


def main(arguments: Sequence[str]) -> None:
    """Read the map, answer the positions, print the figures."""
    name, path, asked, answers, *more = arguments
    positions = [(line, column) for line, column in json.loads(Path(asked).read_text())]
    reader = READERS[name](*more)
    with tempfile.TemporaryDirectory() as folder:
        index = Path(folder) / "index"
        figures = _reading(reader, Path(path), index)
        opened = reader.open(index)
        lookup = reader.lookup(opened)
        found = [reader.answer(opened, lookup(*position)) for position in positions]
        figures["lookup_us"] = _lookup_us(lookup, positions)
        if hasattr(reader, "context"):
            figures["reopen_ms"] = _reopen_ms(reader, index, positions)
    Path(answers).write_text(json.dumps(found))
    print(json.dumps(figures))


def _reading(reader: Any, path: Path, index: Path) -> dict[str, float]:
    """CPU milliseconds to read the map, and megabytes of memory at the peak beyond those of the idle process."""
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before = _memory("VmHWM")
    started = _cpu_s()
    reader.read(path.read_bytes(), index)
    return {"cpu_ms": (_cpu_s() - started) * 1000, "peak_mb": (_memory("VmHWM") - before) / 1000}


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _memory(field: str) -> int:
    """Kilobytes of a field of this process's status."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field))


def _lookup_us(lookup: Lookup, positions: Sequence[tuple[int, int]]) -> float:
    """CPU microseconds of a lookup, all pages having been touched."""
    asked = list(islice(cycle(positions), LOOKUPS))
    started = time.process_time()
    for line, column in asked:
        lookup(line, column)
    return (time.process_time() - started) / len(asked) * 1e6


def _reopen_ms(reader: Any, index: Path, positions: Sequence[tuple[int, int]]) -> float:
    """CPU milliseconds, the median, to open the compiled map anew and give some frames with their context."""
    taken = []
    for number in range(REOPENED):
        frames = positions[number * FRAMES : (number + 1) * FRAMES]
        started = time.process_time()
        opened = reader.open(index)
        for line, column in frames:
            reader.context(opened, line, column)
        taken.append(time.process_time() - started)
    return sorted(taken)[REOPENED // 2] * 1000


if __name__ == "__main__":
    main(sys.argv[1:])
