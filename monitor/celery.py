"""The Celery application that the worker, beat and the door share."""

import os
from typing import Any

from celery import Celery
from celery.signals import heartbeat_sent

from monitor.broker import WORKER_ALIVE, client

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "monitor.settings")

app = Celery("farside")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["monitor"])


@heartbeat_sent.connect
def tell_alive(**_: Any) -> None:
    """Let /readyz see that a worker lives without asking it."""
    client().set(WORKER_ALIVE, "1", ex=15)
