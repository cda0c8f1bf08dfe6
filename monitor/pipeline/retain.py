"""Makes the partitions of days to come, and drops those past their time."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from psycopg import sql

from monitor.models import CountedBatch, DeadLetter, Event, IssueCount, Outcome, Reading, Result, SampledEvent, Stack

PARTITIONED = (Event, Stack, SampledEvent, CountedBatch, Result, Reading)
BATCHES_KEPT_DAYS = 7
"""How long a processed batch is remembered: one that is delivered again comes within seconds, or from a door's disk."""
LOCK = 0x46617273
"""Advisory lock that serialises making and dropping partitions."""

_known: set[tuple[str, date]] = set()


def ensure_partitions(table: str, days: Iterable[date]) -> None:
    """Make the partitions of `table` for `days` that do not exist yet. Call it outside the transaction that inserts.

    A table is made alone and then attached, which unlike CREATE … PARTITION OF stops no reader or writer.
    """
    for day in sorted({day for day in days if (table, day) not in _known}):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            cursor.execute("SELECT to_regclass(%s)", [_name(table, day)])
            if cursor.fetchone() == (None,):
                _make(cursor, table, day)
        _known.add((table, day))


def _name(table: str, day: date) -> str:
    return f"{table}_{day:%Y%m%d}"


def _make(cursor: object, table: str, day: date) -> None:
    names = {"table": sql.Identifier(table), "part": sql.Identifier(_name(table, day))}
    bounds = {"start": sql.Literal(day), "end": sql.Literal(day + timedelta(days=1))}
    create = sql.SQL("CREATE TABLE {part} (LIKE {table} INCLUDING DEFAULTS)").format(**names)
    attach = sql.SQL("ALTER TABLE {table} ATTACH PARTITION {part} FOR VALUES FROM ({start}) TO ({end})")
    with connection.cursor() as own:
        own.execute(create)
        own.execute(attach.format(**names, **bounds))


def make_partitions(today: date | None = None) -> None:
    """Make those of yesterday to the day after tomorrow, ahead of the events."""
    today = today or datetime.now(UTC).date()
    for model in PARTITIONED:
        ensure_partitions(model._meta.db_table, [today + timedelta(days=offset) for offset in range(-1, 3)])


def retain(now: datetime | None = None) -> list[str]:
    """Drop the partitions and counters past their days; return the names of dropped partitions."""
    now = now or datetime.now(UTC)
    oldest = now - timedelta(days=settings.FARSIDE_RETENTION_DAYS)
    dropped = []
    for model in PARTITIONED:
        last = now - timedelta(days=BATCHES_KEPT_DAYS) if model is CountedBatch else oldest
        for name in _partitions(model._meta.db_table):
            found = re.fullmatch(rf"{model._meta.db_table}_(\d{{8}})", name)
            if found and datetime.strptime(found[1], "%Y%m%d").replace(tzinfo=UTC).date() < last.date():
                _drop(name)
                dropped.append(name)
    IssueCount.objects.filter(bin__lt=oldest).delete()
    Outcome.objects.filter(hour__lt=oldest).delete()
    DeadLetter.objects.filter(failed_at__lt=oldest).delete()
    return dropped


def _partitions(table: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = to_regclass(%s)", [table])
        return [row[0] for row in cursor.fetchall()]


def _drop(name: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        cursor.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier(name)))
