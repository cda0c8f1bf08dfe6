"""Whichever part is killed while events arrive: `farside up` starts it again, and what was accepted is stored."""

from collections.abc import Callable

import pytest

from tests.reliability.load import Load
from tests.reliability.signals import kill, wait_for_another
from tests.reliability.stored import Database
from tests.system import System


# PostgreSQL is killed in test_outages.py.
@pytest.mark.parametrize("parts", [["web"], ["worker child", "worker"], ["beat"], ["valkey"]], ids=" and ".join)
def test_what_was_accepted_is_stored_once(
    parts: list[str], farside: System, database: Database, load: Load, expect_all: Callable[[Load], None]
) -> None:
    with load.going_on():
        for part in parts:
            killed = kill(farside, database, part)
            wait_for_another(farside, part, killed)
            load.wait_for_more(20)
    assert load.refused == []
    expect_all(load)
