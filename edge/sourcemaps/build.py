"""The JavaScript files of a build folder, each with its source map or the reason why it has none."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

_SUFFIXES = {".js", ".mjs", ".cjs"}
_REFERENCE = re.compile(rb"(?m)^[ \t]*(?://|/\*)[#@][ \t]*sourceMappingURL=([^\s*]+)")
_DEBUG_ID = re.compile(rb"(?m)^[ \t]*//# debugId=([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})[ \t]*\r?$")


class BuildError(Exception):
    """The folder or a file in it cannot be used; the message names it and says what to do."""


@dataclass(frozen=True)
class Script:
    """One JavaScript file; `trouble` says why `map` is None."""

    path: Path
    map: Path | None
    trouble: str = ""


def find_scripts(folder: Path) -> list[Script]:
    """All scripts below `folder` in order of path (without node_modules); raises BuildError when there are none."""
    if not folder.is_dir():
        what = "is a file" if folder.exists() else "does not exist"
        raise BuildError(f"the folder {folder} {what}: name the build's output folder, dist/ say")
    scripts = [_script(path, folder) for path in sorted(_javascript(folder))]
    if not scripts:
        raise BuildError(f"no JavaScript file (.js, .mjs, .cjs) in {folder}: is that the build's output?")
    return scripts


def read_map(path: Path) -> dict[str, Any]:
    """The JSON object of a source map file, without byte order mark and `)]}'` line; raises BuildError."""
    text = path.read_bytes().decode("utf-8-sig", errors="replace")
    if text.startswith(")]}"):
        text = text.partition("\n")[2]
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BuildError(f"{path} is not a source map: {error}") from error
    if not isinstance(content, dict) or content.get("version") != 3 or not {"mappings", "sections"} & content.keys():
        raise BuildError(f'{path} is not a source map: "version": 3 and "mappings" are missing')
    return content


def debug_id(script: bytes) -> str | None:
    """The ID of a script's last debugId comment, in lower case; None without one."""
    found = _DEBUG_ID.findall(script)
    return found[-1].decode().lower() if found else None


def map_debug_id(content: dict[str, Any]) -> str | None:
    """The ID that a map carries, in lower case; None without one."""
    found = content.get("debugId") or content.get("debug_id")
    return found.lower() if isinstance(found, str) else None


def _javascript(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.suffix in _SUFFIXES and path.is_file() and "node_modules" not in path.relative_to(folder).parts:
            yield path


def _script(path: Path, folder: Path) -> Script:
    references = _REFERENCE.findall(path.read_bytes())
    if not references:
        sibling = path.with_name(path.name + ".map")
        if sibling.is_file():
            return Script(path, sibling)
        return Script(path, None, "no sourceMappingURL and no .map beside it")
    reference = references[-1].decode("utf-8", errors="replace")
    if reference.startswith("data:"):
        return Script(path, None, "its map is inline (data: URL); let the bundler write .map files")
    return _referenced(path, folder, reference)


def _referenced(path: Path, folder: Path, reference: str) -> Script:
    """The map named by a sourceMappingURL; of an absolute URL the file name is looked for beside the script."""
    try:
        parts = urlsplit(reference)
    except ValueError:
        return Script(path, None, f"its sourceMappingURL {reference[:100]!r} is no URL")
    relative = unquote(parts.path)
    if parts.netloc or relative.startswith("/"):
        relative = relative.rsplit("/", 1)[-1]
    target = path.parent / relative
    if not target.is_file():
        return Script(path, None, f"its map {relative} is missing")
    if not target.resolve().is_relative_to(folder.resolve()):
        return Script(path, None, f"its map {relative} lies outside of {folder}")
    return Script(path, target)
