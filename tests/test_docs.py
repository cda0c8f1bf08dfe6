"""The documentation names what there is: endpoints, scopes, SDK options, commands, files."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from django.core.management import get_commands
from django.urls import URLPattern, URLResolver, get_resolver

from edge.cli import COMMANDS
from ingest.urls import ENDPOINTS
from monitor.models.project import SCOPES

ROOT = Path(__file__).resolve().parent.parent
PAGES = ["README.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]
OF_API = ["docs/api.md", "docs/sourcemaps.md", "docs/edge.md"]


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def code_of(page: str) -> str:
    """The code of a page: fenced, indented, or between backticks."""
    return "\n".join(re.findall(r"^```.*?^```|^ {4}.+|`[^`\n]+`", text_of(page), re.MULTILINE | re.DOTALL))


def blanked(path: str) -> str:
    """The path with <> for each parameter, however it is written."""
    return re.sub(r"\(\?P<\w+>[^)]*\)|<[^>]*>", "<>", path)


def paths(patterns: Iterable[URLPattern | URLResolver], above: str = "/") -> Iterator[str]:
    """The paths of the API's endpoints."""
    for pattern in patterns:
        path = above + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from paths(pattern.url_patterns, path)
        elif path.startswith("/api/"):
            yield blanked(path)


ENDPOINT_PATHS = sorted(
    {*paths(get_resolver("monitor.urls").url_patterns)}
    | {blanked(pattern.pattern).removesuffix("?") for pattern, _ in ENDPOINTS}
)


def named_in(line: str) -> tuple[list[str], list[str]]:
    """The whole paths that a line names between backticks, and the ends of those that it shortens to `…/end/`."""
    codes = [re.sub(r"^[A-Z]+ ", "", code).partition("?")[0] for code in re.findall(r"`([^`]+)`", line)]
    codes += [code.replace("<releases>", "projects/<>/<>/releases/") for code in codes if "<releases>" in code]
    codes = [code.replace("<releases>", "organizations/<>/releases/") for code in codes]
    codes = [f"/api/0/{code}" if code.startswith(("organizations/", "projects/")) else code for code in codes]
    whole = [blanked(code) for code in codes if code.startswith("/api/") and "…" not in code]
    return whole, [blanked(code[1:]) for code in codes if code.startswith("…/")]


LINES = [named_in(line) for page in OF_API for line in text_of(page).splitlines()]


@pytest.mark.parametrize("path", ENDPOINT_PATHS)
def test_every_endpoint_is_told(path: str) -> None:
    """`…/end/` goes on where a whole path of its line began. Issues are told once, without the organisation."""
    told = path.replace("/api/0/organizations/<>/issues/<>", "/api/0/issues/<>")
    is_whole = any(told in whole for whole, _ in LINES)
    is_short = any(
        told.endswith(end) and one.startswith(told.removesuffix(end) + "/")
        for whole, ends in LINES
        for end in ends
        for one in whole
    )
    assert is_whole or is_short, f"say in {' or '.join(OF_API)} what `{path}` is for"


def test_no_endpoint_is_told_that_is_not_there() -> None:
    told = {path for whole, _ in LINES for path in whole}
    assert not [path for path in told if not any(one.startswith(path) for one in ENDPOINT_PATHS)]


def test_every_scope_is_told_and_no_other() -> None:
    named = re.findall(r"\b[a-z]+:(?:read|write|releases)\b", "\n".join(map(text_of, PAGES)))
    assert set(named) == set(SCOPES)


def test_the_options_of_the_sdk_are_its_defaults() -> None:
    source = re.search(r"export const DEFAULTS = \{(.*?)\n\};", text_of("sdk_js/src/client.js"), re.DOTALL)
    table = re.search(r"^## Options\n(.*?)^## ", text_of("docs/sdk.md"), re.MULTILINE | re.DOTALL)
    assert source and table
    defaults = dict(re.findall(r"^\s*(\w+): (.+),$", source[1], re.MULTILINE))
    told = re.findall(r"^\| `(\w+)` \| (?:`([^`]+)`|none) \|", table[1], re.MULTILINE)
    assert {name: default or "undefined" for name, default in told} == defaults


def test_the_functions_of_the_sdk_are_its_exports() -> None:
    exported = re.findall(r"^  ([a-z]\w+),$", text_of("sdk_js/src/index.js"), re.MULTILINE)
    told = re.findall(r"(?:`|\bFarside\.)([a-z]\w+)\(", text_of("docs/sdk.md"))
    assert set(told) == set(exported)


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files(page: str) -> None:
    prose = re.sub(r"^```.*?^```", "", text_of(page), flags=re.MULTILINE | re.DOTALL)
    links = re.findall(r"\]\(([^)\s]+)|\b(?:src|srcset|href)=\"([^\"]+)\"", prose)
    targets = [(one or other).partition("#")[0] for one, other in links]
    relative = [target for target in targets if target and "://" not in target and not target.startswith("mailto:")]
    assert not [target for target in relative if not (ROOT / page).parent.joinpath(target).exists()]


@pytest.mark.parametrize("page", PAGES)
def test_commands_exist(page: str) -> None:
    server = {name for name, app in get_commands().items() if app == "monitor"}
    named = set(re.findall(r"\bfarside ([a-z]+)\b", code_of(page)))
    assert named <= server | COMMANDS.keys()


@pytest.mark.parametrize("page", PAGES)
def test_targets_of_make_exist(page: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z]+)", code_of(page))) <= targets
