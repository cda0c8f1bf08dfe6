"""A broker or a database that stays away, or is full: what was accepted meanwhile is stored once when it is back."""

from collections.abc import Callable

from tests.reliability.load import Load
from tests.reliability.outages import fill_broker, fill_disk, kill_web_with_spool, take_database_away
from tests.reliability.stored import Database
from tests.system import System

Expect = Callable[[Load], None]


def test_the_next_door_takes_over_the_disk_of_one_that_was_killed(
    farside: System, database: Database, load: Load, expect_all: Expect
) -> None:
    with load.going_on():
        kill_web_with_spool(farside, database, load)
    assert load.refused == []
    expect_all(load)


def test_a_full_disk_is_told_and_costs_nothing_accepted(
    farside: System, database: Database, load: Load, expect_all: Expect
) -> None:
    with load.going_on():
        fill_disk(farside, database, load)
    assert set(load.refused) == {(503, "30")}
    expect_all(load)


def test_a_broker_without_memory_is_as_one_away(database: Database, load: Load, expect_all: Expect) -> None:
    fill_broker(database, load)
    assert load.refused == []
    expect_all(load)


def test_a_database_away_for_longer_than_one_retry_costs_nothing(
    farside: System, database: Database, load: Load, expect_all: Expect
) -> None:
    take_database_away(farside, database, load)
    assert load.refused == []
    expect_all(load)
