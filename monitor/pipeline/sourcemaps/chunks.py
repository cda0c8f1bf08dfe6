"""Uploaded chunks in file storage: one file each, named by SHA-1, per organisation, for a day."""

import hashlib
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import BinaryIO

from django.core.files.storage import default_storage
from django.utils import timezone

from monitor.models import Organisation
from monitor.pipeline.sourcemaps.blobs import save_once

CHUNK_BYTES = 8 << 20
KEPT = timedelta(days=1)
"""How long a chunk waits for its bundle; an interrupted upload goes on within this time."""
_DIGEST = re.compile(r"[0-9a-f]{40}")


class ChunksRefused(Exception):
    """Chunks that do not make what they were said to make; the text says why."""


def is_digest(text: str) -> bool:
    """Whether the text is a SHA-1 in lower-case hexadecimal digits."""
    return _DIGEST.fullmatch(text) is not None


def store_chunk(organisation_id: int, digest: str, content: bytes) -> None:
    """Keep a chunk. Raises ChunksRefused unless `digest` is its SHA-1."""
    found = hashlib.sha1(content, usedforsecurity=False).hexdigest()
    if found != digest:
        raise ChunksRefused(f"a chunk named {digest[:60]!r} has the SHA-1 {found}; it was damaged on the way")
    save_once(_path(organisation_id, digest), content)


def missing_chunks(organisation_id: int, digests: Sequence[str]) -> list[str]:
    """Those of the chunks that are yet to be sent, each once, in order."""
    return [digest for digest in dict.fromkeys(digests) if not default_storage.exists(_path(organisation_id, digest))]


@contextmanager
def joined(organisation_id: int, digests: Sequence[str], checksum: str) -> Iterator[BinaryIO]:
    """The chunks as one temporary file. Raises ChunksRefused when one is gone or the whole is not `checksum`."""
    whole = hashlib.sha1(usedforsecurity=False)
    with tempfile.TemporaryFile() as file:
        for digest in digests:
            try:
                with default_storage.open(_path(organisation_id, digest)) as chunk:
                    content = chunk.read()
            except FileNotFoundError:
                raise ChunksRefused(f"the chunk {digest} is not stored any more; send the upload again") from None
            whole.update(content)
            file.write(content)
        if whole.hexdigest() != checksum:
            raise ChunksRefused(f"the chunks together have the SHA-1 {whole.hexdigest()}, not {checksum}")
        file.seek(0)
        yield file


def drop_old() -> None:
    """Delete every organisation's chunks that no upload came back for."""
    for organisation_id in Organisation.objects.values_list("id", flat=True):
        drop_old_chunks(organisation_id)


def drop_old_chunks(organisation_id: int, now: datetime | None = None) -> int:
    """Delete an organisation's chunks that are older than a day; return how many."""
    folder = f"chunks/{organisation_id}"
    try:
        names = default_storage.listdir(folder)[1]
    except FileNotFoundError:
        return 0
    oldest = (now or timezone.now()) - KEPT
    old = [name for name in names if default_storage.get_modified_time(f"{folder}/{name}") < oldest]
    for name in old:
        default_storage.delete(f"{folder}/{name}")
    return len(old)


def _path(organisation_id: int, digest: str) -> str:
    return f"chunks/{organisation_id}/{digest}"
