"""`make soak`: round after round something dies or stays away under load; ends at the first round that does not add up.

    python -m tests.reliability.soak ROUNDS [SEED]

Exits with 0 when what was accepted was stored and counted exactly in every round. Standard output gets a line a round.
"""

import random
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests import system
from tests.reliability.load import Load
from tests.reliability.outages import fill_broker, fill_disk, kill_web_with_spool, take_database_away
from tests.reliability.signals import PARTS, kill, wait_for_another
from tests.reliability.small_disk import small_disk
from tests.reliability.stored import Database
from tests.system import System

Trouble = Callable[[System, Database, Load], None]
CALM_EVENTS = 200
"""How many are accepted before a part is killed, and again after it lives."""


def kill_part(part: str, running: System, database: Database, load: Load) -> None:
    """A part dies at a moment of its own and is started again."""
    with load.going_on():
        load.wait_for_more(random.randint(1, CALM_EVENTS))
        killed = kill(running, database, part)
        wait_for_another(running, part, killed)
        load.wait_for_more(CALM_EVENTS)


def under_load(trouble: Trouble, running: System, database: Database, load: Load) -> None:
    """The trouble while events arrive, before and after it."""
    with load.going_on():
        trouble(running, database, load)
        load.wait_for_more(CALM_EVENTS)


TROUBLES: dict[str, Trouble] = {
    **{f"{part} killed": partial(kill_part, part) for part in PARTS},
    "web killed with a spool": partial(under_load, kill_web_with_spool),
    "disk full": partial(under_load, fill_disk),
    "broker full": partial(under_load, lambda _, database, load: fill_broker(database, load)),
    "database away": take_database_away,
}


def order(rounds: int) -> list[str]:
    """What happens in each round: every trouble once in a row of its own order, then all again."""
    rows = -(-rounds // len(TROUBLES))
    return [name for _ in range(rows) for name in random.sample(list(TROUBLES), len(TROUBLES))][:rounds]


def run_round(name: str, running: System) -> tuple[Load, list[str]]:
    """One trouble; return its load and what does not add up after it."""
    database, load = Database(running), Load(running)
    before = database.outcomes()
    TROUBLES[name](running, database, load)
    database.wait_until_drained()
    return load, database.differences(load, before)


def soak(rounds: int, seed: int, folder: Path) -> int:
    """Run the rounds; return the exit status."""
    random.seed(seed)
    print(f"seed {seed}", flush=True)
    with small_disk(folder / "spool") as settings, system.running(folder, **settings) as running:
        for number, name in enumerate(order(rounds), 1):
            began = time.monotonic()
            load, differences = run_round(name, running)
            told = f"{len(load.accepted)} accepted, {len(load.refused)} refused, {len(load.unanswered)} unanswered"
            verdict = "differs" if differences else "stored once"
            print(f"{number:3}/{rounds} {name:24} {told}: {verdict}, {time.monotonic() - began:.0f} s", flush=True)
            if differences:
                print("\n".join(differences), running.log.read_text()[-5000:], sep="\n", flush=True)
                return 1
    return 0


def main() -> int:
    """Run what the command line says."""
    rounds = int(sys.argv[1])
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(2**32)
    with tempfile.TemporaryDirectory(prefix="farside-soak-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        return soak(rounds, seed, Path(folder))


if __name__ == "__main__":
    sys.exit(main())
