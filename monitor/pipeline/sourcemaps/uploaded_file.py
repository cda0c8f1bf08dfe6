"""What an uploaded file of a build is, and which source map it names."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from uuid import UUID

from monitor.pipeline.sourcemaps.find_map import parse_debug_id
from monitor.pipeline.trim import text

KINDS = ("minified_source", "source_map", "source")
_SCRIPTS = {".js", ".mjs", ".cjs", ".jsbundle", ".bundle"}
_TAIL_BYTES = 2000
_DEBUG_ID = re.compile(rb"//# debugId=([0-9a-fA-F-]{32,36})")
_MAP_DEBUG_ID = re.compile(rb'"debug_?[iI]d"\s*:\s*"([0-9a-fA-F-]{32,36})"')
_REFERENCE = b"sourceMappingURL="
_INLINE = ".inline.map"


@dataclass(frozen=True)
class UploadedFile:
    """One file of a build, under the URL it is served at (`~` for any host)."""

    kind: str
    url: str
    content: bytes
    debug_id: UUID | None = None
    source_map_url: str = ""


def describe(url: str, content: bytes, headers: Mapping[str, object], kind: str = "") -> list[UploadedFile]:
    """The file, with what its headers (`debug-id`, `sourcemap`, in any case) or else its content tell about it.

    A script that carries its map as a data: URL gives two files, the second being the map.
    """
    told = {str(name).lower(): str(value) for name, value in headers.items()}
    url, kind = text(url, 1000), kind or kind_of(url)
    debug_id = parse_debug_id(told.get("debug-id", "")) or debug_id_in(content, kind)
    if kind != "minified_source":
        return [UploadedFile(kind, url, content, debug_id)]
    reference = told.get("sourcemap") or told.get("x-sourcemap") or _reference_in(content)
    if not reference.startswith("data:"):
        return [UploadedFile(kind, url, content, debug_id, text(reference, 1000))]
    script = UploadedFile(kind, url, content, debug_id, url.rpartition("/")[2] + _INLINE)
    return [script, UploadedFile("source_map", url + _INLINE, reference.encode(), debug_id)]


def kind_of(url: str) -> str:
    """The kind that the name's suffix suggests."""
    suffix = PurePosixPath(url.partition("?")[0]).suffix.lower()
    return "source_map" if suffix == ".map" else "minified_source" if suffix in _SCRIPTS else "source"


def complaint(file: UploadedFile) -> str:
    """What is wrong with a source map at first sight; "" for nothing."""
    if file.kind != "source_map" or looks_like_map(file.content):
        return ""
    start = file.content[:200].removeprefix(b"\xef\xbb\xbf").lstrip()
    return f"{file.url} is no source map: it begins with {start[:20].decode('utf-8', 'replace')!r}"


def looks_like_map(content: bytes) -> bool:
    """Whether a file begins as a source map does: with an object, the prefix against JSON hijacking or a data: URL."""
    start = content[:200].removeprefix(b"\xef\xbb\xbf").lstrip()
    return start.startswith((b"{", b")]}", b"data:"))


def debug_id_in(content: bytes, kind: str) -> UUID | None:
    """The debug id that a script's comment or a map's field tells; None without one."""
    if kind == "source_map":
        return map_debug_id_in(content)
    found = _DEBUG_ID.search(content[-_TAIL_BYTES:])
    return parse_debug_id(found[1].decode()) if found else None


def map_debug_id_in(content: bytes) -> UUID | None:
    """The debug id in (a part of) a map."""
    found = _MAP_DEBUG_ID.search(content)
    return parse_debug_id(found[1].decode()) if found else None


def _reference_in(content: bytes) -> str:
    """What the last sourceMappingURL comment names; "" without one."""
    start = content.rfind(_REFERENCE)
    if start < 0 or content[max(0, start - 4) : start].strip() not in (b"//#", b"//@", b"/*#"):
        return ""
    words = content[start + len(_REFERENCE) :].split(maxsplit=1)
    return words[0].decode("utf-8", "replace").removesuffix("*/") if words else ""
