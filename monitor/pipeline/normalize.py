"""An item as a client sent it to a typed event: what is missing, odd or too long is mended and noted, never fatal."""

import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings

from monitor.batch import Item, read_json
from monitor.pipeline.exceptions import normalize_exceptions
from monitor.pipeline.message import normalize_message
from monitor.pipeline.payload import Breadcrumb, DebugImage, Payload
from monitor.pipeline.sent import LATEST, LEVEL, SentBreadcrumb, read_regular
from monitor.pipeline.trim import Notes, clean, mapping, sequence, text
from monitor.pipeline.user_agent import describe

ODD_CHARACTER = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
"""NUL, or half of a surrogate pair, as JSON may hide them."""
OLDEST = timedelta(days=30)
"""How far back a client may say its event lies, within the retention; older ones count as that old."""
SKEW = timedelta(minutes=1)
"""A client's clock that is further off than this is set right by the envelope's `sent_at`."""
MOST_BREADCRUMBS = 100
MOST_TAGS = 50
MOST_IMAGES = 200
MOST_FINGERPRINTS = 10


def normalize(item: Item) -> Payload:
    """Make the typed event. Raises ValueError when the item's bytes are no JSON object, which the door rules out."""
    notes = Notes(is_plain=_is_plain(item.body))
    event = (read_regular(item.body) if notes.is_plain else None) or _read(item.body)
    if not isinstance(event, dict):
        raise ValueError("the event is not a JSON object")
    received_at = datetime.fromtimestamp(item.received_at, UTC)
    claimed_at = _time(event.get("timestamp")) or received_at
    request = _request(event, notes)
    user_agent = _user_agent(event, request, item)
    sdk = notes.mapping(event.get("sdk"), "sdk")
    return Payload(
        event_id=uuid.UUID(item.event_id).hex,
        day=_clamp(claimed_at, received_at).date(),
        occurred_at=_correct(claimed_at, received_at, item.sent_at, notes),
        received_at=received_at,
        platform=text(event.get("platform"), 30) or "other",
        level=_level(event.get("level"), "error"),
        message=normalize_message(event, notes),
        transaction=notes.text(event.get("transaction"), 200, "transaction"),
        logger=notes.text(event.get("logger"), 100, "logger"),
        release=notes.text(event.get("release"), 250, "release").strip(),
        dist=notes.text(event.get("dist"), 64, "dist"),
        environment=notes.text(event.get("environment"), 64, "environment") or "production",
        exceptions=normalize_exceptions(event, notes),
        breadcrumbs=_breadcrumbs(event.get("breadcrumbs"), notes),
        debug_images=_debug_images(event, notes),
        fingerprint=_fingerprint(event.get("fingerprint"), notes),
        tags=_tags(event.get("tags"), notes),
        user=_user(event, item, notes),
        request=request,
        contexts={**_object(event, "contexts", notes), **describe(user_agent)},
        extra=_object(event, "extra", notes),
        sdk_name=text(sdk.get("name"), 64),
        sdk_version=text(sdk.get("version"), 32),
        user_agent=user_agent,
        place=item.place,
        notes=tuple(notes.lines),  # last, when all of them are made
    )


def _is_plain(body: bytes) -> bool:
    return b"\0" not in body and (b"\\u" not in body or ODD_CHARACTER.search(body) is None)


def _read(body: bytes) -> Any:
    """The JSON, however deep the door let it be: where a worker's stack is too full for it, a new thread's is not."""
    try:
        return read_json(body)
    except RecursionError:
        with ThreadPoolExecutor(max_workers=1) as fresh:
            return fresh.submit(read_json, body).result()


def _object(event: dict[str, Any], name: str, notes: Notes) -> dict[str, Any]:
    return mapping(clean(notes.mapping(event.get(name), name), notes, name))


def _time(value: Any) -> datetime | None:
    """Seconds since 1970 or ISO 8601; None for what is neither."""
    try:
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value, UTC)
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
        return found and (found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC))
    except (ValueError, OverflowError, OSError):
        return None


def _seconds(value: Any) -> float | None:
    """Seconds since 1970 of a `_time`, as they came when they are that and no later than 2100."""
    if type(value) in (int, float) and 0 < value < LATEST:
        return float(value)
    at = _time(value)
    return at.timestamp() if at else None


def _level(value: Any, otherwise: str) -> str:
    return LEVEL.get(text(value, 10).lower(), otherwise)


def _oldest() -> timedelta:
    """A day past the retention is dropped, and takes no event any more."""
    return min(OLDEST, timedelta(days=settings.FARSIDE_RETENTION_DAYS - 1))


def _clamp(claimed_at: datetime, received_at: datetime) -> datetime:
    return min(max(claimed_at, received_at - _oldest()), received_at + timedelta(days=1))


