"""Stores probe results: each once, under its check and location."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import transaction

from monitor.models import Check, Location, Project
from monitor.pipeline.retain import ensure_partitions
from monitor.pipeline.sender_clock import EntryRefused, set_right, skew_s
from monitor.pipeline.upsert import Column, upsert

MOST_CHECKS = 500
"""Checks that results may bring into being in one project."""


@dataclass(frozen=True)
class SentResult:
    """One result as the prober sent it. `check_id` is None when the prober's own configuration names the check."""

    check_id: int | None
    check_name: str
    check_url: str
    scheduled_at: datetime
    started_at: datetime
    is_ok: bool
    status_code: int | None
    duration_ms: float
    phases: dict[str, float | None]
    error_kind: str
    error_message: str
    remote_address: str
    attempts: int


@dataclass(frozen=True)
class SentResults:
    """One request of one prober."""

    location: str
    version: str
    sent_at: datetime
    results: Sequence[SentResult]


@dataclass(frozen=True)
class Accepted:
    """How many entries were stored, and how many had been before."""

    accepted: int
    duplicates: int


def store_results(project: Project, sent: SentResults, received_at: datetime) -> Accepted:
    """Store all results of a request or none. Raises EntryRefused naming the first that cannot be stored."""
    known = Location.objects.filter(project=project, name=sent.location).first()
    skew = skew_s(sent.sent_at, received_at, known.clock_skew_s if known else 0.0)
    times = [
        set_right(result.scheduled_at, skew, received_at, f"results[{index}].scheduled_at")
        for index, result in enumerate(sent.results)
    ]
    ensure_partitions("monitor_result", {_day(at) for at in times})
    with transaction.atomic():
        _store_location(project, sent, skew, received_at)
        checks = _find_checks(project, sent.results)
        rows = [
            _row(project, check_id, sent.location, at, result, skew, received_at)
            for check_id, at, result in zip(checks, times, sent.results, strict=True)
        ]
        key = "project_id, day, check_id, location, scheduled_at"
        stored = upsert("monitor_result", RESULT, rows, conflict=key, returning="check_id")
    return Accepted(len(stored), len(rows) - len(stored))


RESULT = [
    Column("project_id", "bigint"),
    Column("day", "date"),
    Column("check_id", "bigint"),
    Column("location", "varchar"),
    Column("scheduled_at", "timestamptz"),
    Column("started_at", "timestamptz"),
    Column("received_at", "timestamptz"),
    Column("is_ok", "boolean"),
    Column("status_code", "int"),
    Column("duration_ms", "float8"),
    Column("phases", "jsonb"),
    Column("error_kind", "varchar"),
    Column("error_message", "varchar"),
    Column("remote_address", "varchar"),
    Column("attempts", "int"),
    Column("clock_skew_s", "float8"),
]


def _row(
    project: Project,
    check_id: int,
    location: str,
    scheduled_at: datetime,
    result: SentResult,
    skew: float,
    received_at: datetime,
) -> tuple[Any, ...]:
    return (
        project.pk,
        _day(scheduled_at),
        check_id,
        location,
        scheduled_at,
        result.started_at + timedelta(seconds=skew),
        received_at,
        result.is_ok,
        result.status_code,
        result.duration_ms,
        json.dumps({phase: ms for phase, ms in result.phases.items() if ms is not None}),
        result.error_kind,
        result.error_message,
        result.remote_address,
        result.attempts,
        skew,
    )


def _store_location(project: Project, sent: SentResults, skew: float, received_at: datetime) -> None:
    columns = [
        Column("project_id", "bigint"),
        Column("name", "varchar"),
        Column("version", "varchar", "EXCLUDED.version"),
        Column("last_seen_at", "timestamptz", "GREATEST(monitor_location.last_seen_at, EXCLUDED.last_seen_at)"),
        Column("clock_skew_s", "float8", "EXCLUDED.clock_skew_s"),
    ]
    row = (project.pk, sent.location, sent.version, received_at, skew)
    upsert("monitor_location", columns, [row], conflict="project_id, name")


def _find_checks(project: Project, results: Sequence[SentResult]) -> list[int]:
    """The check of each result; those that only a name and URL tell are made where they are missing."""
    wanted = {result.check_id for result in results if result.check_id is not None}
    known = set(Check.objects.filter(project=project, id__in=wanted).values_list("id", flat=True))
    named: dict[tuple[str, str], int] = {}
    found = []
    for index, result in enumerate(results):
        key = (result.check_name, result.check_url)
        if result.check_id is None:
            if key not in named:
                named[key] = _find_or_make(project, *key, f"results[{index}].check")
            found.append(named[key])
        elif result.check_id in known:
            found.append(result.check_id)
        else:
            raise EntryRefused(f"results[{index}].check.id", f"this project has no check {result.check_id}")
    return found


def _find_or_make(project: Project, name: str, url: str, path: str) -> int:
    """The check of that name and URL. Where the name has another URL, a second name tells them apart."""
    second_name = f"{name[:90]} ({hashlib.sha256(url.encode()).hexdigest()[:6]})"
    for candidate in (name, second_name):
        check = Check.objects.filter(project=project, name=candidate).first()
        if check is None:
            if Check.objects.filter(project=project).count() >= MOST_CHECKS:
                raise EntryRefused(path, f"this project has {MOST_CHECKS} checks already; remove some first")
            check, _ = Check.objects.get_or_create(project=project, name=candidate, defaults={"url": url})
        if check.url == url:
            return check.pk
    raise EntryRefused(path, f"the names {name!r} and {second_name!r} belong to other addresses; give it another name")


def _day(at: datetime) -> date:
    return at.astimezone(UTC).date()
