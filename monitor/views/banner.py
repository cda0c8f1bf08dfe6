"""What is wrong with Farside itself, as a line on every page: fetched beside the page, which it never slows down."""

import threading
import time
from dataclasses import dataclass

import redis
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from monitor.pipeline.backlog import DoorState, is_read_only, measure, read_doors, together
from monitor.templatetags.farside import measure as with_unit
from monitor.templatetags.farside import span

FRESH_S = 5.0
"""How long a process believes what it saw."""
OLD_S = 60.0
FULL = 0.8


@dataclass(frozen=True)
class Trouble:
    """What is wrong, and what to do about it. `is_bad`: nothing more is stored, or soon something is lost."""

    what: str
    do: str
    is_bad: bool = True


@dataclass
class Seen:
    """What this process saw last, and when (monotonic seconds)."""

    at: float
    troubles: list[Trouble]


_seen = Seen(-FRESH_S, [])
_looking = threading.Lock()

DATABASE_AWAY = Trouble(
    "The database does not answer.",
    "Events are still accepted and wait in the broker. Check that PostgreSQL runs, and DATABASE_URL.",
)


@never_cache
def banner(request: HttpRequest) -> HttpResponse:
    """The lines, none when all is well; 204, on which htmx changes nothing, for who is not logged in."""
    try:
        if not request.user.is_authenticated:
            return HttpResponse(status=204)
    except DatabaseError:
        return _lines(request, [DATABASE_AWAY])  # nobody can log in now, and it tells no more than /readyz
    return _lines(request, current())


def _lines(request: HttpRequest, troubles: list[Trouble]) -> HttpResponse:
    return render(request, "status/_banner.html", {"troubles": troubles})


def current() -> list[Trouble]:
    """What is wrong now or was some seconds ago. While one thread looks, the others take what was seen before."""
    if time.monotonic() - _seen.at >= FRESH_S and _looking.acquire(blocking=False):
        try:
            _seen.troubles = look()
            _seen.at = time.monotonic()
        finally:
            _looking.release()
    return _seen.troubles


def look() -> list[Trouble]:
    """Ask broker, disk and database; the worst stands first."""
    doors = read_doors()
    return [*_of_broker(together(doors)), *_of_spool(doors), *_of_database()]


def _of_broker(door: DoorState) -> list[Trouble]:
    try:
        backlog = measure()
    except redis.RedisError:
        what = f"The broker (Valkey) {_for(door, 'has not answered') or 'does not answer'}."
        do = "Doors keep what they accept on their disk; nothing is processed. Check that Valkey runs, and REDIS_URL."
        return [Trouble(what, do)]
    found = []
    if door.broker_away_since is not None:
        what = f"The broker (Valkey) {_for(door, 'has taken no events')}, though it answers."
        found.append(Trouble(what, "It may be out of memory (maxmemory) or disk: look at its log and INFO."))
    if not backlog.is_worker_alive:
        found.append(Trouble("No worker was heard of lately.", "Nothing is processed. Start one: farside worker."))
    elif backlog.pending and backlog.oldest_age_s > OLD_S:
        what = f"Events wait: the oldest of {backlog.pending:,} batches for {span(backlog.oldest_age_s)}."
        do = "The workers do not keep up, or fail: look at their log; add some by FARSIDE_WORKERS or farside worker."
        found.append(Trouble(what, do, is_bad=False))
    if backlog.unreadable:
        what = f"Batches that another version of Farside has accepted cannot be read: {backlog.unreadable:,}."
        do = "They are kept. Start that version again, or a newer one; it takes them up by itself."
        found.append(Trouble(what, do))
    return found


def _for(door: DoorState, what: str) -> str:
    """How long the doors have met it; "" when none says."""
    return f"{what} for {span(max(1.0, time.time() - door.broker_away_since))}" if door.broker_away_since else ""


def _of_spool(doors: list[DoorState]) -> list[Trouble]:
    door = together(doors)
    if not door.spool_batches:
        return []
    full = max(one.fullness() for one in doors)
    what = f"{door.spool_batches:,} batch{'es wait' if door.spool_batches != 1 else ' waits'} on the door's disk"
    size = with_unit(door.spool_bytes, "bytes")
    if full < FULL:
        return [Trouble(f"{what} ({size}).", "They go to the broker, oldest first, when it takes them.", is_bad=False)]
    do = (
        "Once it is full, clients get 503 and events are lost. Bring the broker back, or raise FARSIDE_SPOOL_MAX_BYTES."
    )
    return [Trouble(f"{what} ({size}), and it is {full:.0%} full.", do)]


def _of_database() -> list[Trouble]:
    try:
        read_only = is_read_only()
    except DatabaseError:
        return [DATABASE_AWAY]
    do = "Nothing can be stored; events wait in the broker. Let DATABASE_URL name the primary, or lift the restriction."
    return [Trouble("The database is read-only.", do)] if read_only else []
