"""A worker that is killed in the middle of a backlog loses nothing and counts nothing twice."""

from collections.abc import Callable

from tests.reliability.load import Load
from tests.reliability.signals import stopped_workers
from tests.reliability.stored import Database
from tests.system import System, wait_for

ACCEPTED = 500


def test_every_accepted_event_is_stored_once(
    farside: System, database: Database, load: Load, expect_all: Callable[[Load], None]
) -> None:
    with stopped_workers(farside):
        load.send(ACCEPTED)
        assert len(load.accepted) == ACCEPTED
        assert database.event_ids(load) == []
    wait_for("a part is stored", lambda: len(database.event_ids(load)) >= ACCEPTED // 5)
    with stopped_workers(farside) as workers:
        assert len(database.event_ids(load)) < ACCEPTED, "killed too late to be of interest"
        for worker in workers:
            worker.kill()
    expect_all(load)
    assert len(database.event_ids(load)) == ACCEPTED
    assert {worker.pid for worker in farside.workers()}.isdisjoint(worker.pid for worker in workers)
