"""What a door tells of its spool to the pages that run in other processes: one small file each."""

import json
import os
import time
from pathlib import Path

from ingest.spool import Spool

SUFFIX = ".state.json"
STALE_S = 60.0
"""Readers ignore what is older; who has a backlog writes at least twice as often."""


def write_state(spool: Spool, away_since: float | None) -> None:
    """Write `<pid>.state.json` beside the segments; without a broker away and without a backlog there is none."""
    path = spool.folder / f"{os.getpid()}{SUFFIX}"
    if away_since is None and not spool.batches():
        path.unlink(missing_ok=True)
        return
    oldest = spool.oldest_at()
    state = {
        "spool_bytes": spool.size(),
        "spool_batches": spool.batches(),
        "spool_limit_bytes": spool.most_bytes,
        "oldest_age_s": time.time() - oldest if oldest else 0.0,
        "broker_away_since": away_since,
    }
    spool.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    written = Path(f"{path}.new")
    written.write_text(json.dumps(state), encoding="utf-8")
    written.replace(path)


def remove_dead_states(folder: Path) -> None:
    """Remove what doors that have died, and whoever had this process' number before, told; call it as a door begins.

    A door in another container, whose number means nothing here, writes its own again within a second.
    """
    for path in folder.glob(f"*{SUFFIX}*"):
        if not _is_told_by_another(path):
            path.unlink(missing_ok=True)


def _is_told_by_another(path: Path) -> bool:
    """Whether a process that lives has written the file, and lately."""
    said = path.name.partition(".")[0]
    try:
        return said != str(os.getpid()) and _lives(int(said)) and time.time() - path.stat().st_mtime < STALE_S
    except (FileNotFoundError, ValueError):
        return False


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