def _correct(claimed_at: datetime, received_at: datetime, sent_at: float | None, notes: Notes) -> datetime:
    """The client's time by our clock: the difference between `sent_at` and the arrival is its clock's error."""
    sent = _time(sent_at) if sent_at is not None else None
    if sent is not None and abs(received_at - sent) > SKEW:
        with suppress(OverflowError):  # at the end of year 9999 there is no later
            claimed_at += received_at - sent
        notes.add("the client's clock is off; its time was corrected")
    if claimed_at > received_at + SKEW or claimed_at < received_at - _oldest():
        notes.add(f"the client's time {claimed_at.isoformat()} cannot be right")
    return min(_clamp(claimed_at, received_at), received_at)


def _fingerprint(value: Any, notes: Notes) -> tuple[str, ...]:
    parts = [part for part in notes.sequence(value, "fingerprint") if part is not None]
    if len(parts) > MOST_FINGERPRINTS:
        notes.add(f"{len(parts) - MOST_FINGERPRINTS} of {len(parts)} parts of the fingerprint left out")
    return tuple(notes.text(part, 200, "fingerprint") for part in parts[:MOST_FINGERPRINTS])


def _request(event: dict[str, Any], notes: Notes) -> dict[str, Any]:
    request = notes.mapping(event.get("request"), "request")
    kept = {
        key: request[key] for key in ("url", "method", "query_string", "headers", "cookies", "data") if request.get(key)
    }
    if isinstance(headers := kept.get("headers"), list):
        kept["headers"] = {text(pair[0], 100): pair[1] for pair in headers if isinstance(pair, list) and len(pair) == 2}
    kept.pop("cookies", None)
    return mapping(clean(kept, notes, "request"))


def _user_agent(event: dict[str, Any], request: dict[str, Any], item: Item) -> str:
    """The one the event names; for events from browsers else the one of the request that brought it."""
    for name, value in mapping(request.get("headers")).items():
        if name.lower() == "user-agent":
            return text(value, 1000)
    return item.user_agent if event.get("platform") == "javascript" else ""


def _user(event: dict[str, Any], item: Item, notes: Notes) -> dict[str, Any]:
    """The user, with an address only where the project keeps addresses: the one the client names, as servers do of
    their own clients, else the one it sent from.
    """
    user = _object(event, "user", notes)
    named = text(user.pop("ip_address", None), 64)
    if not item.address:
        return user
    if named in ("", "{{auto}}"):
        named = item.address if named or event.get("platform") == "javascript" else ""
    return {**user, "ip_address": named} if named else user


def _breadcrumbs(value: Any, notes: Notes) -> tuple[Breadcrumb, ...]:
    found = notes.sequence(value.get("values") if isinstance(value, dict) else value, "breadcrumbs")
    if len(found) > MOST_BREADCRUMBS:
        notes.add(f"{len(found) - MOST_BREADCRUMBS} of {len(found)} breadcrumbs left out, the oldest")
    kept = found[-MOST_BREADCRUMBS:]
    return tuple(
        [
            one.breadcrumb() if isinstance(one, SentBreadcrumb) else _breadcrumb(one, notes)
            for one in kept
            if isinstance(one, SentBreadcrumb | dict)
        ]
    )


def _breadcrumb(entry: dict[str, Any], notes: Notes) -> Breadcrumb:
    return Breadcrumb(
        at=_seconds(entry.get("timestamp")),
        type=text(entry.get("type"), 30),
        category=text(entry.get("category"), 60),
        level=_level(entry.get("level"), "info"),
        message=notes.text(entry.get("message"), 1000, "breadcrumb"),
        data=clean(data, notes, "breadcrumb") if (data := mapping(entry.get("data"))) else {},
    )


def _debug_images(event: dict[str, Any], notes: Notes) -> tuple[DebugImage, ...]:
    images = [mapping(image) for image in sequence(notes.mapping(event.get("debug_meta"), "debug_meta").get("images"))]
    if len(images) > MOST_IMAGES:
        notes.add(f"{len(images) - MOST_IMAGES} of {len(images)} debug images left out")
    found = [
        DebugImage(text(image.get("code_file"), 1000), text(image.get("debug_id"), 64))
        for image in images[:MOST_IMAGES]
    ]
    return tuple(image for image in found if image.code_file and image.debug_id)


def _tags(value: Any, notes: Notes) -> dict[str, str]:
    listed = value.items() if isinstance(value, dict) else notes.sequence(value, "tags")
    pairs = [pair for pair in listed if isinstance(pair, list | tuple) and len(pair) == 2]
    if len(pairs) > MOST_TAGS:
        notes.add(f"{len(pairs) - MOST_TAGS} of {len(pairs)} tags left out")
    tags = {text(key, 64): notes.text(said, 200, "tag") for key, said in pairs[:MOST_TAGS] if said is not None}
    tags.pop("", None)
    return tags
