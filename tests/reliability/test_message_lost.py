"""The message that announces a batch is only a hint: without it the batch is processed as well.

So it is lost when a worker dies after BRPOP has taken it from the list, and before it is noted as unacknowledged.
"""

from collections.abc import Callable

from tests.reliability.load import Load
from tests.reliability.signals import stopped
from tests.reliability.stored import Database
from tests.system import System, wait_for


def test_a_batch_whose_message_is_lost_is_processed_once(
    farside: System, database: Database, load: Load, expect_all: Callable[[Load], None]
) -> None:
    with stopped(farside.workers()):
        # The first messages reach the workers' connections, which wait in BRPOP; later ones stay in the list.
        load.send(6, threads=1)
        lost = database.valkey.lpop("events", 2)
        assert len(lost) == 2
    wait_for("all are stored", lambda: len(database.event_ids(load)) == 6, 30)
    expect_all(load)
