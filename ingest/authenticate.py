"""The public key of a DSN to its project, from memory where it was seen lately."""

import asyncio
import math
import re
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from urllib.parse import parse_qs, urlsplit

from django.db import DatabaseError, close_old_connections, connections

from ingest.errors import Refused
from monitor.models import Key

FRESH_S = 30.0
"""How long a key is believed without asking the database: so long a key that is switched off goes on working."""
STALE_S = 3600.0
"""How long a known key is believed while the database does not answer."""
PATIENCE_S = 5.0
"""How long a request waits for the database's word on its key."""
MOST_KEYS = 10_000


@dataclass(frozen=True)
class Known:
    """What the database said of a (project, key), when, and when it was last asked in vain (monotonic seconds)."""

    is_active: bool
    asked_at: float
    failed_at: float = -math.inf

    def is_fresh(self) -> bool:
        """Whether there is no need, or after a failure no use, in asking again."""
        return time.monotonic() - max(self.asked_at, self.failed_at) <= FRESH_S


_known: dict[tuple[int, str], Known] = {}
_database = ThreadPoolExecutor(max_workers=1, thread_name_prefix="authenticate")


def find_key(headers: Mapping[str, str], query: str, envelope_dsn: str = "") -> str:
    """The public key a request carries, by any of the protocol's ways; "" when it carries none.

    `X-Sentry-Auth: Sentry sentry_key=…`, the same in `Authorization`, `?sentry_key=…`, or the DSN in the envelope's
    header (an SDK behind a tunnel).
    """
    for name in ("x-sentry-auth", "authorization"):
        if found := re.search(r"\bsentry_key=([^\s,]+)", headers.get(name, "")):
            return found[1]
    if found_in_query := parse_qs(query).get("sentry_key"):
        return found_in_query[0]
    try:
        return urlsplit(envelope_dsn).username or ""
    except ValueError:
        return ""


async def authenticate(project_id: int, public_key: str) -> None:
    """Return when the key is active for the project.

    Raises Refused: 401 without a key, 403 for a wrong one, 503 when nobody can tell.
    """
    if not public_key:
        raise Refused(
            401, "no sentry_key in the X-Sentry-Auth header, the query or the envelope's dsn; copy the DSN anew"
        )
    known = _known.get((project_id, public_key))
    if known is None or not known.is_fresh():
        known = await _ask(project_id, public_key, known)
    if not known.is_active:
        raise Refused(403, f"this key is not an active one of project {project_id}; copy the DSN from its set-up page")


async def _ask(project_id: int, public_key: str, known: Known | None) -> Known:
    now = time.monotonic()
    try:
        look_up = asyncio.get_running_loop().run_in_executor(_database, _look_up, project_id, public_key)
        is_active = await asyncio.wait_for(look_up, PATIENCE_S)
    except (DatabaseError, TimeoutError) as error:
        if known and now - known.asked_at < STALE_S:
            _known[(project_id, public_key)] = replace(known, failed_at=now)
            return known
        raise Refused(503, "the database that knows the keys does not answer; try again", retry_after=10) from error
    if len(_known) >= MOST_KEYS:
        _known.clear()
    found = _known[(project_id, public_key)] = Known(is_active, now)
    return found


def close_connections() -> None:
    """Close the look-up threads' database connections; new look-ups open new ones."""
    _database.submit(connections.close_all).result()


def _look_up(project_id: int, public_key: str) -> bool:
    close_old_connections()
    return Key.objects.filter(project_id=project_id, public_key=public_key, is_active=True).exists()
