"""The command lines of Farside's own processes, for `farside up` and for any other supervisor."""

import os
import platform
import sys

from django.conf import settings

CLI = [sys.executable, "-m", "monitor.cli"]


def web() -> list[str]:
    """The door and the pages: granian, which also serves the static files."""
    command = [sys.executable, "-m", "granian", "ingest.asgi:application", "--interface", "asgi", "--no-ws"]
    command += ["--host", settings.FARSIDE_LISTEN, "--port", str(settings.FARSIDE_PORT), "--http", "1"]
    command += ["--workers", str(settings.FARSIDE_WEB_PROCESSES), "--respawn-failed-workers"]
    command += ["--workers-kill-timeout", "10", "--log-level", "warning"]
    if settings.STATIC_ROOT.exists():
        command += ["--static-path-route", "/static", "--static-path-mount", str(settings.STATIC_ROOT)]
    return command


def worker() -> list[str]:
    """The Celery worker of both queues. Its name is unique, so that several may run on one machine."""
    name = f"worker-{os.getpid()}@{platform.node() or 'localhost'}"
    command = [*_celery("monitor.celery"), "worker", "--queues", "events,upkeep", "--hostname", name]
    command += ["--pool", "prefork", "--concurrency", str(settings.FARSIDE_WORKERS)]
    return [*command, "--without-mingle", "--without-gossip", "--loglevel", settings.FARSIDE_LOG_LEVEL]


def beat() -> list[str]:
    """The Celery beat, one for the whole installation; its schedule lies in the data folder."""
    schedule = settings.FARSIDE_DATA / "beat-schedule"
    return [*_celery("monitor.clock"), "beat", "--schedule", str(schedule), "--loglevel", settings.FARSIDE_LOG_LEVEL]


def _celery(app: str) -> list[str]:
    # Celery warns root of pickled messages; ours are JSON, and nothing else is accepted.
    ignored = "ignore:You're running the worker with superuser privileges"
    return [sys.executable, "-W", ignored, "-m", "celery", "-A", app, "-q"]
