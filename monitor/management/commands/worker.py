"""`farside worker`: processes events and sends notifications."""

from typing import Any

from monitor import processes
from monitor.management.flags import ProcessCommand


class Command(ProcessCommand):
    """Becomes the Celery worker, which finishes its tasks at SIGTERM."""

    help = "Process events, send notifications."
    flags = ("--data", "--workers")

    def handle(self, *args: Any, **options: Any) -> None:
        """Replace this process."""
        self.become(processes.worker())
