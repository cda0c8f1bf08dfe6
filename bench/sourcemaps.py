"""The source map benchmark: the standard's tests, agreement with other readers, and what reading costs beside them."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # run as a script, it finds bench beside it

from bench.growth import servers
from bench.npm_maps import RealMap, cache, real_maps, trace
from bench.report import Figure, print_table, write_json
from bench.suite import PROPOSAL, PROPOSAL_FOLDER, score

ROOT = Path(__file__).resolve().parent.parent
PEERS = {"sourcemap": "0.2.1", "symbolic": "13.9.0"}
REOPENED = "three"
"""The map of 7.5 MB that the time to open one again is promised for."""
WORDS = {
    "cpu_ms": ("ms", "read"),
    "peak_mb": ("MB", "memory"),
    "lookup_us": ("µs", "a lookup"),
    "reopen_ms": ("ms", "open again, 20 frames"),
}
"""Figure -> its unit and what it is of."""
Costs = dict[str, dict[str, dict[str, float]]]
"""Map -> reader -> figure."""
Answers = Sequence[object]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it, print the tables; 0 whatever the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--suite", type=Path, metavar="DIR", help="the ECMA-426 tests (tc39/source-map-tests)")
    parser.add_argument("--prototype", type=Path, metavar="FILE", help="a reader to compare the cost of compiling with")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures as one flat JSON object")
    options = parser.parse_args(arguments)
    maps = real_maps()
    with tempfile.TemporaryDirectory(prefix="farside-bench-") as folder:
        costs, answers = _read_all(maps, options.prototype, Path(folder))
    tables = {
        "ECMA-426": suite_figures(options.suite) if options.suite else [],
        "Agreement on random positions of real maps": agreement_figures(answers),
        "Cost, CPU": cost_figures(costs),
        "Symbolicate and group, 40 frames, maps open": _pipeline_figures(),
        "Readers side by side": side_by_side(costs, {one.name: one.path.stat().st_size for one in maps}),
    }
    for title, figures in tables.items():
        print_table(title, figures)
    if options.json:
        write_json(options.json, "sourcemaps", [figure for figures in tables.values() for figure in figures])
    return 0


def suite_figures(suite: Path) -> list[Figure]:
    """How many of the standard's tests are passed, and of the proposal's."""
    found, proposed = score(suite), score(suite, PROPOSAL, PROPOSAL_FOLDER)
    valid, invalid, asked = found.valid, found.invalid, found.asked
    return [
        Figure("accepted", found.accepted, "maps", f"valid maps accepted, of {valid}", valid, least=True),
        Figure("refused", found.refused, "maps", f"invalid maps refused, of {invalid}", invalid, least=True),
        Figure("answers", found.answers, "checks", f"checks passed, of {asked}", asked, least=True),
        Figure("range_refused", proposed.refused, "maps", f"range mappings: invalid refused, of {proposed.invalid}"),
        Figure("range_accepted", proposed.accepted, "maps", f"range mappings: valid accepted, of {proposed.valid}"),
        Figure("range_answers", proposed.answers, "checks", f"range mappings: checks passed, of {proposed.asked}"),
    ]


def agreement_figures(answers: Mapping[str, Mapping[str, Answers]]) -> list[Figure]:
    """Map -> reader -> answers, as the number of positions at which a reader differs from ours."""
    figures = []
    asked = sum(len(by_reader["ours"]) for by_reader in answers.values())
    for reader, target in (("sourcemap", 0), ("trace-mapping", 0), ("symbolic", None)):
        differ = sum(
            ours != other
            for by_reader in answers.values()
            for ours, other in zip(by_reader["ours"], by_reader[reader], strict=True)
        )
        figures.append(Figure(f"differ_{reader}", differ, "answers", f"differ from {reader}'s, of {asked:,}", target))
    return figures


def cost_figures(costs: Costs) -> list[Figure]:
    """What is promised: lookups, opening again, and compiling beside the prototype; of all maps the worst figure."""
    slowest = max(by_reader["ours"]["lookup_us"] for by_reader in costs.values())
    figures = [
        Figure("lookup_us", slowest, "µs", "a warm lookup", 5),
        Figure("reopen_ms", costs[REOPENED]["ours"]["reopen_ms"], "ms", "open again, 20 frames with context", 2),
    ]
    both = [(by_reader["ours"], by_reader["prototype"]) for by_reader in costs.values() if "prototype" in by_reader]
    if both:
        cpu, peak = (max(ours[name] / other[name] for ours, other in both) for name in ("cpu_ms", "peak_mb"))
        figures += [
            Figure("cpu_times", cpu, "×", "compile: CPU, to the prototype's", 1.3),
            Figure("peak_times", peak, "×", "compile: memory, to the prototype's", 0.7),
        ]
    return figures


def side_by_side(costs: Costs, sizes: Mapping[str, int]) -> list[Figure]:
    """Every reader's figures on every map."""
    return [
        Figure(f"{name}_{reader}_{figure}", value, unit, f"{sizes[name]:,} bytes: {reader}, {words}")
        for name, by_reader in costs.items()
        for figure, (unit, words) in WORDS.items()
        for reader, figures in by_reader.items()
        if (value := figures.get(figure)) is not None
    ]


def _read_all(maps: list[RealMap], prototype: Path | None, folder: Path) -> tuple[Costs, dict[str, dict[str, Answers]]]:
    """Let every reader read every map and answer its positions, each in a process of its own."""
    peer = str(_peers() / "python")
    readers = {"ours": [sys.executable], "sourcemap": [peer], "symbolic": [peer]}
    if prototype:
        readers["prototype"] = [sys.executable]
    costs: Costs = {}
    answers: dict[str, dict[str, Answers]] = {}
    for one in maps:
        asked, told = folder / "positions", folder / "answers"
        asked.write_text(json.dumps(one.positions))
        costs[one.name], answers[one.name] = {}, {}
        for reader, python in readers.items():
            command = [*python, str(ROOT / "bench" / "read_map.py"), reader, str(one.path), str(asked), str(told)]
            command += [str(prototype)] if reader == "prototype" else []
            environment = {**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
            done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
            costs[one.name][reader] = json.loads(done.stdout)
            answers[one.name][reader] = json.loads(told.read_text())
    trace(maps, folder / "traced")
    for name, traced in json.loads((folder / "traced").read_text()).items():
        answers[name]["trace-mapping"] = traced
    return costs, answers


def _peers() -> Path:
    """The folder of the Python that has the peers; installs them into the user's cache when they are missing."""
    environment = cache() / f"maps-python-{'-'.join(PEERS.values())}"
    if not (environment / "installed").exists():
        print(f"installing {', '.join(PEERS)} into {environment} …", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", environment], check=True)
        wanted = [f"{name}=={version}" for name, version in PEERS.items()]
        pip = str(environment / "bin" / "pip")
        subprocess.run([pip, "--disable-pip-version-check", "-q", "install", *wanted], check=True)
        (environment / "installed").touch()
    return environment / "bin"


def _pipeline_figures() -> list[Figure]:
    with servers() as addresses:
        environment = {**os.environ, **addresses, "DJANGO_SETTINGS_MODULE": "monitor.settings"}
        command = [sys.executable, "-m", "bench.resolve_events"]
        done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True)
    found = json.loads(done.stdout)
    return [
        Figure("known_units", found["known_units"], "units", "an event, in parse units, of stacks seen lately", 15),
        Figure("unseen_units", found["unseen_units"], "units", "an event, in parse units, stacks and frames new", 15),
        Figure("queries", found["queries"], "queries", "database queries of a batch", 1),
    ]


if __name__ == "__main__":
    sys.exit(main())
