"""What the issue page shows of one event, and which events come before and after it."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from monitor.models import Event, Issue
from monitor.pipeline.pack import load_payload
from monitor.pipeline.payload import Payload
from monitor.pipeline.sourcemaps.examine import examine
from monitor.views.stack import Stack, stacks
from monitor.views.trail import Step, steps


@dataclass(frozen=True)
class Shown:
    """One event, unpacked and arranged. `previous` and `next`: ids of its neighbours in time, None at the ends."""

    event: Event
    payload: Payload
    stacks: list[Stack]
    steps: list[Step]
    browser: list[tuple[str, str]]
    contexts: dict[str, Any]
    previous: uuid.UUID | None
    next: uuid.UUID | None
    is_raw: bool

    def resolved(self) -> int:
        """Frames that went through a source map."""
        return sum(stack.resolved for stack in self.stacks)

    def total(self) -> int:
        """All frames."""
        return sum(stack.total for stack in self.stacks)


def show_event(issue: Issue, event_id: uuid.UUID | None, is_raw: bool) -> Shown | None:
    """The event with that id, or the latest one; None when it is not (or no longer) stored."""
    rows = Event.objects.filter(project_id=issue.project_id, issue_id=issue.id)
    chosen = rows.filter(event_id=event_id) if event_id else rows
    event = chosen.order_by("-occurred_at", "-event_id").first()
    if event is None:
        return None
    payload = load_payload(event)
    previous, following = _neighbours(rows, event)
    named = {"browser": "Browser", "os": "System", "device": "Device"}
    browser = [(label, name_of(payload.contexts[key])) for key, label in named.items() if key in payload.contexts]
    others = {key: value for key, value in payload.contexts.items() if key not in named}
    told = {one.frame: one.diagnosis for one in examine(event.project_id, payload) if one.diagnosis}
    shown = stacks(payload, is_raw, told)
    return Shown(event, payload, shown, steps(payload), browser, others, previous, following, is_raw)


def name_of(context: Any) -> str:
    """`Chrome 126.0`, `iPhone (phone)`: a context's name with its version or kind."""
    if not isinstance(context, dict):
        return str(context)
    kind = context.get("kind")
    parts = [context.get("name") or context.get("model"), context.get("version"), kind and f"({kind})"]
    return " ".join(str(part) for part in parts if part) or "unknown"


def _neighbours(rows: QuerySet[Event], event: Event) -> tuple[uuid.UUID | None, uuid.UUID | None]:
    same, at = Q(occurred_at=event.occurred_at), event.occurred_at
    earlier = rows.filter(Q(occurred_at__lt=at) | same & Q(event_id__lt=event.event_id))
    later = rows.filter(Q(occurred_at__gt=at) | same & Q(event_id__gt=event.event_id))
    previous = earlier.order_by("-occurred_at", "-event_id").values_list("event_id", flat=True).first()
    return previous, later.order_by("occurred_at", "event_id").values_list("event_id", flat=True).first()
