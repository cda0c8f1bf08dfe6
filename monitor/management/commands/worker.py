"""`farside worker`: processes events and sends notifications."""

import os
from typing import Any

from monitor import processes
from monitor.management.flags import FlagCommand


class Command(FlagCommand):
    """Becomes the Celery worker, so that signals reach it directly: SIGTERM lets it finish its tasks."""

    help = "Process events, send notifications."
    flags = ("--data", "--workers")

    def handle(self, *args: Any, **options: Any) -> None:
        """Replace this process."""
        command = processes.worker()
        os.execv(command[0], command)  # noqa: S606
