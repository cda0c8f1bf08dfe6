"""What a door tells of its spool to the pages that run in other processes: one small file each."""

import json
import os
import time
from pathlib import Path

from ingest.spool import Spool


def write_state(spool: Spool, away_since: float | None) -> None:
    """Write `<pid>.state.json` beside the segments; without a broker away and without a backlog there is none."""
    path = spool.folder / f"{os.getpid()}.state.json"
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
