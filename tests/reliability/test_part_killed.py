"""Whichever part is killed while events arrive: `farside up` starts it again, and what was accepted is stored."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.reliability.load import Load
from tests.reliability.signals import recorded
from tests.system import System, wait_for


@pytest.mark.parametrize("part", ["web", "valkey", "postgres"])
def test_what_was_accepted_is_stored(
    part: str, farside: System, load: Load, expect_all: Callable[[Load], None]
) -> None:
    killed = recorded(farside, part)
    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(load.send, 400)
        wait_for("some are accepted", lambda: len(load.accepted) > 50)
        killed.kill()
        sending.result()
    wait_for(f"another {part}", lambda: recorded(farside, part) != killed)
    wait_for("an open door", load.is_taken)
    before = len(load.accepted)
    load.send(20)
    assert len(load.accepted) == before + 20
    expect_all(load)
