"""Measures symbolicate and group on events of 40 frames: the process of sourcemaps.py that has the servers.

Prints JSON: the cost of an event in parse units, by kind of stack, and the database queries of a batch.
"""

import json
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import django

django.setup()

# The models can be imported only now, hence every E402 below.
from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from bench.build import read_build, write_build  # noqa: E402
from bench.events import ORIGIN, Release, envelopes  # noqa: E402
from bench.measure import parse_unit_s  # noqa: E402
from edge.sourcemaps.build import find_scripts  # noqa: E402
from edge.sourcemaps.inject import inject  # noqa: E402
from monitor.batch import Item  # noqa: E402
from monitor.models import Organisation, Project  # noqa: E402
from monitor.pipeline.grouping import group  # noqa: E402
from monitor.pipeline.normalize import normalize  # noqa: E402
from monitor.pipeline.scrub import scrub  # noqa: E402
from monitor.pipeline.sourcemaps.artifacts import store_build  # noqa: E402
from monitor.pipeline.symbolicate import symbolicate  # noqa: E402

BATCH = 30
FRAMES = 40
EVENTS, WARM_UP = 300, 300
RELEASE = "shop@1.5.0"


def main() -> None:
    """Upload a build, resolve some events so that its maps are open, measure others."""
    with tempfile.TemporaryDirectory() as name:
        settings.FARSIDE_DATA = settings.MEDIA_ROOT = Path(name)
        call_command("migrate", verbosity=0)
        organisation = Organisation.objects.create(name="Bench", slug="bench")
        project = Project.objects.create(organisation=organisation, name="Shop", slug="shop")
        release = _upload(project, Path(name) / "build")
        stream = list(_events(release, random.Random(1)))
        _measure(project, stream[:WARM_UP])
        known = _measure(project, stream[WARM_UP:])
        unseen = _measure(project, list(_events(release, random.Random(2)))[WARM_UP:])
        with CaptureQueriesContext(
            connection,
        ) as queries:
            symbolicate([(project.pk, _prepared(project, body)) for body in stream[:BATCH]])
        print(json.dumps({"known_units": known, "unseen_units": unseen, "queries": len(queries)}))


def _upload(project: Project, folder: Path) -> Release:
    write_build(folder, 0)
    for script in find_scripts(folder):
        inject(script)
    store_build(project.pk, RELEASE, [folder])
    return Release(RELEASE, read_build(folder, ORIGIN))


def _events(release: Release, rng: random.Random) -> Iterator[bytes]:
    """Events as browsers send them, of 40 frames each: their stacks are of one seed's places, three events a stack."""
    stacks = [_stack(release, rng) for _ in range((EVENTS + WARM_UP) // 3)]
    for _, envelope in envelopes([release], 5, EVENTS + WARM_UP):
        event = json.loads(envelope.split(b"\n", 2)[2])
        event["exception"]["values"][0]["stacktrace"]["frames"] = rng.choice(stacks)
        yield json.dumps(event).encode()


def _stack(release: Release, rng: random.Random) -> list[dict[str, Any]]:
    places = [(script, rng.choice(script.points)) for script in rng.choices(release.scripts, weights=(3, 1), k=FRAMES)]
    return [
        {"filename": script.url, "function": at.function, "in_app": True, "lineno": at.line, "colno": at.column}
        for script, at in places
    ]


def _prepared(project: Project, body: bytes) -> Any:
    return scrub(normalize(Item(project.pk, "0" * 32, time.time(), None, "", "bench", body)))


def _measure(project: Project, bodies: Sequence[bytes]) -> float:
    """The median cost of an event among the batches, in parse units."""
    unit = parse_unit_s([b"\n\n" + body for body in bodies])
    taken = []
    for first in range(0, len(bodies), BATCH):
        batch = [(project.pk, _prepared(project, body)) for body in bodies[first : first + BATCH]]
        started = time.process_time()
        for payload in symbolicate(batch):
            group(payload)
        taken.append((time.process_time() - started) / len(batch) / unit)
    return median(taken)


if __name__ == "__main__":
    main()
