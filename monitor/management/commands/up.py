"""`farside up`: the whole system in one terminal."""

import http.client
import os
import time
from argparse import ArgumentParser
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from monitor import processes
from monitor.credentials import kept_credentials
from monitor.embedded.lock import data_lock
from monitor.embedded.outside import check_broker, check_port, check_postgres
from monitor.embedded.servers import Servers
from monitor.embedded.supervisor import Child, Stop, Supervisor, say, stop_on_signals
from monitor.management.flags import FlagCommand
from monitor.welcome import welcome

TICK_S = 0.3
NOTICE_S = 20.0
# The worker finishes the tasks it has begun; what takes longer is begun again after the next start.
DRAIN_S = 60.0


class Command(FlagCommand):
    """Starts the embedded servers, prepares them, runs web, worker and beat until Ctrl-C."""

    help = "Run the whole system in this terminal: PostgreSQL and Valkey (unless given), web, worker and beat."
    flags = ("--data", "--host", "--port", "--url", "--workers")

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Let an installation begin without the demo."""
        super().add_arguments(parser)
        parser.add_argument("--no-demo", action="store_true", help="leave out the demo shop on an empty data folder")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until a signal; return when everything has stopped."""
        if not settings.FARSIDE_EMBEDS_POSTGRES:
            check_postgres(settings.DATABASE_URL)
        if not settings.FARSIDE_EMBEDS_VALKEY:
            for warning in check_broker(settings.REDIS_URL):
                say(f"farside: {warning}")
        os.environ["FARSIDE_DATA"] = str(settings.FARSIDE_DATA)
        os.environ.setdefault("FARSIDE_LOG_LEVEL", "WARNING")
        with data_lock(settings.FARSIDE_DATA):
            with_demo = not options["no_demo"] and kept_credentials() is None
            _run(with_demo)


def _run(with_demo: bool) -> None:
    servers = Servers(
        settings.FARSIDE_DATA,
        fsync=settings.FARSIDE_VALKEY_FSYNC,
        postgres=settings.FARSIDE_EMBEDS_POSTGRES,
        valkey=settings.FARSIDE_EMBEDS_VALKEY,
    )
    run = servers.home / "run"
    children = [
        Child("worker", [*processes.CLI, "worker"], run, grace_s=DRAIN_S),
        Child("beat", [*processes.CLI, "beat"], run),
        Child("web", [*processes.CLI, "web"], run, grace_s=20),
    ]
    supervisor = Supervisor([*servers.all, *children])
    with stop_on_signals():
        try:
            _begin(servers, children, [] if with_demo else ["--no-demo"])
            _keep(supervisor, with_demo)
        except Stop:
            say("\nfarside: stopping; the worker finishes what it has begun (once more: stop by force)")
        finally:
            supervisor.stop()
            servers.address_file.unlink(missing_ok=True)
    say("farside: stopped")


def _begin(servers: Servers, children: list[Child], flags: list[str]) -> None:
    """Start everything in order, on the remains of a run that was killed or from nothing."""
    for child in reversed(children):
        if child.stop():
            say(f"farside: stopped the {child.name} that a killed `farside up` had left")
    check_port(settings.FARSIDE_LISTEN, settings.FARSIDE_PORT)
    if servers.all:
        say(f"farside: starting {' and '.join(server.name for server in servers.all)} in {servers.home}")
        servers.start()
    say("farside: preparing the database")
    Child("prepare", [*processes.CLI, "prepare", *flags], servers.home / "run").complete()
    for child in children:
        child.start()


def _keep(supervisor: Supervisor, with_demo: bool) -> None:
    """Tend the processes for ever; say once when the system is ready, and from time to time why it is not yet."""
    ready, notice = False, time.monotonic() + NOTICE_S
    while True:
        supervisor.tend()
        if not ready:
            ready, state = _readiness()
            if ready:
                say(welcome(with_demo))
            elif time.monotonic() > notice:
                notice += NOTICE_S
                say(f"farside: not ready yet: {state}")
        time.sleep(TICK_S)


def _readiness() -> tuple[bool, str]:
    """Ask /readyz; return whether it is 200, and its text."""
    anywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104
    host = anywhere.get(settings.FARSIDE_LISTEN, settings.FARSIDE_LISTEN)
    connection = http.client.HTTPConnection(host, settings.FARSIDE_PORT, timeout=5)
    try:
        connection.request("GET", "/readyz", headers={"Host": urlsplit(settings.FARSIDE_URL).netloc})
        answer = connection.getresponse()
        return answer.status == http.client.OK, answer.read(1000).decode(errors="replace").strip()
    except (OSError, http.client.HTTPException) as error:
        return False, f"web does not answer ({error})"
    finally:
        connection.close()
