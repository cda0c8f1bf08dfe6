"""The peer: Bugsink from PyPI in an environment of its own, with its configuration for a single server."""

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import psutil

from bench.target import Target, is_open
from tests.system import free_port, wait_for

VERSION = "2.6.1"
STORED_S = 600.0
_CONFIGURATION = "bugsink_conf.py"
_PROJECT = 'from projects.models import Project as P; p = P.objects.create(name="bench"); print(p.id, p.sentry_key.hex)'


def installed() -> Path:
    """The folder of Bugsink's commands; installs it into the user's cache when it is missing."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    environment = cache / "farside-bench" / f"bugsink-{VERSION}"
    if not (environment / "installed").exists():
        print(f"installing bugsink {VERSION} into {environment} …", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", environment], check=True)
        pip = str(environment / "bin" / "pip")
        subprocess.run([pip, "--disable-pip-version-check", "-q", "install", f"bugsink=={VERSION}"], check=True)
        (environment / "installed").touch()
    return environment / "bin"


@contextmanager
def running_bugsink(folder: Path) -> Iterator[Target]:
    """Bugsink with SQLite in `folder`: its web server and its task runner, ended when the block is."""
    commands, port = installed(), free_port()
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "bugsink_conf", "PYTHONPATH": str(folder)}
    environment.pop("DATABASE_URL", None)
    _configure(commands, folder, environment)
    manage = commands / "bugsink-manage"
    project, key = _run([manage, "shell", "-c", _PROJECT], folder, environment).split()[-2:]
    web = [str(commands / "gunicorn"), "--bind", f"127.0.0.1:{port}", "--config", str(_web_configuration(commands))]
    with (folder / "bugsink.log").open("ab") as log:
        processes = [
            subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
            for command in ([*web, "bugsink.wsgi"], [str(commands / "bugsink-runsnappea")])
        ]
        try:
            wait_for(f"Bugsink; see {log.name}", lambda: is_open(port))
            roots = {role: psutil.Process(one.pid) for role, one in zip(("web", "worker"), processes, strict=True)}
            path = f"/api/{project}/envelope/?sentry_version=7&sentry_key={key}"
            yield Target("bugsink", port, path, roots, Stored(folder / "db.sqlite3").wait)
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(timeout=60)


class Stored:
    """Counts what Bugsink has digested."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._known = 0

    def wait(self, events: int) -> None:
        """Return when `events` more than at the last call are in the database."""
        self._known += events
        end = time.monotonic() + STORED_S
        while (count := self._count()) < self._known:
            if time.monotonic() > end:
                raise TimeoutError(f"Bugsink has digested {count} of {self._known} events after {STORED_S:.0f} s")
            time.sleep(0.1)

    def _count(self) -> int:
        with closing(sqlite3.connect(f"file:{self._database}?mode=ro", uri=True, timeout=60)) as connection:
            return int(connection.execute("SELECT count(*) FROM events_event").fetchone()[0])


def _configure(commands: Path, folder: Path, environment: dict[str, str]) -> None:
    """Write its configuration for a single server, as it generates it, and make its two databases."""
    create = [str(commands / "bugsink-create-conf"), "--template", "singleserver", "--host", "127.0.0.1"]
    _run([*create, "--base-dir", str(folder), "--output-file", _CONFIGURATION], folder, environment)
    with (folder / _CONFIGURATION).open("a") as file:  # else it would write into a folder that all users share
        file.write(f'\nBUGSINK["INGEST_STORE_BASE_DIR"] = "{folder}/ingestion"\nBUGSINK["PHONEHOME"] = False\n')
    _run([commands / "bugsink-manage", "migrate"], folder, environment)
    _run([commands / "bugsink-manage", "migrate", "--database", "snappea"], folder, environment)


def _web_configuration(commands: Path) -> Path:
    """The configuration of the web server that the package brings: one process a core, four at most."""
    return next(commands.parent.glob("lib/python*/site-packages/bugsink/gunicorn.docker.conf.py"))


def _run(command: Sequence[str | Path], folder: Path, environment: dict[str, str]) -> str:
    ended = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise RuntimeError(f"{command[0]} failed: {ended.stdout}{ended.stderr}")
    return ended.stdout
