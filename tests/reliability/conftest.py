"""One system for all tests that kill parts of it."""

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import system
from tests.reliability.load import Load
from tests.reliability.small_disk import small_disk
from tests.reliability.stored import Database
from tests.system import System


@pytest.fixture(scope="package")
def farside(open_folder: Path) -> Iterator[System]:
    folder = open_folder / secrets.token_hex(4)
    folder.mkdir(mode=0o711)
    with small_disk(folder / "spool") as settings, system.running(folder, **settings) as started:
        yield started


@pytest.fixture
def database(farside: System) -> Database:
    return Database(farside)


@pytest.fixture
def load(farside: System) -> Load:
    return Load(farside)


@pytest.fixture
def expect_all(database: Database) -> Callable[[Load], None]:
    """Waits until nothing waits any more; then every accepted event must be stored, once, and be counted once."""
    before = database.outcomes()

    def check(load: Load) -> None:
        database.wait_until_drained()
        assert database.differences(load, before) == []

    return check
