"""One system for all tests that kill parts of it."""

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import system
from tests.reliability.load import Load
from tests.reliability.stored import Database
from tests.system import System, wait_for


@pytest.fixture(scope="package")
def farside(open_folder: Path) -> Iterator[System]:
    folder = open_folder / secrets.token_hex(4)
    folder.mkdir(mode=0o711)
    with system.running(folder) as started:
        yield started


@pytest.fixture
def database(farside: System) -> Database:
    return Database(farside)


@pytest.fixture
def load(farside: System) -> Load:
    return Load(farside)


@pytest.fixture
def expect_all(database: Database) -> Callable[[Load], None]:
    """Waits until nothing waits any more; then every accepted event must be stored, once, and be counted once.

    One that was stored before its answer could be given is no fault, but it counts as well.
    """

    def check(load: Load) -> None:
        wait_for("an empty backlog", lambda: not database.waiting())
        stored = database.event_ids(load)
        assert load.accepted - set(stored) == set()
        assert len(stored) == len(set(stored))
        assert database.issues(load) == load.expected(stored)
        assert database.dead_letters() == []

    return check
