"""The ECMA-426 test suite, and that of its proposal for range mappings, run on our reader."""

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.pipeline.sourcemaps.compile_map import compile_map
from monitor.pipeline.sourcemaps.map_index import MapIndex, MapRefused

SPECIFICATION = "source-map-spec-tests.json"
PROPOSAL = "range-mappings-proposal-tests.json"
PROPOSAL_FOLDER = Path("proposals/range-mappings")


@dataclass
class Score:
    """What was right, of how many. `accepted` are valid maps that only have to be read."""

    accepted: int = 0
    valid: int = 0
    refused: int = 0
    invalid: int = 0
    answers: int = 0
    asked: int = 0


def score(suite: Path, tests: str = SPECIFICATION, folder: Path = Path()) -> Score:
    """Run the tests of a file of the suite, whose maps lie in a folder of `resources`."""
    total = Score()
    resources = suite / "resources" / folder
    for case in json.loads((suite / tests).read_text())["tests"]:
        index = _opened(resources / case["sourceMapFile"])
        actions = case.get("testActions", [])
        if not case["sourceMapIsValid"]:
            total.invalid += 1
            total.refused += index is None
        elif not actions:
            total.valid += 1
            total.accepted += index is not None
        for action in actions:
            total.asked += 1
            total.answers += index is not None and _is_right(index, action, resources)
    return total


def _opened(path: Path) -> MapIndex | None:
    packed = io.BytesIO()
    try:
        compile_map(path.read_bytes()).write(packed)
    except MapRefused:
        return None
    return MapIndex(packed.getvalue())


def _is_right(index: MapIndex, action: dict[str, Any], resources: Path) -> bool:
    if action["actionType"] == "checkIgnoreList":
        return {index.sources[source] for source in index.ignored} == set(action["present"])
    token = index.lookup(action["generatedLine"], action["generatedColumn"])
    for name in action.get("intermediateMaps", []):
        opened = _opened(resources / name)
        if token is None or opened is None:
            break
        index, token = opened, opened.lookup(token.line, token.column)
    if token is None:
        return action["originalLine"] is None
    wanted = (action["originalLine"], action["originalColumn"], action["mappedName"])
    is_source = index.sources[token.source].endswith(action["originalSource"] or "")
    return is_source and (token.line, token.column, token.name) == wanted
