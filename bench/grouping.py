"""The grouping benchmark: real browser errors of planted faults, resolved and grouped by our own code, and scored."""

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # run as a script, it finds bench beside it

from bench.report import Figure, print_table, write_json

ROOT = Path(__file__).resolve().parent.parent
ORDERS = 3
MOST_APART = 0.03
"""How far the means of the scores with one application left out may lie from those of all."""

Event = dict[str, Any]
Scores = dict[str, Any]


@dataclass(frozen=True)
class Column:
    """A figure of the scorer, and what it is to reach with maps and without; None for no target."""

    name: str
    text: str
    mapped: float | None = None
    bare: float | None = None
    least: bool = True


COLUMNS = (
    Column("b3_F1", "B³ F1", 0.94, 0.72),
    Column("pair_P", "pair precision", 0.95, 0.88),
    Column("pair_R", "pair recall", 0.88),
    Column("exact_pct", "faults that are one issue exactly", 0.75),
    Column("groups", "issues of 132 faults", least=False),
    Column("false_new_r2", "false “new issue” in the second build", 2, 30, least=False),
    Column("false_new_r3", "false “new issue” in the third build", 8, 30, least=False),
    Column("false_new_r4", "false “new issue” in the fourth build", 4, 30, least=False),
)
PEERS = (
    ("type + message", 706, 0.78, 0.40, 0.59, 12, "87/112/137"),
    ("GlitchTip's rule", 801, 0.84, 0.30, 0.50, 9, "89/181/148"),
    ("Bugsink's rule", 472, 0.68, 0.47, 0.64, 11, "35/46/82"),
    ("Sentry's rule, 2026, first hash", 501, 0.95, 0.39, 0.60, 13, "22/109/90"),
    ("the same, without maps", 1002, 0.90, 0.16, 0.34, 5, "226/225/266"),
    ("type + top in-app function", 265, 0.84, 0.65, 0.78, 36, "14/31/23"),
)
"""As the corpus' own README tells them: groups, pair precision and recall, B³ F1, exact %, false new issues."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Group the corpus with maps and without, print the tables; 0 whatever the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True, help="folder of applications; score.py lies beside them")
    parser.add_argument("--leave-out", action="store_true", help="also without each application; other orders")
    parser.add_argument("--detail", type=int, default=0, metavar="N", help="the N most split faults, and those glued")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures as one flat JSON object")
    options = parser.parse_args(arguments)
    scorer = load_scorer(options.corpus)
    events = [event for event in scorer.load_events(str(options.corpus)) if event["seq"] == 0]
    figures: list[Figure] = []
    for is_mapped in (True, False):
        figures += _measure(options, scorer, events, is_mapped)
    _print_peers()
    if options.json:
        write_json(options.json, "grouping", figures)
    return 0


def _measure(options: argparse.Namespace, scorer: Any, events: list[Event], is_mapped: bool) -> list[Figure]:
    """Group, score and print, with maps or without."""
    prefix, title = ("mapped", "With maps") if is_mapped else ("bare", "Without maps")
    keys, cost = group_events(options.corpus, is_mapped)
    scores = scorer.score(events, keys)
    figures = [*figures_of(scores, prefix, is_mapped), *cost_of(cost, prefix)]
    print_table(title, figures)
    _print_apps(scorer, events, keys)
    if options.leave_out:
        left_out = left_out_figures(scorer.score, events, keys, scores, prefix)
        print_table(f"{title}, one application left out: mean of the scores", left_out)
        figures += left_out
        for seed in range(1, ORDERS + 1):
            other = scorer.score(events, group_events(options.corpus, is_mapped, seed)[0])
            print(f"in another order of arrival: {_line(other)}")
    if options.detail:
        _print_detail(scores, options.detail)
    return figures


def load_scorer(corpus: Path) -> Any:
    """The corpus' own score.py as a module."""
    path = next((one / "score.py" for one in (corpus, corpus.parent) if (one / "score.py").exists()), None)
    spec = importlib.util.spec_from_file_location("score", path) if path else None
    if spec is None or spec.loader is None:
        raise SystemExit(f"there is no score.py in {corpus} or beside it")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def group_events(corpus: Path, is_mapped: bool, seed: int = 0) -> tuple[dict[str, str], dict[str, float]]:
    """Event id -> issue, and what an event costs; by a process that has its own settings and data folder."""
    with tempfile.TemporaryDirectory(prefix="grouping-") as folder:
        command = [sys.executable, "-m", "bench.group_events", str(corpus.resolve()), "maps" if is_mapped else "bare"]
        environment = {**os.environ, "FARSIDE_DATA": folder, "DJANGO_SETTINGS_MODULE": "monitor.settings"}
        done = subprocess.run(
            [*command, str(seed)], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True
        )
    *lines, cost = map(json.loads, done.stdout.splitlines())
    return {line["id"]: line["key"] for line in lines}, cost


def figures_of(scores: Scores, prefix: str, is_mapped: bool) -> list[Figure]:
    """The scorer's figures with their targets."""
    return [
        Figure(
            f"{prefix}_{column.name}",
            scores[column.name],
            "",
            column.text,
            column.mapped if is_mapped else column.bare,
            least=column.least,
        )
        for column in COLUMNS
    ]


def cost_of(cost: dict[str, float], prefix: str) -> list[Figure]:
    """What the two steps cost, in parse units of the same event."""
    frames = f"{cost['frames']:.0f} frames"
    return [
        Figure(f"{prefix}_units", cost["units"], "units", f"symbolicate and group, {frames}, median", 15),
        Figure(f"{prefix}_group_us", cost["group_us"], "µs", "group alone, a new stack, median"),
    ]


def left_out_figures(
    score: Callable[[list[Event], dict[str, str]], Scores],
    events: list[Event],
    keys: dict[str, str],
    scores: Scores,
    prefix: str,
) -> list[Figure]:
    """The mean of the scores without each application in turn, and how far it lies from the score of all."""
    apps = sorted({event["app"] for event in events})
    without = [score([event for event in events if event["app"] != app], keys) for app in apps]
    figures = []
    for name in ("b3_F1", "pair_P", "pair_R"):
        figure = mean(one[name] for one in without)
        figures.append(Figure(f"{prefix}_left_out_{name}", figure, "", f"{name}, left out"))
        figures.append(
            Figure(f"{prefix}_apart_{name}", abs(figure - scores[name]), "", f"{name}, apart from all", MOST_APART)
        )
    return figures


def _print_apps(scorer: Any, events: list[Event], keys: dict[str, str]) -> None:
    for app in sorted({event["app"] for event in events}):
        print(f"{app:12} {_line(scorer.score([event for event in events if event['app'] == app], keys))}")


def _line(scores: Scores) -> str:
    return "  ".join(f"{column.name} {scores[column.name]:.3g}" for column in COLUMNS)


def _print_detail(scores: Scores, most: int) -> None:
    split = sorted(((many, fault) for fault, many in scores["_gpf"].items() if many > 1), reverse=True)
    print("split:", ", ".join(f"{fault} in {many}" for many, fault in split[:most]))
    print("glued:", "; ".join(" + ".join(faults) for faults in list(scores["_fpg"].values())[:most]))


def _print_peers() -> None:
    print("\nOther rules on the same events, with maps unless said (the corpus' README)")
    for name, groups, precision, recall, f1, exact, false_new in PEERS:
        pair = f"pair {precision:.2f}/{recall:.2f}"
        print(f"{name:32} groups {groups:4}  {pair}  B³ F1 {f1:.2f}  exact {exact:2} %  false new {false_new}")


if __name__ == "__main__":
    sys.exit(main())
