"""Five real source maps, of packages from npm that esbuild bundles, and the positions that readers are asked about."""

import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

VERSIONS = {
    "@jridgewell/trace-mapping": "0.3.31",
    "d3": "7.9.0",
    "esbuild": "0.25.10",
    "react": "19.1.1",
    "react-dom": "19.1.1",
    "three": "0.180.0",
    "typescript": "5.9.3",
}
ENTRIES = {  # name -> its source, and whether it is minified
    "selection": ('export * from "d3-selection"; export * from "d3-timer"', True),
    "d3": ('export * from "d3"', True),
    "react": ('export * from "react-dom/client"; export * from "react"', False),
    "three": ('export * from "three/webgpu"; export * as dom from "react-dom/client"', True),
    "typescript": ('import ts from "typescript"; console.log(ts.version)', True),
}
POSITIONS = 10_000
PAST_THE_END = 20
"""Columns past the end of their line are asked for, too."""

Position = tuple[int, int]


@dataclass(frozen=True)
class RealMap:
    """A script's map, and random positions of the script: lines and UTF-16 columns from 0."""

    name: str
    path: Path
    positions: list[Position]


def cache() -> Path:
    """The folder of the user's cache that benchmarks keep their peers in."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "farside-bench"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def installed() -> Path:
    """The folder of the npm packages; installs them when they are missing, and makes the bundles."""
    folder = cache() / f"maps-{hashlib.sha256(repr((VERSIONS, ENTRIES)).encode()).hexdigest()[:8]}"
    if not (folder / "installed").exists():
        print(f"installing npm packages into {folder} …", flush=True)
        folder.mkdir(exist_ok=True)
        (folder / "package.json").write_text(json.dumps({"private": True, "dependencies": VERSIONS}))
        subprocess.run([_tool("npm"), "install", "--silent", "--no-audit", "--no-fund"], cwd=folder, check=True)
        for name, (source, is_minified) in ENTRIES.items():
            _bundle(folder, name, source, is_minified)
        (folder / "installed").touch()
    return folder


def real_maps() -> list[RealMap]:
    """The maps, smallest first."""
    folder = installed() / "out"
    found = [RealMap(name, folder / f"{name}.js.map", _positions(folder / f"{name}.js")) for name in ENTRIES]
    return sorted(found, key=lambda one: one.path.stat().st_size)


def trace(maps: list[RealMap], answers: Path) -> None:
    """Let npm's trace-mapping answer all positions; `answers` becomes {name: [answer, …]}."""
    asked = {one.name: {"map": str(one.path), "positions": one.positions} for one in maps}
    script = Path(__file__).with_name("trace_maps.mjs").read_text(encoding="utf-8")
    command = [_tool("node"), "--input-type=module", "--eval", script, str(answers)]
    subprocess.run(command, cwd=installed(), input=json.dumps(asked), text=True, check=True)


def _bundle(folder: Path, name: str, source: str, is_minified: bool) -> None:
    options = ["--bundle", "--format=esm", "--platform=node", "--sourcemap=external", "--log-level=error"]
    command = [str(folder / "node_modules" / ".bin" / "esbuild"), *options, f"--outfile=out/{name}.js"]
    subprocess.run([*command, *["--minify"] * is_minified], cwd=folder, input=source, text=True, check=True)


def _tool(name: str) -> str:
    """A program of Node's, preferably of this environment."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    found = shutil.which(name, path=path)
    if not found:
        raise SystemExit(f"the benchmark needs {name}: `make javascript` installs Node into .venv")
    return found


def _positions(script: Path) -> list[Position]:
    """Random positions, each of the script's characters being as likely as the others."""
    rng = random.Random(4)
    widths = [len(line.encode("utf-16-le")) // 2 for line in script.read_text(encoding="utf-8").split("\n")]
    lines = rng.choices(range(len(widths)), weights=[width + 1 for width in widths], k=POSITIONS)
    return [(line, rng.randrange(widths[line] + PAST_THE_END)) for line in lines]
