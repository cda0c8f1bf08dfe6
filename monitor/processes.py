"""The command lines of Farside's own processes, for `farside up` and for any other supervisor."""

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
    """The Celery worker of both queues."""
    # Celery warns root of pickled messages; ours are JSON, and nothing else is accepted.
    ignored = "ignore:You're running the worker with superuser privileges"
    return [sys.executable, "-W", ignored, "-m", "monitor.worker"]


def beat() -> list[str]:
    """The Celery beat, one for the whole installation."""
    return [sys.executable, "-m", "monitor.clock"]
