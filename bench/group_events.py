"""The measured part of the grouping benchmark: resolves and groups a corpus' events in the order in which they came.

Run by grouping.py in a process with settings and a data folder of its own; prints a JSON line for each, and at last
what it cost.
"""

import gzip
import json
import random
import re
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

import django

django.setup()

# The models can be imported only now, hence every E402 below.
from bench.measure import parse_unit_s  # noqa: E402
from monitor.batch import Item  # noqa: E402
from monitor.pipeline.grouping import group, join  # noqa: E402
from monitor.pipeline.normalize import normalize  # noqa: E402
from monitor.pipeline.payload import Payload  # noqa: E402
from monitor.pipeline.sourcemaps import blobs  # noqa: E402
from monitor.pipeline.sourcemaps.find_map import Build, NoMap, build_of  # noqa: E402
from monitor.pipeline.symbolicate import Resolver  # noqa: E402

LONG = 30
"""Frames of an event whose cost is told."""
RELEASES = ("r1", "r2", "r3", "r4")
Event = dict[str, Any]


class CorpusMaps:
    """The source maps of one build, by file name; a `.same` file names the identical one of another build."""

    def __init__(self, application: Path, release: str) -> None:
        """Store the maps as an upload does."""
        self._blobs: dict[str, str] = {}
        for path in sorted((application / "releases" / release).rglob("*.js.map.*")):
            name = path.name.rpartition(".map.")[0]
            same = application / path.read_text().strip() if path.suffix == ".same" else path
            self._blobs[name] = blobs.put(gzip.decompress(same.read_bytes()))

    def find(self, build: Build, url: str) -> str:
        """The blob of the map of the file at `url`. Raises NoMap."""
        try:
            return self._blobs[urlsplit(url).path.rpartition("/")[2]]
        except KeyError:
            raise NoMap(f"{url} is of no build") from None


@dataclass(frozen=True)
class Timed:
    """What an event took: seconds for both steps and for grouping alone; its body and its frames."""

    both_s: float
    group_s: float
    body: bytes
    frames: int


def main(arguments: Sequence[str]) -> None:
    """Arguments: the corpus; whether to apply the maps (`maps` or `bare`); a seed, 0 for the corpus' own order."""
    corpus, is_mapped, seed = Path(arguments[0]), arguments[1] == "maps", int(arguments[2])
    owners: dict[str, dict[str, str]] = defaultdict(dict)
    timed: list[Timed] = []
    for event in read_events(corpus, seed):
        owned, body = owners[event["app"]], body_of(event)
        payload = payload_of(event, body)
        resolver = _resolver(corpus, event) if is_mapped else None
        started = time.thread_time()
        if resolver:
            payload = resolver.resolve_payload(build_of(1, payload), payload)
        resolved = time.thread_time()
        keys = group(payload).keys
        ended = time.thread_time()
        timed.append(Timed(ended - started, ended - resolved, body, sum(len(one.frames) for one in payload.exceptions)))
        issue, registered = join(keys, owned.get)
        owned.update(dict.fromkeys((key.digest for key in registered), issue or event["id"]))
        print(json.dumps({"id": event["id"], "key": issue or event["id"], "reasons": [key.reason for key in keys]}))
    print(json.dumps(cost_of(timed)))


def cost_of(timed: Sequence[Timed]) -> dict[str, float]:
    """Medians over the events with long stacks; what opens the maps for the first time is far from the median."""
    long = [one for one in timed if one.frames >= LONG] or timed
    units = [one.both_s / parse_unit_s([b"{}\n{}\n" + one.body], 3) for one in long]
    return {
        "units": median(units),
        "group_us": 1e6 * median(one.group_s for one in timed),
        "frames": median(one.frames for one in long),
    }


def read_events(corpus: Path, seed: int) -> Iterator[Event]:
    """Every event, by application, build and time; or, by a seed, those of a build in another order."""
    for path in sorted(corpus.glob("*/events.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            found = [json.loads(line) for line in file]
        if seed:
            random.Random(seed).shuffle(found)
        yield from sorted(found, key=lambda event: RELEASES.index(event["release"]))


def body_of(event: Event) -> bytes:
    """The event as it is sent."""
    return json.dumps({"platform": "javascript", "release": event["version"], **event["event"]}).encode()


def payload_of(event: Event, body: bytes) -> Payload:
    """The event as it leaves the first step."""
    number = int(re.sub(r"\D", "", event["id"]))
    return normalize(Item(1, f"{number:032x}", time.time(), None, "", "", body))


_resolvers: dict[tuple[str, str], Resolver] = {}


def _resolver(corpus: Path, event: Event) -> Resolver:
    key = (event["app"], event["release"])
    if key not in _resolvers:
        _resolvers[key] = Resolver(CorpusMaps(corpus / key[0], key[1]))
    return _resolvers[key]


if __name__ == "__main__":
    main(sys.argv[1:])
