"""Reads artifact bundles, which anybody with a token may have made: everything in them is bounded and checked."""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec

from monitor.pipeline.sourcemaps.uploaded_file import KINDS, UploadedFile, complaint, describe

MAX_FILES = 20_000
MAX_FILE_BYTES = 128_000_000
MAX_TOTAL_BYTES = 2_000_000_000
MAX_MANIFEST_BYTES = 8_000_000
MAX_RATIO = 200
"""Texts get ten times smaller; what gets smaller than this was made to fill memories."""
_RATIO_FROM_BYTES = 1_000_000
MAX_DIRECTORY_BYTES = 8_000_000
MAX_PROBLEMS = 20
_END = struct.Struct("<4s4H2LH")
_LOCATOR_BYTES = 20
_UNREADABLE = (
    *(zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, struct.error),
    msgspec.DecodeError,
)


class _Manifest(msgspec.Struct):
    files: dict[str, msgspec.Raw]


_MANIFEST = msgspec.json.Decoder(_Manifest)


class BundleRefused(Exception):
    """A bundle that cannot be used; the text says why."""


class Bundle:
    """An opened bundle. `problems` grows while the files are read; what it names was left out or is of no use."""

    def __init__(self, file: BinaryIO) -> None:
        """Open a bundle: `SYSB`, a version, a zip with a manifest. Raises BundleRefused."""
        self.problems: list[str] = []
        self._left_out = 0
        if file.read(4) != b"SYSB":
            raise BundleRefused("it is no artifact bundle: the first bytes are not SYSB")
        _check_directory(file)
        try:
            self._zip = zipfile.ZipFile(file)
            self._check_sizes(file.seek(0, 2))
            self._entries = self._read_manifest()
        except _UNREADABLE as error:
            raise BundleRefused(f"its zip cannot be read: {error}") from None

    def _check_sizes(self, size: int) -> None:
        """Refuse what its list of contents shows to be a bomb. zipfile reads no more of an entry than is said there."""
        entries = self._zip.infolist()
        if sum(entry.compress_size for entry in entries) > size:
            raise BundleRefused("the files in its zip overlap, as only a zip bomb's do")
        if sum(entry.file_size for entry in entries) > MAX_TOTAL_BYTES:
            raise BundleRefused(f"its files are larger than {MAX_TOTAL_BYTES:,} bytes together")

    def files(self) -> Iterator[UploadedFile]:
        """The files one by one, those that cannot be used left out."""
        for name, entry in self._entries.items():
            try:
                content = self._read(name, MAX_FILE_BYTES)
                found = describe(*_described(msgspec.json.decode(entry), content))
            except _UNREADABLE as error:
                self._note(f"{name[:200]}: {error}")
                continue
            for file in found:
                if why := complaint(file):
                    self._note(why)
                yield file

    def detail(self) -> str:
        """The problems as one text."""
        more = self._left_out - len(self.problems)
        return "\n".join(self.problems) + (f"\nand {more} more" if more else "")

    def _note(self, problem: str) -> None:
        self._left_out += 1
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(problem)

    def _read_manifest(self) -> dict[str, msgspec.Raw]:
        """`files` of the manifest: name in the zip -> what it is, yet to be read."""
        try:
            files = _MANIFEST.decode(self._read("manifest.json", MAX_MANIFEST_BYTES)).files
        except RecursionError:
            raise BundleRefused("its manifest.json is nested too deeply") from None
        except msgspec.ValidationError as error:
            raise BundleRefused(f"its manifest.json has no `files` as they should be: {error}") from None
        if len(files) > MAX_FILES:
            raise BundleRefused(f"its manifest.json names more than {MAX_FILES:,} files")
        return files

    def _read(self, name: str, most: int) -> bytes:
        """The bytes of an entry, whatever size it claims. Raises ValueError and what zipfile raises."""
        try:
            info = self._zip.getinfo(name)
        except KeyError:
            raise ValueError(f"{name[:200]} is missing from the zip") from None
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ValueError("it is compressed by a method other than deflate")
        if info.file_size > most:
            raise ValueError(f"it is larger than {most:,} bytes")
        if info.file_size > max(_RATIO_FROM_BYTES, MAX_RATIO * info.compress_size):
            raise ValueError(f"it unpacks to more than {MAX_RATIO} times its size, as only a zip bomb does")
        with self._zip.open(info) as file:
            return file.read()


def _described(entry: Any, content: bytes) -> tuple[str, bytes, dict[str, object], str]:
    """URL, content, headers and kind of a manifest's entry; ValueError when they make no sense."""
    if not isinstance(entry, dict) or not isinstance(entry.get("url"), str) or not entry["url"]:
        raise ValueError("the manifest gives it no url")
    if entry.get("type") not in KINDS:
        raise ValueError(f"files of the type {str(entry.get('type'))[:40]!r} are of no use here")
    headers = entry.get("headers")
    return entry["url"], content, headers if isinstance(headers, dict) else {}, entry["type"]


def _check_directory(file: BinaryIO) -> None:
    """Refuse a zip whose list of contents alone would fill the memory, before zipfile reads that list."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _END.size - _LOCATOR_BYTES))
    tail = file.read()
    if len(tail) < _END.size or not tail[-_END.size :].startswith(b"PK\5\6"):
        raise BundleRefused("it is cut short: it does not end as a zip does")
    *_, directory_bytes, _, comment = _END.unpack(tail[-_END.size :])
    if tail.startswith(b"PK\6\7") or comment or directory_bytes > MAX_DIRECTORY_BYTES:
        raise BundleRefused(f"its zip lists too many files; at most {MAX_FILES:,} are read")
