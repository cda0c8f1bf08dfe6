"""Uploads bundles by Sentry's chunk protocol: only the chunks that the server lacks, then assemble and wait."""

import gzip
import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO
from urllib.parse import quote, urlsplit

from edge.send import Away, Backoff, Client
from edge.sourcemaps.bundle import Target

_TRIES = 4
_MOST_PAUSE_S = 5.0


class UploadError(Exception):
    """The server did not take the upload; the message says why."""


@dataclass(frozen=True)
class Limits:
    """What the server's chunk-upload endpoint takes."""

    path: str
    chunk_bytes: int
    chunks_per_request: int
    request_bytes: int
    file_bytes: int
    takes_gzip: bool


class Uploader:
    """Uploads to one organisation. Its methods raise UploadError and SendError."""

    def __init__(self, client: Client, target: Target, wait_s: float = 300.0) -> None:
        self._client, self._target, self._wait_s = client, target, wait_s
        self._base = f"/api/0/organizations/{quote(target.org, safe='')}"

    def limits(self) -> Limits:
        """Asks the server for its limits."""
        answer = self._patiently(lambda: self._client.get(f"{self._base}/chunk-upload/"))
        try:
            if "artifact_bundles" not in answer["accept"]:
                raise UploadError("the server takes no artifact bundles; is it a Farside server?")
            return Limits(
                path=_own_path(answer["url"], self._client.server),
                chunk_bytes=int(answer["chunkSize"]),
                chunks_per_request=int(answer["chunksPerRequest"]),
                request_bytes=int(answer["maxRequestSize"]),
                file_bytes=int(answer.get("maxFileSize") or 2**31),
                takes_gzip="gzip" in answer.get("compression", []),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise UploadError(f"the server's upload limits are unreadable ({error!r})") from error

    def upload(self, bundle: BinaryIO, limits: Limits) -> str:
        """Uploads one bundle; returns when it is taken in: "ok", or "created" when that lasts longer than the wait."""
        checksum, in_order = _digest(bundle, limits.chunk_bytes)
        chunks = dict(in_order)
        request = self._assemble_request(checksum, [chunk for chunk, _ in in_order])
        answer = self._assemble(request)
        for _ in range(_TRIES):
            if answer["state"] != "not_found":
                return self._await(request, answer)
            missing = [(chunk, chunks[chunk]) for chunk in answer.get("missingChunks", []) if chunk in chunks]
            self._send_chunks(bundle, missing, limits)
            answer = self._assemble(request)
        raise UploadError("the server keeps asking for chunks that it was sent")

    def _assemble_request(self, checksum: str, chunks: Sequence[str]) -> dict[str, Any]:
        request = {
            "checksum": checksum,
            "chunks": chunks,
            "projects": [self._target.project],
            "version": self._target.release,
        }
        return {**request, "dist": self._target.dist} if self._target.dist else request

    def _assemble(self, request: dict[str, Any]) -> dict[str, Any]:
        answer = self._patiently(lambda: self._client.post(f"{self._base}/artifactbundle/assemble/", request))
        if not isinstance(answer, dict) or "state" not in answer:
            raise UploadError("the server's answer to assemble has no state")
        return answer

    def _await(self, request: dict[str, Any], answer: dict[str, Any]) -> str:
        end, pause_s = time.monotonic() + self._wait_s, 0.2
        while answer["state"] in ("created", "assembling") and time.monotonic() < end:
            time.sleep(pause_s)
            pause_s = min(pause_s * 1.5, _MOST_PAUSE_S)
            answer = self._assemble(request)
        if answer["state"] in ("error", "not_found"):
            raise UploadError(f"the server refused the bundle: {answer.get('detail') or answer['state']}")
        return str(answer["state"])

    def _send_chunks(self, bundle: BinaryIO, chunks: Sequence[tuple[str, int]], limits: Limits) -> None:
        per_request = max(1, min(limits.chunks_per_request, limits.request_bytes // limits.chunk_bytes))
        for first in range(0, len(chunks), per_request):
            parts = [_part(bundle, *chunk, limits) for chunk in chunks[first : first + per_request]]
            self._patiently(partial(self._client.request, "POST", limits.path, files=parts))

    def _patiently(self, request: Callable[[], Any]) -> Any:
        """The request's answer, tried a few times while the server is away; raises what it raised last."""
        backoff = Backoff(most_s=10.0)
        for _ in range(_TRIES - 1):
            try:
                return request()
            except Away as away:
                time.sleep(backoff.wait_s(away.retry_after_s))
        return request()


def _digest(bundle: BinaryIO, chunk_bytes: int) -> tuple[str, list[tuple[str, int]]]:
    """Checksum of the whole, and checksum and offset of each chunk."""
    bundle.seek(0)
    whole, chunks, offset = hashlib.sha1(usedforsecurity=False), [], 0
    while chunk := bundle.read(chunk_bytes):
        whole.update(chunk)
        chunks.append((hashlib.sha1(chunk, usedforsecurity=False).hexdigest(), offset))
        offset += len(chunk)
    return whole.hexdigest(), chunks


def _part(bundle: BinaryIO, checksum: str, offset: int, limits: Limits) -> tuple[str, tuple[str, bytes, str]]:
    bundle.seek(offset)
    chunk = bundle.read(limits.chunk_bytes)
    field, content = ("file_gzip", gzip.compress(chunk, 6, mtime=0)) if limits.takes_gzip else ("file", chunk)
    return field, (checksum, content, "application/octet-stream")


def _own_path(url: str, server: str) -> str:
    """The path of the server's upload URL. The token goes to the server that the user named, and nowhere else."""
    return urlsplit(url).path.removeprefix(urlsplit(server).path)
