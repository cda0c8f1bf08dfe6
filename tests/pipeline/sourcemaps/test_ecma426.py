"""Mappings of the ECMA-426 suite (github.com/tc39/source-map-tests), where shared/ beside the checkout has it."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from monitor.pipeline.sourcemaps.compile_map import compile_map
from monitor.pipeline.sourcemaps.map_index import MapIndex, MapRefused

SHARED = Path(os.environ.get("FARSIDE_SHARED", Path(__file__).parents[4] / "shared"))
SPECIFICATION = SHARED / "data" / "ecma426" / "source-map-spec-tests.json"

pytestmark = pytest.mark.skipif(not SPECIFICATION.exists(), reason=f"there is no {SPECIFICATION}")


def cases() -> list[Any]:
    if not SPECIFICATION.exists():
        return []
    return [pytest.param(case, id=case["name"]) for case in json.loads(SPECIFICATION.read_text())["tests"]]


def opened(case: dict[str, Any]) -> MapIndex:
    raw = (SPECIFICATION.parent / "resources" / case["sourceMapFile"]).read_bytes()
    return MapIndex(compile_map(raw).pack())


@pytest.mark.parametrize("case", [case for case in cases() if case.values[0]["sourceMapIsValid"]])
def test_valid_maps_are_accepted_and_answer_rightly(case: dict[str, Any]) -> None:
    index = opened(case)
    for action in case.get("testActions", []):
        if action["actionType"] != "checkMapping":
            continue
        token = index.lookup(action["generatedLine"], action["generatedColumn"])
        if action["originalLine"] is None:
            assert token is None
            continue
        assert token is not None
        assert index.sources[token.source].endswith(action["originalSource"] or "")
        assert (token.line, token.column) == (action["originalLine"], action["originalColumn"])
        assert token.name == action["mappedName"]


def test_most_invalid_maps_are_refused() -> None:
    """Farside reads what it safely can: a wrong version or a stray field harms nobody. Wrong positions would."""
    refused = 0
    for case in (case.values[0] for case in cases() if not case.values[0]["sourceMapIsValid"]):
        try:
            opened(case)
        except MapRefused:
            refused += 1
    assert refused >= 40
