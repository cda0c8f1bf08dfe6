"""Figures with their targets: as a table to read, and as one flat JSON object."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """One measured value; `target` is the most it may be, or the least if `least`."""

    name: str
    value: float
    unit: str
    text: str
    target: float | None = None
    least: bool = False

    def is_reached(self) -> bool | None:
        """Whether the target is reached; None without one."""
        if self.target is None:
            return None
        return self.value >= self.target if self.least else self.value <= self.target

    def line(self) -> str:
        """The row of the table."""
        judged = {None: "", True: "reached", False: "MISSED"}[self.is_reached()]
        target = "" if self.target is None else f"{'≥' if self.least else '≤'} {self.target:g}"
        return f"{self.text:<58} {self.value:>12,.{_digits(self.value)}f} {self.unit:<9} {target:>8} {judged}".rstrip()


def _digits(value: float) -> int:
    return 0 if abs(value) >= 1000 or value == int(value) else 1 if abs(value) >= 10 else 2


def print_table(title: str, figures: Sequence[Figure]) -> None:
    """Print figures under a title."""
    print(f"\n{title}")
    for figure in figures:
        print(figure.line())


def write_json(path: Path, prefix: str, figures: Sequence[Figure]) -> None:
    """Write {"prefix.name": value, …}."""
    flat = {f"{prefix}.{figure.name}": round(figure.value, 4) for figure in figures}
    path.write_text(json.dumps(flat, indent=2) + "\n", encoding="utf-8")
