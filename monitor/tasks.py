"""Celery's entry points, one line each."""

import time

from monitor import batch
from monitor.broker import client
from monitor.celery import app
from monitor.pipeline import dictionaries, notify, retain
from monitor.pipeline.process import process_batch
from monitor.pipeline.sourcemaps import artifacts, chunks, fetch_map


@app.task(name="monitor.tasks.process_events")
def process_events(batch_id: str) -> None:
    """Take one batch from the queue to the database, then tell whom it concerns."""
    for project_id, notification_id in process_batch(batch_id):
        send_notification.delay(project_id, notification_id)


@app.task(name="monitor.tasks.sweep_batches")
def sweep_batches() -> None:
    """Queue again what a killed worker or a lost message left behind, and what an older version could not read."""
    batch.requeue_lost(client(), time.time())
    batch.retry_unreadable(client())


@app.task(name="monitor.tasks.send_notification")
def send_notification(project_id: int, notification_id: int) -> None:
    """Make one attempt to deliver a notification."""
    notify.notify(project_id, notification_id)


@app.task(name="monitor.tasks.send_due_notifications")
def send_due_notifications() -> None:
    """Queue every notification whose time has come."""
    for project_id, notification_id in notify.due():
        send_notification.delay(project_id, notification_id)


@app.task(name="monitor.tasks.assemble_bundle")
def assemble_bundle(project_id: int, bundle_id: int) -> None:
    """Unpack an uploaded artifact bundle."""
    artifacts.assemble(project_id, bundle_id)


@app.task(name="monitor.tasks.rescue_bundles")
def rescue_bundles() -> None:
    """Queue again every uploaded bundle whose task was lost."""
    for project_id, bundle_id in artifacts.unassembled():
        assemble_bundle.delay(project_id, bundle_id)


@app.task(name="monitor.tasks.fetch_maps")
def fetch_maps() -> None:
    """Fetch the public source maps that events lately lacked, where that is switched on."""
    fetch_map.fetch_wanted()


@app.task(name="monitor.tasks.make_partitions")
def make_partitions() -> None:
    """Make the partitions of the coming days."""
    retain.make_partitions()


@app.task(name="monitor.tasks.retain")
def retain_data() -> None:
    """Drop what is past its time."""
    retain.retain()
    dictionaries.drop_dictionaries()
    chunks.drop_old()


@app.task(name="monitor.tasks.train_dictionaries")
def train_dictionaries() -> None:
    """Train dictionaries for the payloads of projects that have stored enough."""
    dictionaries.train_dictionaries()
