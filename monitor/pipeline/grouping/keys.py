"""The keys of an event, strongest first, from what went wrong and where."""

import hashlib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from monitor.pipeline.grouping.kinds import FRAMEWORK, LOSING_DETAIL
from monitor.pipeline.grouping.place import NOWHERE, Place
from monitor.pipeline.grouping.signature import Signature

VERSION = "2"
"""Stored with every fingerprint; a change of what keys are made of is a new version."""

Strength = Literal["strong", "weak"]
Use = Literal["both", "looked up", "registered"]


class Key(NamedTuple):
    """`digest` is SHA-256 in hexadecimal, `components` say readably what it was made of.

    `use` says which side of a match the key serves: an event may look an issue up by evidence that it does not itself
    register, and the other way round. `unless` is the digest of what speaks against the key: an issue that owns it
    too is not joined by the key; "" for none.
    """

    digest: str
    strength: Strength
    use: Use
    reason: str
    components: tuple[str, ...]
    unless: str = ""

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
    unless: str = "",
) -> Key:
    """A key; keys of different spaces never meet."""
    components = tuple(part for part in parts if part)
    return Key(digest_of(space, parts, version), strength, use, reason[:500], components, unless)


def digest_of(space: str, parts: Sequence[str], version: str = VERSION) -> str:
    """The digest of the key that make_key() would make."""
    made = "\x00".join([version, *([space] if space else []), *parts])
    return hashlib.sha256(made.encode("utf-8", "replace")).hexdigest()


@lru_cache(maxsize=1024)
def keys_of(signature: Signature, place: Place, release: str) -> tuple[Key, ...]:
    """The keys of an exception that was thrown in a release."""
    if place.inner == NOWHERE:
        return tuple(_unplaced(signature, place))
    return (*_here(signature, place), *_renamed(signature, place, release), *_lesser(signature, place))


def _here(signature: Signature, place: Place) -> Iterator[Key]:
    """What went wrong, in that function."""
    inner, words = place.inner, signature.words()
    yield make_key("function and file", (*signature.what, *inner), f"{words}, in {inner.words()}")
    if inner.is_distinct:
        reason = f"{words}, in {inner.function}, whatever the file"
        yield make_key("function", (*signature.what, inner.function), reason)


def _renamed(signature: Signature, place: Place, release: str) -> Iterator[Key]:
    """The same after the message was reworded, or the function renamed.

    An issue that was seen in this very release at another function of the file was not renamed: it is another fault.
    """
    inner, words = place.inner, signature.words()
    if signature.own_type and place.is_source:
        yield make_key("own type", (signature.own_type, *inner), f"{signature.own_type}, in {inner.words()}", "weak")
    if place.is_source and (release or signature.is_telling):
        reason = f"{words}, in {inner.file}, whatever the function"
        seen = make_key(
            "release", (*signature.what, inner.file, release), f"{reason}, in {release}", "weak", "registered"
        )
        yield make_key("file", (*signature.what, inner.file), reason, "weak", unless=seen.digest if release else "")
        if release:
            yield seen


def _lesser(signature: Signature, place: Place) -> Iterator[Key]:
    """What is shared with events that tell less: of another engine, without maps, without a stack."""
    inner, caller, words = place.inner, place.caller, signature.words()
    if inner.is_distinct:
        reason = f"{words}, in what {inner.function} calls at its end"
        yield make_key("caller", (*signature.what, inner.function), reason, "weak", "looked up")
        yield from _without_detail(signature, "function", inner.function)
    if caller.is_distinct:
        reason = f"{words}, in {caller.function}, where an engine leaves out what it calls"
        yield make_key("function", (*signature.what, caller.function), reason, "weak", "looked up")
        yield make_key("caller", (*signature.what, caller.function), reason, "weak", "registered")
    if place.library != NOWHERE:
        reason = f"{words}, in {place.library.words()}"
        known = make_key("library", (*signature.what, *place.library), reason, "weak", "registered")
        parts = (*signature.what, *place.library)
        yield make_key("library alone", parts, reason, "weak", "looked up", unless=known.digest)
        yield known
    anywhere = make_key("any place", signature.what, f"{words}, wherever it was", "weak", _anywhere(signature, place))
    yield make_key("no place", signature.what, f"{words}, without a place", "weak", "looked up", unless=anywhere.digest)
    yield anywhere
    if not place.is_source:
        yield from _telling_type(signature)


def _anywhere(signature: Signature, place: Place) -> Use:
    """A text or property that stands once in an application finds its issue where the place has no lasting name."""
    is_nameless = not place.inner.function or not place.is_source
    return "both" if signature.is_telling and is_nameless else "registered"


def _without_detail(signature: Signature, space: str, where: str) -> Iterator[Key]:
    """For an engine that leaves out which property, variable or file it was about; `space` is that of its own key."""
    if not (signature.is_engines or signature.kind in LOSING_DETAIL):
        return
    place = (where,) if where else ()
    reason = f"{signature.kind}, in {where or 'any place'}, whatever it was about"
    if not signature.detail:
        yield make_key("any detail", (signature.kind, *place), reason, "weak", "looked up")
        return
    known = make_key("any detail", (signature.kind, *place), reason, "weak", "registered")
    yield make_key(space, (signature.kind, "", *place), reason, "weak", "looked up", unless=known.digest)
    yield known


def _telling_type(signature: Signature) -> Iterator[Key]:
    if signature.has_telling_type:
        yield make_key("own type alone", (signature.own_type,), f"{signature.own_type}, wherever it was", "weak")


def _unplaced(signature: Signature, place: Place) -> Iterator[Key]:
    """What went wrong, where the stack tells no place of the application's."""
    words = signature.words()
    if place.library != NOWHERE and signature.kind != FRAMEWORK:
        here = f"{words}, in {place.library.words()}"
        yield make_key("library alone", (*signature.what, *place.library), here)
        yield make_key("library", (*signature.what, *place.library), here, "weak", "looked up")
        if not signature.is_telling:
            return
    yield make_key("no place", signature.what, f"{words}, as the stack tells no place")
    yield make_key("any place", signature.what, f"{words}, wherever it was", "weak", "looked up")
    if signature.kind in LOSING_DETAIL:
        yield from _without_detail(signature, "no place", "")
    yield from _telling_type(signature)
