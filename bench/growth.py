"""The growth benchmark: what an event and the issue list cost when 1,000, 10,000, 100,000 events are stored already."""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # run as a script, it finds bench beside it

from bench.report import Figure, print_table, write_json

ROOT = Path(__file__).resolve().parent.parent
SIZES = (1_000, 10_000, 100_000)
MILLION = 1_000_000
MOST = 1.3
COSTS = {
    "ingest": "CPU of an event, worker and database",
    "issue_list": "CPU of the issue list, web and database",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it, print the table; 0 whatever the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--million", action="store_true", help="go on to a million events")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures as one flat JSON object")
    options = parser.parse_args(arguments)
    sizes = (*SIZES, MILLION) if options.million else SIZES
    figures = figures_of([dict(zip(("size", *COSTS), found, strict=True)) for found in _measure(sizes)])
    print_table("Cost by events stored; × is to the first", figures)
    if options.json:
        write_json(options.json, "growth", figures)
    return 0


def figures_of(measured: Sequence[dict[str, float]]) -> list[Figure]:
    """Of each size the costs in parse units, and their ratios to those of the first in the same round; medians of the
    rounds, which follow each other in `measured`.
    """
    sizes = list(dict.fromkeys(found["size"] for found in measured))
    rounds = {size: [found for found in measured if found["size"] == size] for size in sizes}
    figures = []
    for size, cost in product(sizes, COSTS):
        units = median(found[cost] for found in rounds[size])
        ratio = median(found[cost] / first[cost] for found, first in zip(rounds[size], rounds[sizes[0]], strict=True))
        words = f"{COSTS[cost]}, {size:,.0f} events"
        figures.append(Figure(f"{cost}_units_{size:.0f}", units, "units", words))
        figures.append(Figure(f"{cost}_ratio_{size:.0f}", ratio, "×", f"{cost.replace('_', ' ')}, to the first", MOST))
    return figures


def _measure(sizes: Sequence[int]) -> Iterator[list[float]]:
    """[size, costs…] of each size, round by round, by a process that has the throw-away servers in its environment."""
    with servers() as addresses:
        command = [sys.executable, "-m", "bench.fill", *map(str, sizes)]
        environment = {**os.environ, **addresses, "DJANGO_SETTINGS_MODULE": "monitor.settings"}
        with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            yield from map(json.loads, process.stdout)
        if process.returncode:
            raise RuntimeError("the measurement failed; its message is above")


@contextmanager
def servers() -> Iterator[dict[str, str]]:
    """A PostgreSQL and a Valkey of their own, by the names of their settings."""
    command = [sys.executable, "-m", "monitor.embedded.throwaway"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as keeper:
        assert keeper.stdout
        line = keeper.stdout.readline()
        if not line:
            raise RuntimeError("the servers did not start; their messages are above")
        yield json.loads(line)


if __name__ == "__main__":
    sys.exit(main())
