"""Events in Sentry's form: entries for exceptions, message, breadcrumbs and request."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from monitor.models import Event, Issue
from monitor.pipeline.pack import load_payload
from monitor.pipeline.payload import Breadcrumb, ExceptionValue, Frame, Payload
from monitor.pipeline.tags import tags_of


def event_row_json(event: Event, issue: Issue) -> dict[str, Any]:
    """An event as lists show it."""
    return _common(event, load_payload(event), issue)


def event_json(event: Event, issue: Issue, previous: str | None, following: str | None) -> dict[str, Any]:
    """An event with all it holds, and the ids of its neighbours in time."""
    payload = load_payload(event)
    return _common(event, payload, issue) | {
        "entries": _entries(payload),
        "contexts": payload.contexts,
        "context": payload.extra,
        "release": {"version": event.release} if event.release else None,
        "dist": payload.dist or None,
        "environment": event.environment or None,
        "sdk": {"name": payload.sdk_name, "version": payload.sdk_version} if payload.sdk_name else None,
        "metadata": {"type": issue.type, "value": issue.value},
        "errors": [{"type": "note", "message": note} for note in payload.notes],
        "previousEventID": previous,
        "nextEventID": following,
    }


def _common(event: Event, payload: Payload, issue: Issue) -> dict[str, Any]:
    tags = tags_of(payload)
    return {
        "id": event.event_id.hex,
        "eventID": event.event_id.hex,
        "groupID": str(event.issue_id),
        "projectID": str(event.project_id),
        "event.type": "error",
        "type": "error",
        "title": _title(payload) or issue.title(),
        "message": payload.message,
        "culprit": issue.culprit,
        "platform": payload.platform,
        "user": payload.user or None,
        "tags": [{"key": key, "value": value} for key, value in sorted(tags.items())],
        "dateCreated": event.occurred_at,
        "dateReceived": event.received_at,
    }


def _title(payload: Payload) -> str:
    thrown = payload.thrown()
    if thrown is None:
        return payload.message.partition("\n")[0]
    return ": ".join(part for part in (thrown.type, thrown.value.partition("\n")[0]) if part)


def _entries(payload: Payload) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = []
    if payload.exceptions:
        entries.append({"type": "exception", "data": {"values": [_exception(one) for one in payload.exceptions]}})
    if payload.message:
        entries.append({"type": "message", "data": {"formatted": payload.message}})
    if payload.breadcrumbs:
        entries.append({"type": "breadcrumbs", "data": {"values": [_breadcrumb(one) for one in payload.breadcrumbs]}})
    if payload.request:
        entries.append({"type": "request", "data": _request(payload.request)})
    return entries


def _exception(exception: ExceptionValue) -> dict[str, Any]:
    raw = any(frame.raw for frame in exception.frames)
    return {
        "type": exception.type,
        "value": exception.value,
        "module": exception.module or None,
        "mechanism": {"type": exception.mechanism or "generic", "handled": exception.is_handled},
        "stacktrace": {"frames": [_frame(frame) for frame in exception.frames]} if exception.frames else None,
        "rawStacktrace": {"frames": [_raw_frame(frame) for frame in exception.frames]} if raw else None,
    }


def _frame(frame: Frame) -> dict[str, Any]:
    return {
        "filename": frame.filename,
        "absPath": frame.abs_path,
        "module": frame.module or None,
        "function": frame.function or None,
        "lineNo": frame.lineno,
        "colNo": frame.colno,
        "inApp": frame.in_app,
        "context": _context(frame),
    }


def _raw_frame(frame: Frame) -> dict[str, Any]:
    if frame.raw is None:
        return _frame(frame)
    return {
        "filename": frame.raw.filename,
        "absPath": frame.abs_path,
        "module": None,
        "function": frame.raw.function or None,
        "lineNo": frame.raw.lineno,
        "colNo": frame.raw.colno,
        "inApp": frame.in_app,
        "context": [],
    }


def _context(frame: Frame) -> list[tuple[int, str]]:
    """(line number, text) of the lines around the frame's own."""
    if frame.context_line is None or frame.lineno is None:
        return []
    lines = [*frame.pre_context, frame.context_line, *frame.post_context]
    return list(enumerate(lines, start=frame.lineno - len(frame.pre_context)))


def _breadcrumb(crumb: Breadcrumb) -> dict[str, Any]:
    return {
        "type": crumb.type or "default",
        "category": crumb.category or None,
        "level": crumb.level,
        "message": crumb.message or None,
        "data": crumb.data or None,
        "timestamp": _moment(crumb.at),
    }


def _moment(at: float | None) -> datetime | None:
    try:
        return None if at is None else datetime.fromtimestamp(at, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _request(request: Mapping[str, Any]) -> dict[str, Any]:
    query, headers = request.get("query_string") or "", request.get("headers") or {}
    return {
        "url": request.get("url") or "",
        "method": request.get("method"),
        "query": parse_qsl(query, keep_blank_values=True) if isinstance(query, str) else query,
        "headers": sorted(headers.items()) if isinstance(headers, Mapping) else [],
        "data": request.get("data"),
        "cookies": [],
    }
