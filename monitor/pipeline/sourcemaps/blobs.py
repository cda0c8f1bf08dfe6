"""Bytes in file storage, named by what they are: content-addressed, zstd-compressed, written once."""

import hashlib

import zstandard
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage


class BlobMissing(Exception):
    """A blob that a row names is not in file storage."""


def put(content: bytes) -> str:
    """Store bytes and return their name, the SHA-256 of the content; what is there already is left alone."""
    digest = hashlib.sha256(content).hexdigest()
    save_once(_path(digest), zstandard.compress(content, 9))
    return digest


def get_packed(digest: str) -> bytes:
    """The bytes as they lie in storage, zstd-compressed. Raises BlobMissing."""
    try:
        with default_storage.open(_path(digest)) as file:
            return bytes(file.read())
    except FileNotFoundError:
        raise BlobMissing(digest) from None


def save_once(path: str, content: bytes) -> None:
    """Write a file whose name vouches for its content; one that a crash left half written is replaced."""
    if default_storage.exists(path):
        if default_storage.size(path) == len(content):
            return
        default_storage.delete(path)
    saved = default_storage.save(path, ContentFile(content))
    if saved != path:  # another process wrote the same content in between
        default_storage.delete(saved)


def _path(digest: str) -> str:
    return f"blobs/{digest[:2]}/{digest}"
