"""Both embedded servers of one data folder: where they live, their secrets, start, readiness, stop."""

import json
import os
import secrets
import socket
import time
from pathlib import Path

from monitor.embedded.account import servers_account
from monitor.embedded.postgres import Postgres
from monitor.embedded.process import ServerError, write_private
from monitor.embedded.valkey import Valkey

# Root's servers live here when their account may not enter the data folder; the folder keeps a link.
SYSTEM_HOME = Path("/var/lib/farside")
# A crashed PostgreSQL first replays its log; that may take minutes, but it says so by staying alive.
READY_S = 300.0

Server = Postgres | Valkey


class Servers:
    """The embedded servers of the data folder `data`; leave one out when an outside one is used.

    `fsync` is always or everysec (Valkey's promise; PostgreSQL always flushes at commit), or no: for throw-away data.
    """

    def __init__(self, data: Path, *, fsync: str, postgres: bool = True, valkey: bool = True) -> None:
        self.address_file = data / "servers.json"
        self.home = home = servers_home(data)
        account = servers_account(home / "postgres")
        for folder, mode in (("run", 0o700), ("log", 0o700), ("binaries", 0o711)):
            (home / folder).mkdir(mode=mode, exist_ok=True)
        passwords = _passwords(home / "secrets.json")
        self.postgres = Postgres(home, passwords, account, free_port(), durable=fsync != "no") if postgres else None
        self.valkey = Valkey(home, passwords, account, free_port(), fsync) if valkey else None

    @property
    def all(self) -> list[Server]:
        """The servers in the order of their start."""
        return [server for server in (self.postgres, self.valkey) if server is not None]

    def start(self) -> None:
        """Start all servers, wait until they answer, and write their addresses for the settings to read.

        What an earlier, killed run left of them is stopped first: one start, one state.
        """
        for server in self.all:
            server.stop()
            if server.log.exists():
                server.log.replace(server.log.with_suffix(".log.old"))
        try:
            for server in self.all:
                server.start()
            for server in self.all:
                wait_ready(server)
        except BaseException:
            self.stop()
            raise
        write_private(self.address_file, json.dumps(self.urls()))

    def urls(self) -> dict[str, str]:
        """The servers' addresses by the name of their setting."""
        urls = {"DATABASE_URL": self.postgres.url} if self.postgres else {}
        return urls | ({"REDIS_URL": self.valkey.url} if self.valkey else {})

    def stop(self) -> None:
        """Stop all servers, the broker first, whoever started them."""
        self.address_file.unlink(missing_ok=True)
        for server in reversed(self.all):
            server.stop()


def wait_ready(server: Server, *, limit_s: float = READY_S) -> None:
    """Wait until the server answers; raise ServerError when it dies or `limit_s` have passed."""
    deadline = time.monotonic() + limit_s
    while not server.check():
        if not server.alive():
            raise ServerError(f"the embedded {server.name} ended: {_reason(server.log)} (all its lines: {server.log})")
        if time.monotonic() > deadline:
            raise ServerError(f"the embedded {server.name} did not answer within {limit_s:.0f} s; see {server.log}")
        time.sleep(0.05)


def servers_home(data: Path) -> Path:
    """Return the folder of the servers' files, made if missing: `data`/servers, which root may make a link."""
    place = data / "servers"
    account = servers_account(place / "postgres")
    try:
        data.mkdir(mode=0o711 if account else 0o700, parents=True, exist_ok=True)
        if not place.exists():
            if account and not account.may_enter(data):
                SYSTEM_HOME.mkdir(mode=0o711, parents=True, exist_ok=True)
                elsewhere = SYSTEM_HOME / secrets.token_hex(6)
                elsewhere.mkdir(mode=0o711)
                place.symlink_to(elsewhere)
            else:
                place.mkdir(mode=0o711 if account else 0o700)
    except OSError as error:
        raise ServerError(
            f"{error.filename}: cannot be made ({error.strerror}); pass a folder you may write to, as --data ./data"
        ) from error
    if not os.access(place, os.W_OK | os.X_OK):
        raise ServerError(f"{place} belongs to another user; run as that user, or pass another folder with --data")
    return place.resolve()


def free_port() -> int:
    """Return a TCP port of the loopback address that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _passwords(path: Path) -> dict[str, str]:
    """The servers' passwords, made at the first start."""
    if not path.exists():
        write_private(
            path, json.dumps({name: secrets.token_urlsafe(24) for name in ("superuser", "database", "broker")})
        )
    return dict(json.loads(path.read_text(encoding="utf-8")))


def _reason(log: Path) -> str:
    """The line of a server's log that says why it ended, or else the last."""
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n") if log.exists() else []
    told = [line for line in lines if line.strip()]
    return next((line for line in told if "FATAL" in line or "PANIC" in line), told[-1] if told else "it wrote no line")
