"""The source map benchmark's own parts: it counts what is wrong, and would not overlook it."""

import json
from pathlib import Path
from typing import Any

import pytest

from bench.sourcemaps import agreement_figures, cost_figures, side_by_side
from bench.suite import SPECIFICATION, Score, score
from tests.builds import raw_map

CHECK = {"actionType": "checkMapping", "generatedLine": 0, "generatedColumn": 10, "originalSource": "cart.js"}
RIGHT = CHECK | {"originalLine": 2, "originalColumn": 11, "mappedName": "lines"}


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """Two maps, of which one is bad."""
    (tmp_path / "resources").mkdir()
    (tmp_path / "resources" / "good").write_bytes(raw_map())
    (tmp_path / "resources" / "bad").write_bytes(raw_map(version=4))
    return tmp_path


def scored(suite: Path, name: str, is_valid: bool, *actions: dict[str, Any]) -> Score:
    case = {"sourceMapFile": name, "sourceMapIsValid": is_valid, "testActions": list(actions)}
    (suite / SPECIFICATION).write_text(json.dumps({"tests": [case]}))
    return score(suite)


def test_maps_are_judged(suite: Path) -> None:
    assert scored(suite, "good", True) == Score(accepted=1, valid=1)
    assert scored(suite, "bad", True) == Score(accepted=0, valid=1)
    assert scored(suite, "bad", False) == Score(refused=1, invalid=1)
    assert scored(suite, "good", False) == Score(refused=0, invalid=1)


@pytest.mark.parametrize(
    ("action", "answers"),
    [
        (RIGHT, 1),
        (RIGHT | {"originalColumn": 10}, 0),
        (RIGHT | {"mappedName": None}, 0),
        (RIGHT | {"originalSource": "other.js"}, 0),
        (RIGHT | {"originalLine": None}, 0),
        (RIGHT | {"intermediateMaps": ["good"]}, 0),
        (RIGHT | {"intermediateMaps": ["good"], "originalLine": None}, 1),
        ({"actionType": "checkIgnoreList", "present": ["../../src/cart.js"]}, 0),
    ],
)
def test_checks_are_judged(suite: Path, action: dict[str, Any], answers: int) -> None:
    assert scored(suite, "good", True, action) == Score(answers=answers, asked=1)


def test_every_difference_between_readers_counts() -> None:
    same, other = ["a.js", 1, 2, None], ["a.js", 1, 3, None]
    peers = {"sourcemap": [same, None], "trace-mapping": [same, same], "symbolic": [other, other]}
    figures = {one.name: one for one in agreement_figures({"d3": {"ours": [same, same], **peers}})}
    assert {name: figure.value for name, figure in figures.items()} == {
        "differ_sourcemap": 1,
        "differ_trace-mapping": 0,
        "differ_symbolic": 2,
    }
    assert figures["differ_sourcemap"].is_reached() is False


def test_costs_are_told_beside_the_prototypes() -> None:
    ours = {"cpu_ms": 10.0, "peak_mb": 6.0, "lookup_us": 7.0, "reopen_ms": 1.0}
    costs = {"three": {"ours": ours, "prototype": ours | {"cpu_ms": 5.0, "peak_mb": 12.0}}}
    figures = {one.name: (one.value, one.is_reached()) for one in cost_figures(costs)}
    assert figures["lookup_us"] == (7.0, False)
    assert figures["cpu_times"] == (2.0, False)
    assert figures["peak_times"] == (0.5, True)
    assert len(side_by_side(costs, {"three": 7})) == 8
