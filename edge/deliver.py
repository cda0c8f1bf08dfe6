"""Empties a spool towards the server: in order, in batches, again after a failure, and never silently less."""

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.clock import iso
from edge.send import Away, Backoff, Client, Denied, Rejected
from edge.spool import Record, Spool

log = logging.getLogger(__name__)

MOST_RECORDS = 500
MOST_REJECTED_BYTES = 10_000_000
SETUP_RETRY_S = 60.0

Compose = Callable[[Sequence[bytes]], tuple[Mapping[str, Any], int]]
"""Makes one request body of the first payloads and tells how many it took (at least one)."""


@dataclass(frozen=True)
class Route:
    """Where records go: path on the server, how bodies are made of them, what they are called, the rejected file."""

    path: str
    compose: Compose
    noun: str
    rejected: Path


class Delivery:
    """Sends what a spool holds to one route."""

    def __init__(self, spool: Spool, client: Client, route: Route) -> None:
        self._spool, self._client, self._route = spool, client, route
        self._backoff = Backoff()
        self._limit = MOST_RECORDS
        self._trouble = ""
        self._dropped = sum(spool.dropped.values())

    def run(self, stop: threading.Event, every_s: float = 1.0) -> None:
        """Delivers until `stop` is set; a last attempt is made then. What is left stays in the spool."""
        wait_s = every_s
        while not stop.wait(wait_s):
            wait_s = self._drain() or every_s
        self._drain()

    def deliver_batch(self) -> bool:
        """Settles the next batch: delivered, or rejected and set aside. False: none waits. Raises Away, Denied."""
        records = self._spool.read(self._limit)
        if not records:
            return False
        body, taken = self._route.compose([record.payload for record in records])
        batch = records[:taken]
        try:
            self._client.post(self._route.path, body)
        except Rejected as rejection:
            if len(batch) > 1:  # one bad record must not take the others with it: halve until it is alone
                self._limit = len(batch) // 2
                return True
            self._set_aside(body, rejection)
        self._settle(batch)
        return True

    def _drain(self) -> float | None:
        """Delivers all that waits; seconds to wait when that failed."""
        self._report_drops()
        try:
            while self.deliver_batch():
                pass
        except Denied as error:
            self._say(str(error))
            return SETUP_RETRY_S
        except Away as error:
            self._say(str(error))
            return self._backoff.wait_s(error.retry_after_s)
        except OSError as error:  # the spool or the rejected file: a full disk must not end the sending for ever
            self._say(f"cannot use {self._route.rejected.parent}: {error.strerror}")
            return self._backoff.wait_s()
        return None

    def _settle(self, batch: Sequence[Record]) -> None:
        self._spool.acknowledge(batch)
        self._backoff.reset()
        self._limit = min(MOST_RECORDS, self._limit * 2)
        if self._trouble:
            self._trouble = ""
            log.warning("the server takes %s again; %d still wait", self._route.noun, len(self._spool))

    def _say(self, trouble: str) -> None:
        if trouble != self._trouble:
            self._trouble = trouble
            log.warning("%s (%s in the spool: %d)", trouble, self._route.noun, len(self._spool))

    def _report_drops(self) -> None:
        dropped = self._spool.dropped
        if (total := sum(dropped.values())) > self._dropped:
            reasons = ", ".join(f"{reason} {count}" for reason, count in sorted(dropped.items()))
            log.error("dropped %d %s (since this spool began: %s)", total - self._dropped, self._route.noun, reasons)
            self._dropped = total

    def _set_aside(self, body: Mapping[str, Any], rejection: Rejected) -> None:
        path = self._route.rejected
        entry = {"at": iso(time.time()), "status": rejection.status, "reason": str(rejection), "body": body}
        if path.exists() and path.stat().st_size > MOST_REJECTED_BYTES:
            path.replace(path.with_suffix(".old.jsonl"))
            log.error("%s is full: moved over the older one", path)
        with path.open("a") as file:
            file.write(json.dumps(entry) + "\n")
        log.error("refused for good, set aside in %s: %s", path, rejection)
