"""Turns breadcrumbs into the steps that led to an event: when, what kind, what happened."""

from dataclasses import dataclass
from typing import Any

from monitor.pipeline.payload import Breadcrumb, Payload

KINDS = {"sentry.event": "event", "sentry.transaction": "span"}
LEVEL_TONES = {"error": "rising", "fatal": "rising", "critical": "rising", "warning": "warn"}
REQUESTS = ("fetch", "xhr", "http", "httplib")


@dataclass(frozen=True)
class Step:
    """One breadcrumb. `tone` is a class of app.css for the kind's colour."""

    before: str
    kind: str
    tone: str
    text: str
    is_code: bool
    details: dict[str, Any]


def steps(payload: Payload) -> list[Step]:
    """The event's breadcrumbs, oldest first."""
    end = payload.occurred_at.timestamp()
    return [_step(crumb, end) for crumb in payload.breadcrumbs]


def before(seconds: float) -> str:
    """A time before the error: `−2.3 s`, `−4 min`, `−2 h`; `0` within a twentieth of a second."""
    if abs(seconds) < 0.05:
        return "0"
    sign, size = ("−" if seconds > 0 else "+"), abs(seconds)
    if size < 60:
        return f"{sign}{size:.1f} s"
    return f"{sign}{size / 60:.0f} min" if size < 5400 else f"{sign}{size / 3600:.0f} h"


def _step(crumb: Breadcrumb, end: float) -> Step:
    when = before(end - crumb.at) if crumb.at is not None else ""
    category = crumb.category or crumb.type
    if category in REQUESTS:
        return _request(crumb, category, when)
    if category == "navigation":
        text = f"{crumb.data.get('from', '')} → {crumb.data.get('to', '')}" if crumb.data.get("to") else crumb.message
        return Step(when, "nav", "", text, False, {})
    kind = KINDS.get(category, category.removeprefix("ui.") or "step")
    is_code = category.startswith("ui.") or category == "console"
    tone = LEVEL_TONES.get(crumb.level, "")
    return Step(when, kind, tone, crumb.message, is_code, _rest(crumb.data, "logger", "arguments"))


def _request(crumb: Breadcrumb, category: str, when: str) -> Step:
    status = crumb.data.get("status_code")
    text = f"{crumb.data.get('method', '')} {crumb.data.get('url', '')}".strip() or crumb.message
    kind = f"{category} {status}" if status else f"{category} failed"
    return Step(when, kind, _status_tone(status), text, True, _rest(crumb.data, "method", "url", "status_code"))


def _status_tone(status: Any) -> str:
    """Red for no answer and server errors, amber for refusals, green for the rest."""
    code = int(status) if str(status).isdecimal() else 0
    return "rising" if code == 0 or code >= 500 else "warn" if code >= 400 else "ok"


def _rest(data: dict[str, Any], *known: str) -> dict[str, Any]:
    return {key: value for key, value in data.items() if key not in known and value not in (None, "")}
