"""What a broker or a database that does not come back at once looks like, under a load that goes on."""

from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from tests.reliability.load import Load
from tests.reliability.signals import find, kill, stopped, wait_for_another
from tests.reliability.stored import Database
from tests.system import System, wait_for


@contextmanager
def hung_broker(system: System, database: Database) -> Iterator[None]:
    """Valkey takes connections and does not answer; the block begins when the door writes to its disk."""
    valkey = wait_for("valkey", lambda: find(system, "valkey"))
    with stopped([valkey]):
        wait_for("a spool", database.spooled)
        yield


def kill_web_with_spool(system: System, database: Database, load: Load) -> None:
    """The door dies while its disk holds what the broker did not take."""
    with hung_broker(system, database):
        load.wait_for_more(10)
        killed = kill(system, database, "web")
        assert database.spooled()
        wait_for_another(system, "web", killed)
        load.wait_for_more(10)


def fill_disk(system: System, database: Database, load: Load) -> None:
    """The broker stays away until the door's disk takes no more."""
    with hung_broker(system, database):
        wait_for("a full disk", lambda: load.refused)


def fill_broker(database: Database, load: Load) -> None:
    """Valkey has no memory left for anything that is to be written, and gets it back."""
    before = database.valkey.config_get("maxmemory")["maxmemory"]
    database.valkey.config_set("maxmemory", 1)
    try:
        load.send(60)
        assert database.spooled()
    finally:
        database.valkey.config_set("maxmemory", before)


def take_database_away(system: System, database: Database, load: Load) -> None:
    """PostgreSQL dies and stays away until a batch has been tried again, and postponed again.

    A load that goes on would make workers log more than `farside up`, which stands still, could take.
    """
    with stopped([psutil.Process(system.process.pid)]):
        load.send(40)
        killed = kill(system, database, "postgres")
        load.send(40)
        first = wait_for("a postponed batch", lambda: _postponed(database))
        wait_for("another attempt", lambda: _is_later(database, first))
    wait_for_another(system, "postgres", killed)


def _postponed(database: Database) -> dict[bytes, float]:
    """Batches that were begun and left for later -> when they are due."""
    names = {name for name, attempts in database.valkey.hgetall("farside:attempts").items() if attempts == b"0"}
    return {
        name: due for name, due in database.valkey.zrange("farside:pending", 0, -1, withscores=True) if name in names
    }


def _is_later(database: Database, first: dict[bytes, float]) -> bool:
    """Whether one of the batches is due at least a second attempt later than it was."""
    now = _postponed(database)
    return any(name in now and now[name] > due + 1 for name, due in first.items())
