"""Gives every test run a PostgreSQL and a Valkey of its own, before Django reads its settings."""

import atexit
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import django
import pytest

ROOT = Path(__file__).resolve().parent.parent


def _start_servers() -> None:
    """Start the servers in a process that ends them when this one ends, however that comes about."""
    keeper = subprocess.Popen(
        [sys.executable, "-m", "monitor.embedded.throwaway"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    line = keeper.stdout.readline() if keeper.stdout else b""
    if not line:
        raise pytest.UsageError("the test servers did not start; their messages are above")
    os.environ.update(json.loads(line))
    atexit.register(keeper.communicate)


_start_servers()
os.environ["DJANGO_SETTINGS_MODULE"] = "monitor.settings"
django.setup()
# Left there, processes started by this one would read their settings before their own servers' addresses are known.
del os.environ["DJANGO_SETTINGS_MODULE"]

# Only now are the servers' addresses in the environment, and the models can be imported.
from monitor.broker import client  # noqa: E402
from monitor.models import Organisation, Project  # noqa: E402
from monitor.pipeline import retain  # noqa: E402
from monitor.pipeline.dictionaries import forget_dictionaries  # noqa: E402
from monitor.pipeline.pack import forget_stacks  # noqa: E402
from monitor.pipeline.retain import PARTITIONED, ensure_partitions  # noqa: E402


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Make the partitions once, outside of the transactions that tests roll back."""
    today = datetime.now(UTC).date()
    with django_db_blocker.unblock():
        for model in PARTITIONED:
            ensure_partitions(model._meta.db_table, [today + timedelta(days=offset) for offset in range(-32, 3)])


@pytest.fixture(scope="session")
def open_folder() -> Iterator[Path]:
    """A temporary folder that the embedded servers of root may enter, as they may not enter pytest's own."""
    with tempfile.TemporaryDirectory(prefix="farside-test-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


@pytest.fixture(autouse=True)
def _forget_what_is_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test stored goes with its transaction; what is remembered of it must go, too."""
    monkeypatch.setattr(retain, "_known", set())
    forget_stacks()
    forget_dictionaries()


@pytest.fixture(autouse=True)
def _plain_static_files(settings: Any) -> None:
    """The manifest of static files is made by an installation, which a test is not."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


@pytest.fixture
def project(db: None) -> Project:
    """A project of an organisation of its own."""
    organisation = Organisation.objects.create(name="Acme", slug="acme")
    return Project.objects.create(organisation=organisation, name="Web", slug="web")


@pytest.fixture
def valkey() -> Any:
    """The test's Valkey, empty."""
    client().flushdb()
    return client()


@pytest.fixture
def unreachable_broker(settings: Any) -> Iterator[None]:
    """A broker at an address where nothing listens."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    settings.REDIS_URL = f"redis://127.0.0.1:{port}/0"
    client.cache_clear()
    yield
    client.cache_clear()
