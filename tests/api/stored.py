"""Events stored as the pipeline stores them, for tests of what reads them."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction

from monitor.models import Issue, Project
from monitor.pipeline.grouping import Grouped, group
from monitor.pipeline.payload import Breadcrumb, ExceptionValue, Frame, Payload, RawFrame
from monitor.pipeline.retain import ensure_partitions
from monitor.pipeline.store import store

NOW = datetime.now(UTC).replace(microsecond=0)


def make_event(type: str = "TypeError", minutes_ago: float = 1, **fields: Any) -> Payload:
    """An event of the demo shop, with all a page could show."""
    at = NOW - timedelta(minutes=minutes_ago)
    raw = RawFrame(filename="app.min.js", function="t", lineno=1, colno=900)
    own = Frame(
        filename="src/cart.js", abs_path="https://shop.example/app.min.js", function="total", lineno=12, colno=3,
        pre_context=("function total(items) {",), context_line="  sum(items)", post_context=("}",), raw=raw,
    )  # fmt: skip
    crumb = Breadcrumb(at=at.timestamp(), category="ui.click", message="button#pay")
    defaults: dict[str, Any] = {
        "event_id": uuid.uuid4().hex,
        "day": at.date(),
        "occurred_at": at,
        "received_at": at,
        "platform": "javascript",
        "release": "1.2.0",
        "environment": "production",
        "exceptions": (ExceptionValue(type=type, value=f"{type} happened", is_handled=False, frames=(own,)),),
        "breadcrumbs": (crumb,),
        "tags": {"plan": "free"},
        "user": {"id": "7"},
        "request": {"url": "https://shop.example/cart", "method": "GET", "query_string": "a=1&b=2"},
        "contexts": {"browser": {"name": "Chrome", "version": "126.0.1"}},
    }
    return Payload(**{**defaults, **fields})


def store_events(project: Project, *events: Payload) -> list[Issue]:
    """Store them; return the issue of each."""
    ensure_partitions("monitor_event", {event.day for event in events})
    with transaction.atomic():
        stored = store([Grouped(project.pk, event, group(event)) for event in events])
    by_event = {one.event.payload.event_id: one.issue.id for one in stored}
    return [Issue.objects.get(project_id=project.pk, id=by_event[event.event_id]) for event in events]
