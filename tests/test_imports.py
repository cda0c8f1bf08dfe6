"""Who may import whom, as the architecture has it; and what a module must never do."""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OURS = ("monitor", "ingest", "edge")

ALLOWED: dict[str, set[str]] = {
    "edge": set(),
    "ingest": {"monitor.tasks", "monitor.models", "monitor.batch", "monitor.broker"},
    # What a request becomes: pages and API, tasks, pipeline, records.
    "monitor.views": {
        *("monitor.tasks", "monitor.pipeline", "monitor.models", "monitor.channels", "monitor.forms"),
        *("monitor.broker", "monitor.templatetags"),
    },
    "monitor.api": {"monitor.tasks", "monitor.pipeline", "monitor.models", "monitor.channels", "monitor.forms"},
    "monitor.forms": {"monitor.models"},
    "monitor.templatetags": set(),
    "monitor.tasks": {"monitor.pipeline", "monitor.batch", "monitor.broker", "monitor.celery"},
    "monitor.pipeline": {"monitor.models", "monitor.channels", "monitor.batch", "monitor.broker"},
    "monitor.models": set(),
    "monitor.channels": set(),
    # What the door and the worker share: the record of a batch, and the connection it travels on.
    "monitor.batch": {"monitor.broker"},
    "monitor.broker": set(),
    "monitor.celery": {"monitor.broker"},
    "monitor.clock": {"monitor.settings"},
    "monitor.worker": {"monitor.celery", "monitor.pipeline"},
    # What starts and sets up; nothing above imports it.
    "monitor": set(),
    "monitor.urls": set(),
    "monitor.environment": set(),
    "monitor.settings": {"monitor.environment"},
    "monitor.embedded": set(),
    "monitor.processes": set(),
    "monitor.credentials": set(),
    "monitor.first_account": {"monitor.credentials", "monitor.models", "monitor.environment", "monitor.embedded"},
    "monitor.demo_shop": {"monitor.models", "monitor.pipeline"},
    "monitor.welcome": {"monitor.credentials"},
    "monitor.cli": {"monitor.environment", "monitor.embedded"},
    "monitor.management": {
        *("monitor.credentials", "monitor.demo_shop", "monitor.embedded", "monitor.environment"),
        *("monitor.first_account", "monitor.processes", "monitor.settings", "monitor.welcome"),
    },
    "monitor.migrations": {"monitor.models"},
}
"""Room -> the rooms it may import from. Nobody imports ingest, views or api: urls.py names them as texts."""

LIBRARIES = {
    "edge": {"httpx", "psutil"},
    "monitor.models": {"django", "semver"},
    "monitor.channels": {"django", "httpx", "httpcore", "msgspec", "slack_sdk"},
}
"""What these may use besides the standard library."""

FORBIDDEN = {"monitor.pipeline": {"celery", "kombu", "rest_framework"}, "monitor.views": {"rest_framework"}}
"""The pipeline runs inline in tests, free of the queue; pages are no API."""


@cache
def modules() -> dict[str, ast.Module]:
    """Dotted name -> syntax tree of every module of ours."""
    found = {}
    for path in sorted(path for top in OURS for path in (ROOT / top).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if "node_modules" not in parts and parts[:2] != ("edge", "build"):
            found[".".join(parts).removesuffix(".__init__")] = ast.parse(path.read_text(encoding="utf-8"))
    return found


def imported(tree: ast.AST) -> Iterator[str]:
    """The dotted names that a module imports: `a.b.c` for `from a.b import c`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{'.' * node.level}{node.module}.{alias.name}" for alias in node.names)


def module_of(name: str) -> str | None:
    """The module of ours that an imported name is, or is in."""
    while name and name not in modules():
        name = name.rpartition(".")[0]
    return name or None


def room_of(name: str) -> str:
    """`monitor.pipeline` of `monitor.pipeline.store`; ingest and edge are one room each."""
    return ".".join(name.split(".")[: 2 if name.startswith("monitor") else 1])


def graph() -> dict[str, set[str]]:
    """Module -> the modules of ours that it imports."""
    return {name: {found for one in imported(tree) if (found := module_of(one))} for name, tree in modules().items()}


ROOMS = sorted({room_of(name) for name in modules()})


def test_every_room_has_its_rule() -> None:
    assert set(ROOMS) == ALLOWED.keys(), "say in ALLOWED what the new room may import, and who may import it"


@pytest.mark.parametrize("room", ROOMS)
def test_imports_go_one_way(room: str) -> None:
    wrong = {
        f"{name} imports {found}"
        for name, targets in graph().items()
        for found in targets
        if room_of(name) == room and room_of(found) not in {room, "monitor", *ALLOWED[room]}
    }
    assert not wrong


def libraries(room: str) -> set[str]:
    """The packages of others that a room imports."""
    tops = {one.split(".")[0] for name, tree in modules().items() if room_of(name) == room for one in imported(tree)}
    return tops - set(OURS) - set(sys.stdlib_module_names)


@pytest.mark.parametrize("room", LIBRARIES)
def test_the_innermost_rooms_need_little(room: str) -> None:
    assert libraries(room) <= LIBRARIES[room]


@pytest.mark.parametrize("room", FORBIDDEN)
def test_some_libraries_stay_outside(room: str) -> None:
    assert not libraries(room) & FORBIDDEN[room]


def test_no_module_imports_itself_through_others() -> None:
    try:
        TopologicalSorter({name: targets - {name} for name, targets in graph().items()}).prepare()
    except CycleError as cycle:
        pytest.fail(" imports ".join(reversed(cycle.args[1])))


def test_imports_stand_at_the_top_and_name_the_whole_path() -> None:
    functions = [
        (name, node)
        for name, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert not [f"{name}.{function.name}" for name, function in functions if list(imported(function))]
    assert not [name for name, tree in modules().items() if any(one.startswith(".") for one in imported(tree))]


def test_every_module_says_what_it_is_for() -> None:
    """An empty __init__.py is the mark of a folder with modules, and says nothing."""
    silent = [name for name, tree in modules().items() if tree.body and not ast.get_docstring(tree)]
    assert not [name for name in silent if room_of(name) != "monitor.migrations"]


def test_files_are_named_by_what_they_do() -> None:
    vague = {"utils", "util", "helpers", "helper", "manager", "managers", "common", "misc", "service", "services"}
    folders = [*OURS, "tests", "bench", "sdk_js/src", "sdk_js/test"]
    files = [path for folder in folders for path in (ROOT / folder).rglob("*.[pj][ys]")]
    assert not [path for path in files if path.stem.lower() in vague and "node_modules" not in path.parts]
