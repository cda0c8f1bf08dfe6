"""`farside prepare`: brings an installation to the state that this version needs."""

from typing import Any

from django.core.management import call_command

from monitor.credentials import ensure_credentials
from monitor.management.flags import FlagCommand


class Command(FlagCommand):
    """Migrates, collects the static files, makes the first account; changes nothing when all is done."""

    help = "Bring database, static files and the first account up to date; `farside up` does it by itself."
    flags = ("--data", "--url", "--port")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the steps in order."""
        call_command("migrate", interactive=False, verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        ensure_credentials()
