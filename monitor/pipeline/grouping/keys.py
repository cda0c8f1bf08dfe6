"""The keys of an event, strongest first, from what went wrong and where."""

import hashlib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from monitor.pipeline.grouping.place import NOWHERE, Place
from monitor.pipeline.grouping.signature import Signature

VERSION = "2"
"""Stored with every fingerprint; a change of what keys are made of is a new version."""

Strength = Literal["strong", "weak"]
Use = Literal["both", "looked up", "registered"]


class Key(NamedTuple):
    """`digest` is SHA-256 in hexadecimal, `components` say readably what it was made of.

    `use` says which side of a match the key serves: an event may look an issue up by evidence that it does not itself
    register, and the other way round.
    """

    digest: str
    strength: Strength
    use: Use
    reason: str
    components: tuple[str, ...]

    @property
    def is_looked_up(self) -> bool:
        """Whether the event joins the issue that owns it."""
        return self.use != "registered"

    @property
    def is_registered(self) -> bool:
        """Whether the event's issue comes to own it."""
        return self.use != "looked up"


def make_key(
    space: str,
    parts: Sequence[str],
    reason: str,
    strength: Strength = "strong",
    use: Use = "both",
    version: str = VERSION,
) -> Key:
    """A key; keys of different spaces never meet."""
    made = "\x00".join([version, *([space] if space else []), *parts]).encode("utf-8", "replace")
    return Key(hashlib.sha256(made).hexdigest(), strength, use, reason[:500], tuple(part for part in parts if part))


@lru_cache(maxsize=8192)
def keys_of(signature: Signature, place: Place) -> tuple[Key, ...]:
    """The keys of an exception."""
    what = (signature.kind, signature.detail)
    words = signature.words()
    found = (
        _placed(signature, place, what, words) if place.inner != NOWHERE else _unplaced(signature, place, what, words)
    )
    return tuple(found)


def _placed(signature: Signature, place: Place, what: tuple[str, str], words: str) -> Iterator[Key]:
    inner, caller = place.inner, place.caller
    here = f"{words}, in {inner.words()}"
    yield make_key("function and file", (*what, *inner), here)
    if inner.is_distinct:
        yield make_key("function", (*what, inner.function), f"{words}, in {inner.function}, whatever the file")
    if signature.is_telling and place.is_source:
        yield make_key("file", (*what, inner.file), f"{words}, in {inner.file}, whatever the function", "weak")
    if signature.own_type and place.is_source:
        yield make_key("own type", (signature.own_type, *inner), f"{signature.own_type} in {inner.words()}", "weak")
    if inner.is_distinct:
        yield make_key(
            "caller",
            (*what, inner.function),
            f"{words}, in what {inner.function} calls at its end",
            "weak",
            "looked up",
        )
    if caller.is_distinct:
        dropped = f"{words}, in {caller.function}, where an engine leaves out what it calls"
        yield make_key("function", (*what, caller.function), dropped, "weak", "looked up")
        yield make_key("caller", (*what, caller.function), dropped, "weak", "registered")
    if place.library != NOWHERE:
        yield make_key("library", (*what, *place.library), f"{words}, in {place.library.words()}", "weak", "registered")
    if signature.is_telling:
        yield make_key(
            "no place", what, f"{words}, without a place", "weak", "looked up" if place.is_source else "both"
        )
    yield make_key("any place", what, f"{words}, wherever it was", "weak", "registered")


def _unplaced(signature: Signature, place: Place, what: tuple[str, str], words: str) -> Iterator[Key]:
    if place.library != NOWHERE:
        here = f"{words}, in {place.library.words()}"
        yield make_key("library alone", (*what, *place.library), here)
        yield make_key("library", (*what, *place.library), here, "weak", "looked up")
        if not signature.is_telling:
            return
    bare = f"{words}, as the stack tells no place"
    yield make_key("no place", what, bare, "weak" if place.library != NOWHERE else "strong")
    yield make_key("any place", what, f"{words}, wherever it was", "weak", "looked up")
    if signature.own_type:
        yield make_key("own type alone", (signature.own_type,), f"{signature.own_type}, without a place", "weak")
