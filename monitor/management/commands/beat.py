"""`farside beat`: starts the periodic tasks."""

from typing import Any

from monitor import processes
from monitor.management.flags import ProcessCommand


class Command(ProcessCommand):
    """Becomes the Celery beat."""

    help = "Start the periodic tasks; run one for the whole installation."

    def handle(self, *args: Any, **options: Any) -> None:
        """Replace this process."""
        self.become(processes.beat())
