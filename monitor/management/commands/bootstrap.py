"""`farside bootstrap`: prints the first credentials."""

import contextlib
import json
import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings

from monitor.credentials import Credentials, kept_credentials
from monitor.embedded.lock import DataInUseError, data_lock
from monitor.embedded.process import ServerError
from monitor.embedded.servers import Servers
from monitor.embedded.supervisor import Child, stop_on_signals
from monitor.management.flags import FlagCommand
from monitor.processes import CLI

STARTING_S = 120.0


class Command(FlagCommand):
    """Prints what is kept; on an untouched data folder makes it first, with the embedded servers if need be."""

    flags = ("--data", "--url", "--port")
    help = "Print the address, DSN, login and API token of the first account, the same at every call."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the form of the output."""
        super().add_arguments(parser)
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print to standard output."""
        found = kept_credentials() or _make()
        if options["json"]:
            self.stdout.write(json.dumps(found))
        else:
            self.stdout.write("\n".join(f"{name:<11}{value}" for name, value in found.items()))


def _make() -> Credentials:
    """Prepare the data folder, or wait for the `farside up` that is doing it at this moment."""
    try:
        with data_lock(settings.FARSIDE_DATA), stop_on_signals():
            _prepare()
    except DataInUseError:
        deadline = time.monotonic() + STARTING_S
        while kept_credentials() is None and time.monotonic() < deadline:
            time.sleep(0.2)
    found = kept_credentials()
    if found is None:
        raise ServerError(f"nothing is prepared in {settings.FARSIDE_DATA} yet; try again when `farside up` is ready")
    return found


def _prepare() -> None:
    servers = Servers(
        settings.FARSIDE_DATA,
        fsync=settings.FARSIDE_VALKEY_FSYNC,
        postgres=settings.FARSIDE_EMBEDS_POSTGRES,
        valkey=settings.FARSIDE_EMBEDS_VALKEY,
    )
    try:
        servers.start()
        # Standard output is for the credentials alone.
        with contextlib.redirect_stdout(sys.stderr):
            Child("prepare", [*CLI, "prepare"], servers.home / "run").complete()
    finally:
        servers.stop()
