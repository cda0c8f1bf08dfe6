"""The ECMA-426 suite (github.com/tc39/source-map-tests), where shared/ beside the checkout has it."""

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest

from monitor.pipeline.sourcemaps.compile_map import compile_map
from monitor.pipeline.sourcemaps.map_index import MapIndex, MapRefused, Token

SHARED = Path(os.environ.get("FARSIDE_SHARED", Path(__file__).parents[4] / "shared"))
SPECIFICATION = SHARED / "data" / "ecma426" / "source-map-spec-tests.json"

pytestmark = pytest.mark.skipif(not SPECIFICATION.exists(), reason=f"there is no {SPECIFICATION}")


def cases() -> list[Any]:
    if not SPECIFICATION.exists():
        return []
    return [pytest.param(case, id=case["name"]) for case in json.loads(SPECIFICATION.read_text())["tests"]]


def opened(name: str) -> MapIndex:
    packed = io.BytesIO()
    compile_map((SPECIFICATION.parent / "resources" / name).read_bytes()).write(packed)
    return MapIndex(packed.getvalue())


def through(maps: list[str], line: int, column: int) -> tuple[str, Token] | None:
    """The source and the token that a position leads to, through one map after the other."""
    found = None
    for name in maps:
        index = opened(name)
        token = index.lookup(line, column)
        if token is None:
            return None
        found = index.sources[token.source], token
        line, column = token.line, token.column
    return found


@pytest.mark.parametrize("case", [case for case in cases() if case.values[0]["sourceMapIsValid"]])
def test_valid_maps_are_accepted_and_answer_rightly(case: dict[str, Any]) -> None:
    index = opened(case["sourceMapFile"])
    for action in case.get("testActions", []):
        if action["actionType"] == "checkIgnoreList":
            assert {index.sources[source] for source in index.ignored} == set(action["present"])
            continue
        maps = [case["sourceMapFile"], *action.get("intermediateMaps", [])]
        found = through(maps, action["generatedLine"], action["generatedColumn"])
        if action["originalLine"] is None:
            assert found is None
            continue
        assert found is not None
        source, token = found
        assert source.endswith(action["originalSource"] or "")
        assert (token.line, token.column) == (action["originalLine"], action["originalColumn"])
        assert token.name == action["mappedName"]


@pytest.mark.parametrize("case", [case for case in cases() if not case.values[0]["sourceMapIsValid"]])
def test_invalid_maps_are_refused(case: dict[str, Any]) -> None:
    with pytest.raises(MapRefused):
        opened(case["sourceMapFile"])
