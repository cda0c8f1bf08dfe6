"""The public key of a DSN to its project, from memory where it was seen lately."""

import asyncio
import math
import re
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from urllib.parse import parse_qs, urlsplit

from django.db import DatabaseError, close_old_connections, connections

from ingest.errors import Refused
from ingest.quota import DAY_S, Limit
from monitor.models import Key

FRESH_S = 30.0
"""How long a key is believed without asking the database."""
AGED_S = 60.0
"""How long a known key is believed while the database is asked beside the request: so long a key that is switched off
goes on working, at most."""
STALE_S = 3600.0
"""How long a known key is believed while the database does not answer."""
PATIENCE_S = 5.0
"""How long a request waits for the database's word on its key."""
MOST_KEYS = 10_000
MOST_REMEMBERED = 300
"""Characters of a query whose key is remembered."""
KEY = re.compile(r"[0-9A-Za-z_-]{1,64}")

Pair = tuple[int, str]


@dataclass(frozen=True)
class Known:
    """What the database said of a (project, key): None for no active key of it. When it said so, and when it was last
    asked in vain (monotonic seconds).
    """

    admission: "Admission | None"
    asked_at: float
    failed_at: float = -math.inf

    def age(self) -> float:
        """Seconds in which there was no need, or after a failure no use, in asking again."""
        return time.monotonic() - max(self.asked_at, self.failed_at)


@dataclass(frozen=True)
class Admission:
    """What the door must know of a project to take its items."""

    limits: tuple[Limit, ...]
    keeps_addresses: bool


# Keys that are none are remembered apart, so that guessing cannot crowd out the real ones.
_known: dict[Pair, Known] = {}
_unknown: dict[Pair, Known] = {}
_asked: dict[Pair, asyncio.Task[Known]] = {}
_database = ThreadPoolExecutor(max_workers=1, thread_name_prefix="authenticate")


def forget() -> None:
    """Forget every key, as a new process would know none."""
    for remembered in (_known, _unknown, _asked):
        remembered.clear()


def find_key(headers: Mapping[str, str], query: str, envelope_dsn: str = "") -> str:
    """The public key a request carries, by any of the protocol's ways; "" when it carries none.

    `X-Sentry-Auth: Sentry sentry_key=…`, the same in `Authorization`, `?sentry_key=…`, or the DSN in the envelope's
    header (an SDK behind a tunnel).
    """
    for name in ("x-sentry-auth", "authorization"):
        if found := re.search(r"\bsentry_key=([^\s,]+)", headers.get(name, "")):
            return found[1]
    # An SDK sends the same short query each time; long ones are not worth their room.
    if found_in_query := _remembered_key(query) if len(query) < MOST_REMEMBERED else _key_in(query):
        return found_in_query
    try:
        return urlsplit(envelope_dsn).username or ""
    except ValueError:
        return ""


def _key_in(query: str) -> str:
    return parse_qs(query).get("sentry_key", [""])[0]


_remembered_key = lru_cache(maxsize=1024)(_key_in)


async def authenticate(project_id: int, public_key: str) -> Admission:
    """What the project admits, when the key is an active one of it.

    Raises Refused: 401 without a key, 403 for a wrong one, 503 when nobody can tell.
    """
    if not public_key:
        raise Refused(
            401, "no sentry_key in the X-Sentry-Auth header, the query or the envelope's dsn; copy the DSN anew"
        )
    if not KEY.fullmatch(public_key):
        raise Refused(403, "the sentry_key is not one that Farside gives out; copy the DSN anew")
    pair = (project_id, public_key)
    known = _known.get(pair) or _unknown.get(pair)
    if known is None or known.age() > AGED_S or (known.admission is None and known.age() > FRESH_S):
        known = await _ask(pair, known)
    elif known.age() > FRESH_S and pair not in _asked:
        _asked[pair] = asyncio.create_task(_ask(pair, known))
        _asked[pair].add_done_callback(lambda _: _asked.pop(pair, None))
    if known.admission is None:
        raise Refused(403, f"this key is not an active one of project {project_id}; copy the DSN from its set-up page")
    return known.admission


async def _ask(pair: Pair, known: Known | None) -> Known:
    now = time.monotonic()
    try:
        look_up = asyncio.get_running_loop().run_in_executor(_database, _look_up, *pair)
        found = Known(await asyncio.wait_for(look_up, PATIENCE_S), now)
    except (DatabaseError, TimeoutError) as error:
        if known and now - known.asked_at < STALE_S:
            _known[pair] = replace(known, failed_at=now)
            return _known[pair]
        raise Refused(503, "the database that knows the keys does not answer; try again", retry_after=10) from error
    _known.pop(pair, None)
    remembered = _unknown if found.admission is None else _known
    if len(remembered) >= MOST_KEYS:
        remembered.clear()
    remembered[pair] = found
    return found


def close_connections() -> None:
    """Close the look-up threads' database connections; new look-ups open new ones."""
    _database.submit(connections.close_all).result()


PERIOD_S = {"day": DAY_S, "month": 0}


def _look_up(project_id: int, public_key: str) -> Admission | None:
    close_old_connections()
    keys = Key.objects.filter(project_id=project_id, public_key=public_key, is_active=True)
    key = keys.select_related("project").first()
    if key is None:
        return None
    project = key.project
    limits = [
        (f"k{key.pk}", "key_rate", key.rate_limit, key.rate_window_s),
        (f"p{project.pk}", "project_rate", project.rate_limit, project.rate_window_s),
        (f"q{project.pk}", "project_quota", project.quota, PERIOD_S[project.quota_period]),
    ]
    return Admission(
        tuple(Limit(scope, reason, most, window_s) for scope, reason, most, window_s in limits if most),
        project.keeps_addresses,
    )
