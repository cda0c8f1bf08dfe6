"""The form of an event at rest: stacks once a day and apart, the rest compressed with the project's dictionary."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from uuid import UUID

import msgspec
import zstandard
from django.db import transaction

from monitor.models import Event, Stack
from monitor.pipeline.dictionaries import Compressor, decompress
from monitor.pipeline.payload import ExceptionValue, Frame, Payload
from monitor.pipeline.remember import ByIdentity
from monitor.pipeline.upsert import Column, upsert

STACK_LEVEL = 1
REMEMBERED = 2000
ENCODED = 128
MOST_KNOWN = 50_000

Frames = tuple[Frame, ...]
StackKey = tuple[int, date, UUID]

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Payload)
_frames_decoder = msgspec.json.Decoder(Frames)
_digests: ByIdentity[Frames, UUID] = ByIdentity(REMEMBERED)
_encoded: ByIdentity[Frames, bytes] = ByIdentity(ENCODED)
"""Stacks of the batch at hand, which are looked at twice when they are new."""
_known: set[StackKey] = set()


@dataclass(frozen=True)
class Packed:
    """An event as it is stored: the payload's bytes, and the stacks it refers to."""

    payload: bytes
    stacks: tuple[tuple[UUID, Frames], ...]


def pack(payload: Payload, compressor: Compressor) -> Packed:
    """Take the stacks out and compress what is left."""
    stacks = tuple((digest_of(one.frames), one.frames) for one in payload.exceptions if one.frames)
    digests = iter(stacks)
    bare = msgspec.structs.replace(
        payload,
        exceptions=tuple(
            msgspec.structs.replace(one, frames=(), stack=next(digests)[0].hex) if one.frames else one
            for one in payload.exceptions
        ),
    )
    return Packed(compressor.compress(_encoder.encode(bare)), stacks)


def digest_of(frames: Frames) -> UUID:
    """128 bits of BLAKE2b of the frames."""
    digest = _digests.get(frames)
    if digest is None:
        digest = UUID(bytes=blake2b(_encode(frames), digest_size=16).digest())
        _digests.put(frames, digest)
    return digest


def pack_frames(frames: Frames) -> bytes:
    """A stack as it is stored."""
    return zstandard.compress(_encode(frames), STACK_LEVEL)


def _encode(frames: Frames) -> bytes:
    return _encoded.get(frames) or _encoded.put(frames, _encoder.encode(frames))


def store_stacks(stacks: Iterable[tuple[StackKey, Frames]]) -> None:
    """Insert, in the caller's transaction, the stacks that no committed transaction of this process has inserted."""
    missing = {key: frames for key, frames in stacks if key not in _known}
    upsert(
        "monitor_stack",
        [Column("project_id", "bigint"), Column("day", "date"), Column("digest", "uuid"), Column("frames", "bytea")],
        [(*key, pack_frames(frames)) for key, frames in missing.items()],
        conflict="project_id, day, digest",
    )
    if len(_known) > MOST_KNOWN:
        _known.clear()
    transaction.on_commit(lambda: _known.update(missing))


def forget_stacks() -> None:
    """Believe no stack to be stored, as a new process would."""
    _known.clear()


def load_payloads(events: Sequence[Event]) -> list[Payload]:
    """The payloads of stored events of one project, in their order, stacks included."""
    payloads = [_decoder.decode(decompress(event.project_id, bytes(event.payload))) for event in events]
    rows = Stack.objects.filter(
        project_id__in={event.project_id for event in events},
        day__in={event.day for event in events},
        digest__in={UUID(one.stack) for payload in payloads for one in payload.exceptions if one.stack},
    ).values_list("digest", "frames")
    stacks = {digest.hex: bytes(frames) for digest, frames in rows}
    return [put_together(payload, stacks) for payload in payloads]


def load_payload(event: Event) -> Payload:
    """The payload of one stored event."""
    return load_payloads([event])[0]


def put_together(payload: Payload, stacks: Mapping[str, bytes]) -> Payload:
    """A payload with its frames, from stored stacks by the hexadecimal digits of their digests."""
    return msgspec.structs.replace(
        payload, exceptions=tuple(_with_frames(one, stacks) if one.stack else one for one in payload.exceptions)
    )


def _with_frames(one: ExceptionValue, stacks: Mapping[str, bytes]) -> ExceptionValue:
    frames = _frames_decoder.decode(zstandard.decompress(stacks[one.stack])) if one.stack in stacks else ()
    return msgspec.structs.replace(one, frames=frames, stack="")
