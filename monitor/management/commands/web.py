"""`farside web`: the door and the pages."""

import os
from typing import Any

from django.conf import settings

from monitor import processes
from monitor.embedded.outside import check_port
from monitor.management.flags import FlagCommand


class Command(FlagCommand):
    """Becomes granian, so that signals reach it directly."""

    help = "Serve the door, the pages and the API."
    flags = ("--data", "--host", "--port", "--url")

    def handle(self, *args: Any, **options: Any) -> None:
        """Replace this process."""
        check_port(settings.FARSIDE_LISTEN, settings.FARSIDE_PORT)
        command = processes.web()
        os.execv(command[0], command)  # noqa: S606
