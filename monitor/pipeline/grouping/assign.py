"""The step: an event's keys, what they are made of, and the issue's title."""

from functools import lru_cache

from monitor.pipeline.grouping import version1
from monitor.pipeline.grouping.grouped import Grouping
from monitor.pipeline.grouping.keys import Key, digest_of, keys_of, make_key
from monitor.pipeline.grouping.parameterize import parameterize
from monitor.pipeline.grouping.place import NOWHERE, Origin, Place, culprit_of, place_of
from monitor.pipeline.grouping.signature import BUILT_IN, Signature, signature_of
from monitor.pipeline.payload import ExceptionValue, Payload


def group(payload: Payload) -> Grouping:
    """The event's keys: the client's fingerprint where it set one, else what went wrong and where, else the message."""
    thrown = payload.thrown()
    defaults = _default_keys(payload, thrown)
    custom = tuple(part for part in payload.fingerprint if part)
    keys = defaults if not custom or all(map(_is_default, custom)) else _custom_keys(custom, defaults)
    return Grouping(
        keys=(*keys, _version1(payload, custom)),
        type=thrown.type if thrown else "",
        value=(thrown.value if thrown else payload.message)[:1000],
        culprit=(culprit_of(thrown.frames) if thrown else "") or payload.transaction[:500],
    )


def _default_keys(payload: Payload, thrown: ExceptionValue | None) -> tuple[Key, ...]:
    if thrown is None or not thrown.type:
        # A message that an SDK dressed as an exception: its stack leads to the logging call of one and all.
        message = parameterize(payload.message or (thrown.value if thrown else "") or payload.transaction)
        return (make_key("message", (payload.logger, message), f"message “{message}”"),)
    signature = signature_of(thrown.type, thrown.value)
    signature = signature if thrown.frames else signature.without_stack()
    return keys_of(signature, _place(payload, thrown, signature), payload.release)


def _place(payload: Payload, thrown: ExceptionValue, signature: Signature) -> Place:
    """Where it was thrown; where that is no code of the application's, where its cause was."""
    found = place_of(thrown.frames, _origin(thrown.type, signature))
    for cause in reversed(payload.exceptions[:-1]):
        if found.inner != NOWHERE:
            break
        found = place_of(cause.frames, "plain class")
    return found


def _origin(kind: str, signature: Signature) -> Origin:
    if signature.is_recursion:
        return "too deep"
    return "engine" if signature.is_engines else "plain class" if kind in BUILT_IN else "own class"


def _is_default(part: str) -> bool:
    return part.replace(" ", "") == "{{default}}"


def _custom_keys(custom: tuple[str, ...], defaults: tuple[Key, ...]) -> tuple[Key, ...]:
    """One key of the client's words; one for each key of ours where it only adds to them."""
    reason = "fingerprint set by the client: " + ", ".join(custom)
    if not any(map(_is_default, custom)):
        return (make_key("client", custom, reason),)

    def beside(digest: str) -> list[str]:
        return [digest if _is_default(part) else part for part in custom]

    return tuple(
        key._replace(
            digest=digest_of("client", beside(key.digest)),
            unless=digest_of("client", beside(key.unless)) if key.unless else "",
            reason=f"{reason}; {key.reason}"[:500],
            components=(*(part for part in custom if not _is_default(part)), *key.components),
        )
        for key in defaults
    )


def _version1(payload: Payload, custom: tuple[str, ...]) -> Key:
    """The key of version 1: looked up, so that no issue it made is born again, and never registered."""
    default = version1.default_key(payload)
    parts = default
    if custom and not all(map(_is_default, custom)):
        parts = [line for part in custom for line in (default if _is_default(part) else [part])]
    return _version1_key(tuple(parts))


@lru_cache(maxsize=4096)
def _version1_key(parts: tuple[str, ...]) -> Key:
    return make_key("", parts, "the key of version 1", "strong", "looked up", version="1")
