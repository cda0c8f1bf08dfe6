"""The grouping benchmark's own parts: events are grouped as they arrive, figures are computed right."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from bench.grouping import figures_of, group_events, left_out_figures, load_scorer

MESSAGES = {
    "chromium": "Cannot read properties of undefined (reading 'coupon')",
    "firefox": 'can\'t access property "coupon", e is undefined',
    "webkit": "undefined is not an object (evaluating 'e.coupon')",
}


def event(number: int, engine: str, release: str) -> dict[str, Any]:
    thrown = {"type": "TypeError", "value": MESSAGES[engine]}
    fields = {"id": f"shop-{number}", "app": "shop", "release": release, "version": f"shop@{release}"}
    return {**fields, "engine": engine, "event": {"exception": {"values": [thrown]}}}


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    (tmp_path / "shop").mkdir()
    events = [event(number, engine, f"r{number}") for number, engine in enumerate(MESSAGES, 1)]
    lines = "".join(json.dumps(one) + "\n" for one in events)
    (tmp_path / "shop" / "events.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    return tmp_path


def test_events_join_the_issue_of_the_first(corpus: Path) -> None:
    keys, cost = group_events(corpus, is_mapped=False)
    assert keys == dict.fromkeys(["shop-1", "shop-2", "shop-3"], "shop-1")
    assert cost["group_us"] > 0


def test_scores_without_each_application_are_compared_with_those_of_all() -> None:
    def score(events: list[dict[str, Any]], _keys: dict[str, str]) -> dict[str, Any]:
        return dict.fromkeys(("b3_F1", "pair_P", "pair_R"), 0.8 if any(one["app"] == "a" for one in events) else 1.0)

    figures = left_out_figures(score, [{"app": "a"}, {"app": "b"}], {}, score([{"app": "a"}], {}), "mapped")
    found = {figure.name: (round(figure.value, 3), figure.is_reached()) for figure in figures}
    assert found["mapped_left_out_b3_F1"] == (0.9, None)
    assert found["mapped_apart_b3_F1"] == (0.1, False)


def test_targets_differ_with_maps_and_without() -> None:
    scores = dict.fromkeys(
        ("b3_F1", "pair_P", "pair_R", "exact_pct", "groups", "false_new_r2", "false_new_r3", "false_new_r4"), 0.8
    )
    reached = {
        figure.name: figure.is_reached()
        for mapped in (True, False)
        for figure in figures_of(scores, str(mapped), mapped)
    }
    assert reached["True_b3_F1"] is False
    assert reached["False_b3_F1"] is True
    assert reached["True_false_new_r2"] is True


def test_a_corpus_without_its_scorer_is_told(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"there is no score\.py"):
        load_scorer(tmp_path / "dev")
