"""The embedded PostgreSQL: made once, started on a loopback port, stopped cleanly."""

import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg import sql

from monitor.embedded.account import Account, nobody, run_as
from monitor.embedded.binaries import postgres_programs
from monitor.embedded.process import Process, ServerError, write_private

NAME = "farside"
SUPERUSER = "postgres"
# For a machine that also runs everything else; an administrator's edits in postgresql.conf outlive restarts.
TUNING = {
    "max_connections": "60",
    "shared_buffers": "48MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "wal_compression": "on",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class Postgres(Process):
    """One PostgreSQL cluster in `home`/postgres; `durable=False` trades its safety for speed, for tests."""

    # The fast shutdown (sessions are ended, everything is written), and the immediate one (replays its log next time).
    quit_signal = signal.SIGINT
    force_signal = signal.SIGQUIT
    grace_s = 60.0

    def __init__(
        self, home: Path, secrets: dict[str, str], account: Account | None, port: int, *, durable: bool
    ) -> None:
        super().__init__("PostgreSQL", home / "run" / "postgres.json")
        self.data = home / "postgres"
        self.log = home / "log" / "postgres.log"
        self.programs = postgres_programs(home / "binaries", account)
        self.secrets = secrets
        self.account = account
        self.port = port
        self.durable = durable

    @property
    def url(self) -> str:
        """The address that the application uses, its password included."""
        return f"postgresql://{NAME}:{self.secrets['database']}@127.0.0.1:{self.port}/{NAME}"

    def start(self) -> None:
        """Start the server, making its data folder first where there is none."""
        if not (self.data / "PG_VERSION").exists():
            self._create()
        command = [str(self.programs / "postgres"), "-D", str(self.data), *self._options()]
        with self.log.open("ab") as log:
            self.spawn(command, stdout=log, env={"LC_ALL": "C", "TZ": "UTC"}, cwd=self.data, **run_as(self.account))

    def check(self) -> bool:
        """Whether the server answers; makes the application's role and database where they are missing."""
        address = f"postgresql://{SUPERUSER}:{self.secrets['superuser']}@127.0.0.1:{self.port}/postgres"
        try:
            with psycopg.connect(address, autocommit=True, connect_timeout=5) as connection:
                self._ensure_database(connection)
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                kept = self.data.parent / "secrets.json"
                raise ServerError(f"{self.data} refuses the password in {kept}; restore that file") from error
            return False
        return True

    def _options(self) -> Iterator[str]:
        options = {"port": str(self.port), "listen_addresses": "127.0.0.1", "unix_socket_directories": ""}
        if not self.durable:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        for name, value in options.items():
            yield from ("-c", f"{name}={value}")

    def _create(self) -> None:
        """Run initdb in a folder beside and move it into place, so that an interrupted run leaves nothing half made."""
        fresh, password = self.data.with_name("postgres.new"), self.data.with_name("postgres.password")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        write_private(password, self.secrets["superuser"])
        maker = nobody() if self.account else None
        if maker:
            maker.give(fresh)
            maker.give(password)
        command = self._initdb(fresh, password)
        options = {"env": {"LC_ALL": "C"}, "cwd": fresh, "start_new_session": True, **run_as(maker)}
        try:
            made = subprocess.run(command, capture_output=True, text=True, **options)  # noqa: S603 - composed by us
        finally:
            password.unlink(missing_ok=True)
        if made.returncode != 0:
            raise ServerError(f"PostgreSQL's data folder {self.data} cannot be made: {made.stderr.strip()}")
        if self.account:
            self.account.give(fresh)
        fresh.replace(self.data)

    def _initdb(self, folder: Path, password: Path) -> list[str]:
        return [
            *(str(self.programs / "initdb"), "-D", str(folder), "-U", SUPERUSER, "--pwfile", str(password)),
            *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-instructions"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            *(f"--set={name}={value}" for name, value in TUNING.items()),
            *([] if self.durable else ["--no-sync"]),
        ]

    def _ensure_database(self, connection: psycopg.Connection) -> None:
        """Make the role without special rights that the application is, and its database."""
        role, password = sql.Identifier(NAME), sql.Literal(self.secrets["database"])
        rights = sql.SQL("NOCREATEDB" if self.durable else "CREATEDB")
        if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [NAME]).fetchone() is None:
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN {} PASSWORD {}").format(role, rights, password))
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(role, role))
