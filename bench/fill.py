"""Fills a database with events in bulk and measures the pipeline and the issue list on it: the process of growth.py."""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import django
import psutil

os.environ["FARSIDE_HOT_ISSUE_EVENTS"] = "0"
django.setup()

# The models can be imported only now, hence every E402 below.
from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.http import QueryDict  # noqa: E402

from bench.build import read_build, write_build  # noqa: E402
from bench.copy_events import copy_events  # noqa: E402
from bench.events import ORIGIN, Release, envelopes  # noqa: E402
from bench.measure import parse_unit_s  # noqa: E402
from edge.sourcemaps.build import find_scripts  # noqa: E402
from edge.sourcemaps.inject import inject  # noqa: E402
from monitor.batch import Batch, Item, new_id  # noqa: E402
from monitor.models import Organisation, Project  # noqa: E402
from monitor.pipeline.process import process  # noqa: E402
from monitor.pipeline.retain import PARTITIONED, ensure_partitions  # noqa: E402
from monitor.pipeline.sourcemaps.artifacts import store_build  # noqa: E402
from monitor.views.listing import list_issues  # noqa: E402

DAYS = 30
BATCH = 30
SEEDS, PROBES, LISTS = 1000, 600, 60
WARM_UP, ROUNDS = 1, 7
"""Rounds over all sizes; the first makes every stack known, and is not measured."""
RELEASE = "shop@1.5.0"


def main(sizes: Sequence[int]) -> None:
    """Print [size, units of an event, units of the issue list] for each size and round, one a line.

    Each size is a database of its own, so that a round measures all of them within seconds: machines drift.
    """
    call_command("migrate", verbosity=0)
    today = datetime.now(UTC).date()
    for model in PARTITIONED:
        ensure_partitions(model._meta.db_table, [today + timedelta(days=offset) for offset in range(-DAYS, 2)])
    organisation = Organisation.objects.create(name="Bench", slug="bench")
    project = Project.objects.create(organisation=organisation, name="Shop", slug="shop")
    user = User.objects.create(username="reader")
    release = _upload(project)
    _process_all(_batches(project, release, SEEDS)[0])  # from now on every source map is open
    databases = _fill(project, sizes)
    for number in range(WARM_UP + ROUNDS):
        for size, database in databases.items():
            _use(database)
            batches, unit = _batches(project, release, PROBES)
            with transaction.atomic():
                listed = _cpu_s(partial(_list, project, user)) / LISTS / unit
                ingest = _cpu_s(partial(_process_all, batches)) / PROBES / unit
                transaction.set_rollback(number >= WARM_UP)  # what is measured leaves the size as it was
            _settle()
            if number >= WARM_UP:
                print(json.dumps([size, ingest, listed]), flush=True)


def _fill(project: Project, sizes: Sequence[int]) -> dict[int, str]:
    """Size -> the name of a database with so many events."""
    filled, stored = str(connection.settings_dict["NAME"]), SEEDS
    databases = {}
    for size in sizes:
        copy_events(project.pk, max(0, size - stored), DAYS)
        stored = max(stored, size)
        _settle()
        databases[size] = f"bench_{size}"
        _use("postgres")
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE bench_{size} TEMPLATE {filled} STRATEGY file_copy")
        _use(filled)
    return databases


def _use(database: str) -> None:
    """Let everything that asks the database ask this one."""
    connection.close()
    connection.settings_dict["NAME"] = database


def _settle() -> None:
    """No dead rows, fresh statistics: as autovacuum leaves it."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _upload(project: Project) -> Release:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "build"
        write_build(folder, 0)
        for script in find_scripts(folder):
            inject(script)
        store_build(project.pk, RELEASE, [folder])
        return Release(RELEASE, read_build(folder, ORIGIN))


def _batches(project: Project, release: Release, many: int) -> tuple[list[Batch], float]:
    """The same events each time but for their ids, as the door queues them; and the parse unit at this moment."""
    now = time.time()
    made = list(envelopes([release], 5, many))
    items = [
        Item(project.pk, body[13:45].decode(), now, None, agent.decode(), "bench", body.split(b"\n", 2)[2])
        for agent, body in made
    ]
    batches = [Batch(new_id(), items[first : first + BATCH], []) for first in range(0, many, BATCH)]
    return batches, parse_unit_s([body for _, body in made[:300]])


def _process_all(batches: Sequence[Batch]) -> None:
    for batch in batches:
        process(batch)


def _list(project: Project, user: User) -> None:
    for _ in range(LISTS):
        list_issues(project, QueryDict("tab=all"), user)


def _cpu_s(act: Callable[[], object]) -> float:
    """CPU seconds of this process and of its database connection's."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = psutil.Process(cursor.fetchone()[0])
    before = time.process_time() + sum(backend.cpu_times()[:2])
    act()
    return time.process_time() + sum(backend.cpu_times()[:2]) - before


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]])
