"""Artifact bundles: 8 bytes of header and a zip with the build's files and a manifest that describes them."""

import hashlib
import json
import os
import uuid
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from edge.sourcemaps.build import Script, debug_id

MAGIC = b"SYSB\x02\0\0\0"
_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # a fixed time stamp: the same build makes the same bundle


@dataclass(frozen=True)
class Target:
    """Whom a bundle is for."""

    org: str
    project: str
    release: str
    dist: str | None = None


@dataclass(frozen=True)
class File:
    """One entry of a bundle: file on disk, its URL, its type in the manifest and its headers."""

    path: Path
    url: str
    type: str
    headers: dict[str, str]


def files_of(scripts: Sequence[Script], folder: Path, url_prefix: str) -> list[list[File]]:
    """Each script with its map, as entries that must stay together."""
    prefix = url_prefix.rstrip("/") + "/"
    return [list(_entries(script, folder, prefix)) for script in scripts]


def divide(groups: Sequence[list[File]], most_bytes: int) -> list[list[File]]:
    """Groups packed in order into bundles of at most about `most_bytes` before compression."""
    bundles: list[list[File]] = [[]]
    room = most_bytes
    for group in groups:
        size = sum(file.path.stat().st_size for file in group)
        if size > room and bundles[-1]:
            bundles.append([])
            room = most_bytes
        bundles[-1] += group
        room -= size
    return bundles


def write_bundle(files: Sequence[File], target: Target, out: BinaryIO) -> None:
    """Writes the bundle of `files` to `out`."""
    out.write(MAGIC)
    entries: dict[str, dict[str, Any]] = {}
    checksum = hashlib.sha256()
    with zipfile.ZipFile(out, "w") as archive:
        for file in files:
            content = file.path.read_bytes()
            checksum.update(hashlib.sha256(content).digest())
            entries[entry_name(file.url)] = {"type": file.type, "url": file.url, "headers": file.headers}
            _add(archive, entry_name(file.url), content)
        manifest = _manifest(entries, target, checksum.digest())
        _add(archive, "manifest.json", json.dumps(manifest, separators=(",", ":")).encode())


def entry_name(url: str) -> str:
    """Place in the zip by URL: `~/a.js` goes to `files/_/_/a.js`, `https://h/a.js` to `files/https/h/a.js`."""
    return "files/" + ("_/_/" + url[2:] if url.startswith("~/") else url.replace("://", "/", 1))


def _manifest(entries: dict[str, dict[str, Any]], target: Target, checksum: bytes) -> dict[str, Any]:
    manifest: dict[str, Any] = {"debug_id": str(uuid.UUID(bytes=checksum[:16], version=5)), "files": entries}
    manifest |= {"org": target.org, "project": target.project, "release": target.release}
    return manifest | ({"dist": target.dist} if target.dist else {})


def _entries(script: Script, folder: Path, prefix: str) -> Iterator[File]:
    identity = debug_id(script.path.read_bytes())
    headers = {"debug-id": identity} if identity else {}
    url = prefix + script.path.relative_to(folder).as_posix()
    if script.map is None:
        yield File(script.path, url, "minified_source", headers)
        return
    reference = Path(os.path.relpath(script.map, script.path.parent)).as_posix()
    map_url = prefix + Path(os.path.relpath(script.map, folder)).as_posix()
    yield File(script.path, url, "minified_source", {**headers, "sourcemap": reference})
    yield File(script.map, map_url, "source_map", headers)


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name, _LONG_AGO), content, compress_type=zipfile.ZIP_DEFLATED)
