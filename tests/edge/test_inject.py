"""Injection: same ID in script and map, positions kept, code kept, a second run changes nothing."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import sourcemap

from edge.sourcemaps.build import BuildError, Script, debug_id, find_scripts, map_debug_id, read_map
from edge.sourcemaps.inject import inject

CODE = b'(()=>{function t(r){throw new Error(r+"!")}\nt("boom")})();\n'
MAP = {
    "version": 3,
    "sources": ["../src/b.js", "../src/a.js"],
    "names": ["shout", "text"],
    "mappings": "MACA,SAASA,EAAQC;ACAjBA,EAAM",
}


def build(folder: Path, code: bytes = CODE, source_map: dict[str, Any] = MAP, name: str = "app.js") -> Script:
    (folder / name).write_bytes(code + f"//# sourceMappingURL={name}.map\n".encode())
    (folder / f"{name}.map").write_text(json.dumps(source_map))
    return find_scripts(folder)[0]


def tokens(source_map: dict[str, Any], down: int = 0) -> list[tuple[Any, ...]]:
    found = sourcemap.loads(json.dumps(source_map))
    return [(t.dst_line + down, t.dst_col, t.src, t.src_line, t.src_col, t.name) for t in found]


def test_script_and_map_get_the_same_id(tmp_path: Path) -> None:
    script = build(tmp_path)
    identity, changed = inject(script)
    assert changed
    code = script.path.read_text()
    assert code.endswith(f"//# sourceMappingURL=app.js.map\n//# debugId={identity}\n")
    assert code.splitlines()[1:3] == CODE.decode().splitlines()
    source_map = json.loads((tmp_path / "app.js.map").read_text())
    assert (source_map["debugId"], source_map["debug_id"]) == (identity, identity)


def test_positions_after_injection_are_those_before_one_line_down(tmp_path: Path) -> None:
    script = build(tmp_path)
    inject(script)
    assert tokens(read_map(tmp_path / "app.js.map")) == tokens(MAP, down=1) != []


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    script = build(tmp_path)
    first = inject(script)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert inject(find_scripts(tmp_path)[0]) == (first[0], False)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_the_same_build_gets_the_same_id_another_map_another(tmp_path: Path) -> None:
    identities = []
    for name, source_map in (("a", MAP), ("b", MAP), ("c", {**MAP, "names": ["other", "text"]})):
        (tmp_path / name).mkdir()
        identities.append(inject(build(tmp_path / name, source_map=source_map))[0])
    assert identities[0] == identities[1] != identities[2]


@pytest.mark.parametrize(
    ("code", "head"),
    [
        (b'"use strict";var a=1;\n', b'"use strict";!function'),
        (b"/*! licence */\n'use client'\n'use strict'\nvar a\n", b"'use client';'use strict';!function"),
        (b'"use strict"+1;\n', b"!function"),
        (b'#!/usr/bin/env node\n"use strict";var a\n', b'#!/usr/bin/env node\n"use strict";!function'),
        (b"\xef\xbb\xbfvar a\n", b"\xef\xbb\xbf!function"),
        (b"  " * 50_000 + b"var a\n", b"!function"),
    ],
)
def test_what_must_stay_first_stays_first(tmp_path: Path, code: bytes, head: bytes) -> None:
    script = build(tmp_path, code)
    inject(script)
    assert script.path.read_bytes().startswith(head)
    assert code.removeprefix(b"\xef\xbb\xbf").removeprefix(b"#!/usr/bin/env node\n") in script.path.read_bytes()


def test_below_a_hashbang_only_what_follows_moves(tmp_path: Path) -> None:
    source_map = {**MAP, "mappings": ";AACA,SAASA;ACAjBA"}
    inject(build(tmp_path, b"#!/usr/bin/env node\n" + CODE, source_map))
    assert read_map(tmp_path / "app.js.map")["mappings"] == ";;AACA,SAASA;ACAjBA"


def test_an_index_map_moves_its_sections(tmp_path: Path) -> None:
    sections = [{"offset": {"line": line, "column": 0}, "map": MAP} for line in (0, 5)]
    inject(build(tmp_path, b"#!/usr/bin/env node\n" + CODE, {"version": 3, "sections": sections}))
    first, second = read_map(tmp_path / "app.js.map")["sections"]
    assert first["offset"]["line"] == 0
    assert first["map"]["mappings"] == "MACA,SAASA,EAAQC;;ACAjBA,EAAM"
    assert (second["offset"]["line"], second["map"]) == (6, MAP)


def test_an_id_that_the_bundler_wrote_is_kept_and_registered(tmp_path: Path) -> None:
    identity = "85314830-023f-4cf1-a267-535f4e37bb17"
    script = build(tmp_path, CODE + f"//# debugId={identity.upper()}\n".encode(), {**MAP, "debugId": identity})
    assert inject(script) == (identity, True)
    assert f'="{identity}"' in script.path.read_text()
    assert script.path.read_text().count("//# debugId=") == 1
    assert inject(script) == (identity, False)


def test_a_map_of_another_build_is_refused(tmp_path: Path) -> None:
    script = build(tmp_path)
    inject(script)
    (tmp_path / "app.js.map").write_text(json.dumps({**MAP, "debugId": "85314830-023f-4cf1-a267-535f4e37bb17"}))
    with pytest.raises(BuildError, match="not of one build; build again"):
        inject(script)


def test_a_rebuilt_script_with_an_old_map_is_refused(tmp_path: Path) -> None:
    script = build(tmp_path)
    inject(script)
    script.path.write_bytes(CODE)
    with pytest.raises(BuildError, match="not of one build"):
        inject(script)


def test_a_run_killed_between_both_files_is_finished_by_the_next(tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    (tmp_path / "killed").mkdir()
    whole, killed = build(tmp_path / "whole"), build(tmp_path / "killed")
    identity, _ = inject(whole)
    shutil.copy(tmp_path / "whole/app.js.map", tmp_path / "killed/app.js.map")
    shutil.copy(whole.path, tmp_path / "killed/app.js.farside-tmp")
    assert inject(killed) == (identity, False)
    assert killed.path.read_bytes() == whole.path.read_bytes()
    assert sorted(path.name for path in (tmp_path / "killed").iterdir()) == ["app.js", "app.js.map"]


def test_a_run_killed_before_the_map_begins_anew(tmp_path: Path) -> None:
    script = build(tmp_path)
    (tmp_path / "app.js.farside-tmp").write_bytes(b"half")
    (tmp_path / "app.js.map.farside-tmp").write_bytes(b"half")
    identity, changed = inject(script)
    assert changed
    assert debug_id(script.path.read_bytes()) == map_debug_id(read_map(tmp_path / "app.js.map")) == identity


def test_lone_surrogates_and_the_guard_line_survive(tmp_path: Path) -> None:
    script = build(tmp_path)
    content = json.dumps({**MAP, "sourcesContent": ["'\ud800 ü'", None]})
    (tmp_path / "app.js.map").write_bytes(b"\xef\xbb\xbf)]}'\n" + content.encode())
    inject(script)
    assert read_map(tmp_path / "app.js.map")["sourcesContent"][0] == "'\ud800 ü'"


@pytest.mark.parametrize("content", ["<html>", "[]", '{"version": 2}', '{"version": 3}', "[" * 100_000])
def test_what_is_no_map_is_told(tmp_path: Path, content: str) -> None:
    script = build(tmp_path)
    (tmp_path / "app.js.map").write_text(content)
    with pytest.raises(BuildError, match=r"app\.js\.map is not a source map"):
        inject(script)
    assert script.path.read_bytes().startswith(CODE)


@pytest.mark.skipif(not shutil.which("node"), reason="needs Node")
@pytest.mark.parametrize("name", ["app.cjs", "app.mjs"])
def test_injected_code_runs_and_registers_its_id(tmp_path: Path, name: str) -> None:
    code = b'"use strict";globalThis.strict=(function(){return this===undefined})();\n'
    code += b"process.stdout.write(JSON.stringify([strict,globalThis._sentryDebugIds]));\n"
    script = build(tmp_path, code, name=name)
    identity, _ = inject(script)
    ran = subprocess.run(["node", str(script.path)], capture_output=True, check=True, text=True)
    strict, registered = json.loads(ran.stdout)
    assert strict is True
    ((stack, found),) = registered.items()
    assert (found, name in stack) == (identity, True)
