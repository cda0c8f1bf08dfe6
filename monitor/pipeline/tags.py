"""The tags an event is counted by: its own, and those every event has."""

from typing import Any
from urllib.parse import urlsplit

from monitor.batch import Place
from monitor.pipeline.payload import Payload


def tags_of(payload: Payload) -> dict[str, str]:
    """tag -> value, empty ones left out. The client's own tags come first and win."""
    thrown = payload.thrown()
    derived = {
        "browser": _versioned(payload.contexts.get("browser")),
        "os": _versioned(payload.contexts.get("os")),
        "device": _kind(payload.contexts.get("device")),
        "environment": payload.environment,
        "release": payload.release,
        "level": payload.level,
        "handled": {True: "yes", False: "no", None: ""}[thrown.is_handled if thrown else None],
        "url": _page(payload.request.get("url")),
        "transaction": payload.transaction,
        **_whereabouts(payload.place),
    }
    return {key: value[:200] for key, value in {**derived, **payload.tags}.items() if value}


def _whereabouts(place: Place | None) -> dict[str, str]:
    """`AS3320 Deutsche Telekom AG`, the country's code and its region."""
    if place is None:
        return {}
    network = f"AS{place.asn} {place.network}" if place.asn else place.network
    return {"network": network.strip(), "country": place.country, "region": place.region}


def _versioned(context: Any) -> str:
    """`Chrome 156`: name and major version."""
    if not isinstance(context, dict):
        return ""
    major = str(context.get("version") or "").split(".")[0]
    return f"{context.get('name') or ''} {major}".strip()


def _kind(context: Any) -> str:
    return str(context.get("kind") or "") if isinstance(context, dict) else ""


def _page(url: Any) -> str:
    """Host and path: a query would make each visit a value of its own."""
    try:
        parts = urlsplit(str(url or ""))
        return f"{parts.hostname or ''}{parts.path}"
    except ValueError:
        return ""
