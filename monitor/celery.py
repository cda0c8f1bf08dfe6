"""The Celery application that the worker, beat and the door share."""

import gc
import os
from typing import Any

from celery import Celery
from celery.signals import heartbeat_sent, task_prerun, worker_process_init
from django.db import close_old_connections

from monitor.broker import WORKER_ALIVE, client

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "monitor.settings")
os.environ.setdefault("CELERY_SKIP_CHECKS", "yes")  # they would load every page, for nobody to see

app = Celery("farside")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["monitor"])


@worker_process_init.connect
def collect_seldom(**_: Any) -> None:
    """A batch makes some hundred thousand objects that all go with it: the collector finds nothing among them."""
    gc.set_threshold(50_000, 20, 50)


@heartbeat_sent.connect
def tell_alive(**_: Any) -> None:
    """Let /readyz see that a worker lives without asking it."""
    client().set(WORKER_ALIVE, "1", ex=15)


@task_prerun.connect
def drop_dead_connections(**_: Any) -> None:
    """Begin each task as Django begins a request: a connection that broke or is past its age is made anew."""
    close_old_connections()
