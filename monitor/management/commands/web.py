"""`farside web`: the door and the pages."""

import os
from typing import Any

from django.conf import settings

from monitor import processes
from monitor.embedded.outside import check_port
from monitor.management.flags import ProcessCommand


class Command(ProcessCommand):
    """Becomes granian."""

    help = "Serve the door, the pages and the API."
    flags = ("--data", "--host", "--port", "--url")

    def handle(self, *args: Any, **options: Any) -> None:
        """Replace this process."""
        check_port(settings.FARSIDE_LISTEN, settings.FARSIDE_PORT)
        os.environ.setdefault("FARSIDE_DATABASE_CONNECTIONS", "10")
        self.become(processes.web())
