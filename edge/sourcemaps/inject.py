"""Gives a script and its map the same debug ID: a line in front of the script that registers it, a comment behind."""

import hashlib
import json
import re
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edge.sourcemaps.build import BuildError, Script, debug_id, map_debug_id, read_map

_SNIPPET = (
    '!function(){{try{{var g="undefined"!=typeof globalThis?globalThis:"undefined"!=typeof self?self:window,'
    's=(new g.Error).stack;s&&((g._sentryDebugIds=g._sentryDebugIds||{{}})[s]="{id}")}}catch(e){{}}}}();'
)
_BLANK = re.compile(rb"\s+|//[^\n]*|/\*[\s\S]*?\*/")
_DIRECTIVE = re.compile(rb"""(?:"use [a-z ]+"|'use [a-z ]+')(?=\s*(?:;|\r?\n|$))[ \t]*;?""")
_BOM = b"\xef\xbb\xbf"
_TEMPORARY = ".farside-tmp"


def inject(script: Script) -> tuple[str, bool]:
    """Injects into one script that has a map; returns its debug ID and whether files changed. Raises BuildError.

    Repeatable: a script that registers an ID already keeps it. Killed between the two files, the next run finishes.
    """
    assert script.map is not None
    _finish_interrupted(script.path, script.map)
    code, content = script.path.read_bytes(), read_map(script.map)
    known = debug_id(code)
    if known and code.lower().count(known.encode()) > 1:  # once in the comment, once more in code that registers it
        return known, _agree(script, script.map, content, known)
    if map_debug_id(content) and not known:
        raise BuildError(f"{script.map} has a debug ID, {script.path.name} has none: not of one build; build again")
    identity = known or _identity(code, script.map.read_bytes())
    new_code, line = _with_snippet(code, identity)
    new_map = {**shifted(content, line), "debugId": identity, "debug_id": identity}
    _replace_both(script.path, new_code if known else _with_comment(new_code, identity), script.map, new_map)
    return identity, True


def shifted(content: Mapping[str, Any], line: int) -> dict[str, Any]:
    """A map whose script got one more line at `line` (0-based)."""
    if "sections" not in content:
        lines = str(content["mappings"]).split(";")
        before = lines[:line] + [""] * (line - len(lines))
        return {**content, "mappings": ";".join([*before, "", *lines[line:]])}
    return {**content, "sections": [_shifted_section(section, line) for section in content["sections"]]}


def _shifted_section(section: Mapping[str, Any], line: int) -> dict[str, Any]:
    offset = section["offset"]
    if offset["line"] >= line:
        return {**section, "offset": {**offset, "line": offset["line"] + 1}}
    return {**section, "map": shifted(section["map"], line - offset["line"])}


def _identity(code: bytes, map_bytes: bytes) -> str:
    """The same build gets the same ID on every machine; another map for the same code gets another."""
    digest = hashlib.sha256(hashlib.sha256(code).digest() + hashlib.sha256(map_bytes).digest()).digest()
    return str(uuid.UUID(bytes=digest[:16], version=5))


def _with_snippet(code: bytes, identity: str) -> tuple[bytes, int]:
    """`code` with the registering line in front, and the number of that line.

    A byte order mark and a `#!` line stay first. Directives ("use strict") count only as the first statements: they
    are repeated before the snippet, so that the code's own lines stay as they are.
    """
    bom = _BOM if code.startswith(_BOM) else b""
    body = code[len(bom) :]
    hashbang = body[: body.find(b"\n") + 1] if body.startswith(b"#!") else b""
    body = body[len(hashbang) :]
    snippet = _directives(body) + _SNIPPET.format(id=identity).encode() + b"\n"
    return bom + hashbang + snippet + body, 1 if hashbang else 0


def _directives(code: bytes) -> bytes:
    found, place = [], 0
    while match := _BLANK.match(code, place) or _DIRECTIVE.match(code, place):
        if match.re is _DIRECTIVE:
            found.append(match[0].rstrip(b"; \t") + b";")
        place = match.end()
    return b"".join(found)


def _with_comment(code: bytes, identity: str) -> bytes:
    return code + (b"" if code.endswith(b"\n") else b"\n") + f"//# debugId={identity}\n".encode()


def _agree(script: Script, map_path: Path, content: dict[str, Any], identity: str) -> bool:
    """Completes the map of an injected script with the ID; its mappings were shifted when that was injected."""
    carried = map_debug_id(content)
    if carried and carried != identity:
        raise BuildError(f"{script.path} has debug ID {identity}, its map {carried}: not of one build; build again")
    if content.get("debugId") and content.get("debug_id"):
        return False
    _write(map_path, _dump({**content, "debugId": identity, "debug_id": identity}))
    return True


def _replace_both(path: Path, code: bytes, map_path: Path, content: Mapping[str, Any]) -> None:
    """Both files are complete beside the old ones before the first is renamed: see `_finish_interrupted`."""
    _beside(path).write_bytes(code)
    _beside(path).chmod(path.stat().st_mode)
    _write(map_path, _dump(content))
    _beside(path).replace(path)


def _write(path: Path, data: bytes) -> None:
    _beside(path).write_bytes(data)
    _beside(path).replace(path)


def _finish_interrupted(path: Path, map_path: Path) -> None:
    new_code, new_map = _beside(path), _beside(map_path)
    half_done = new_code.exists() and not new_map.exists()
    if half_done and debug_id(new_code.read_bytes()) == map_debug_id(read_map(map_path)):
        new_code.replace(path)
    new_code.unlink(missing_ok=True)
    new_map.unlink(missing_ok=True)


def _beside(path: Path) -> Path:
    return path.with_name(path.name + _TEMPORARY)


def _dump(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode()
