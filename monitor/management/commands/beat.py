"""`farside beat`: starts the periodic tasks."""

import os
from typing import Any

from monitor import processes
from monitor.management.flags import FlagCommand


class Command(FlagCommand):
    """Becomes the Celery beat, so that signals reach it directly."""

    help = "Start the periodic tasks; run one for the whole installation."

    def handle(self, *args: Any, **options: Any) -> None:
        """Replace this process."""
        command = processes.beat()
        os.execv(command[0], command)  # noqa: S606
