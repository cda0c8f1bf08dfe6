"""What a worker does with what the door has queued."""

from typing import Any

from monitor import batch
from monitor.broker import EVENTS_QUEUE
from monitor.models import Event, Project
from monitor.pipeline.pack import load_payload
from monitor.pipeline.payload import Payload
from monitor.pipeline.process import process_batch


def work(valkey: Any) -> None:
    """Process every queued batch."""
    while message := valkey.rpop(EVENTS_QUEUE):
        process_batch(batch.batch_id_of(message))


def stored_payloads(project: Project) -> list[Payload]:
    """The project's events as they lie at rest, the oldest first."""
    events = Event.objects.filter(project=project).order_by("occurred_at")
    return [load_payload(event) for event in events]
