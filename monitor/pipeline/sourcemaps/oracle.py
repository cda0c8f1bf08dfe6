"""A second opinion on a map: the `sourcemap` package, which shares no code with our index, in a limited process.

`python -m monitor.pipeline.sourcemaps.oracle <line>:<column> …` (from 0) reads the map, zstd-compressed, from stdin and
writes a JSON list: [source, line, column] or null for each position. A map it cannot read: exit status 3.
"""

import json
import logging
import resource
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import sourcemap
import zstandard

MAX_BYTES = 20_000_000
"""It is slow and takes twenty times a map's size in memory: larger ones are not asked about."""
MAX_MEMORY_BYTES = 1 << 30
MAX_CPU_SECONDS = 20
UNREADABLE = 3
_CODE = Path(__file__).resolve().parents[3]

_log = logging.getLogger(__name__)
Position = tuple[int, int]
Opinion = tuple[str, int, int] | None


def ask(packed: bytes, positions: Sequence[Position]) -> list[Opinion] | None:
    """Where a compressed map leads from each position (from 0), as source, line and column; None without opinion."""
    command = [sys.executable, "-m", __name__, *(f"{line}:{column}" for line, column in positions)]
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command and numbers; the map goes in by stdin
            command, input=packed, capture_output=True, timeout=2 * MAX_CPU_SECONDS, cwd=_CODE, env={}, check=False
        )
    except subprocess.TimeoutExpired:
        return None
    if done.returncode:
        _log.info("no second opinion on a source map (status %d)", done.returncode)
        return None
    return [None if one is None else (one[0], one[1], one[2]) for one in json.loads(done.stdout)]


def opinions(raw: str, positions: Sequence[Position]) -> list[Opinion]:
    """What the package says. Raises whatever it raises on maps that it does not understand."""
    index = sourcemap.loads(raw)
    return [_opinion(index, *position) for position in positions]


def _opinion(index: "sourcemap.SourceMapIndex", line: int, column: int) -> Opinion:
    try:
        token = index.lookup(line, column)
    except IndexError:
        return None
    return None if token.src is None else (token.src, token.src_line, token.src_col)


def main(arguments: Sequence[str]) -> int:
    """Answer for the map on stdin, within the limits; return the exit status."""
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_SECONDS, MAX_CPU_SECONDS + 5))
    with zstandard.ZstdDecompressor().stream_reader(sys.stdin.buffer) as reader:
        raw = reader.read(MAX_BYTES + 1)
    positions = [(int(line), int(column)) for line, _, column in (one.partition(":") for one in arguments)]
    try:
        if len(raw) > MAX_BYTES:
            return UNREADABLE
        print(json.dumps(opinions(raw.decode("utf-8-sig"), positions)))
    except Exception:  # it raises all kinds of errors on maps that it was not made for
        return UNREADABLE
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
