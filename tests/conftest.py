"""Gives every test run a PostgreSQL and a Valkey of its own, before Django reads its settings."""

import atexit
import json
import os
import subprocess
import sys
from pathlib import Path

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


def pytest_configure() -> None:
    """Load the settings, so that pytest-django sets up Django with them."""
    from django.conf import settings  # noqa: PLC0415 - only now are the servers' addresses in the environment

    assert settings.DATABASES
