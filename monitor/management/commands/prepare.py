"""`farside prepare`: brings an installation to the state that this version needs."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command

from monitor.credentials import kept_credentials
from monitor.demo_shop import add_demo_shop, refresh_demo_shop
from monitor.first_account import ensure_credentials
from monitor.management.flags import FlagCommand


class Command(FlagCommand):
    """Migrates, collects the static files, makes the first account; changes nothing when all is done."""

    help = "Bring database, static files and the first account up to date; `farside up` does it by itself."
    flags = ("--data", "--url", "--port")

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Let an installation begin without the demo."""
        super().add_arguments(parser)
        parser.add_argument("--no-demo", action="store_true", help="leave out the demo shop on an empty data folder")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the steps in order."""
        is_new = kept_credentials() is None
        call_command("migrate", interactive=False, verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        ensure_credentials()
        if is_new and not options["no_demo"]:
            add_demo_shop()
        refresh_demo_shop()
