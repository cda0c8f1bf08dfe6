"""The prober's loop: executes each check at its own moments, at most once at a time."""

import logging
import threading
import time
from collections.abc import Callable, Sequence

from edge.check import Check, Outcome
from edge.clock import slot_after
from edge.probes import PROBES

log = logging.getLogger(__name__)

RETRY_AFTER_S = 3.0
MOST_AT_ONCE = 100
_LONGEST_NAP_S = 1.0
_LAST_WAIT_S = 5.0

Report = Callable[[Check, Outcome, float], None]


def execute(check: Check, stop: threading.Event, retry_after_s: float = RETRY_AFTER_S) -> Outcome:
    """Executes `check`; a failure is tried once more on a new connection, and the second outcome counts."""
    probe = PROBES[check.kind]
    outcome = probe(check)
    if outcome.failure is None or stop.wait(retry_after_s):
        return outcome
    second = probe(check)
    second.attempts = 2
    return second


class Prober:
    """Runs the checks of `checks()`, asked anew each round, and hands every outcome to `report`."""

    def __init__(
        self, location: str, checks: Callable[[], Sequence[Check]], report: Report, retry_after_s: float = RETRY_AFTER_S
    ) -> None:
        self._location, self._checks, self._report, self._retry_after_s = location, checks, report, retry_after_s
        self._due: dict[str, float] = {}
        self._running: set[str] = set()
        self._guard = threading.Lock()

    def run(self, stop: threading.Event) -> None:
        """Runs until `stop` is set; then waits a few seconds for executions under way."""
        while not stop.is_set():
            for check, scheduled_at in self.due(time.time()):
                self._start(check, scheduled_at, stop)
            next_due = min(self._due.values(), default=float("inf"))
            stop.wait(min(max(next_due - time.time(), 0.0), _LONGEST_NAP_S))
        self._wait_for_running()

    def due(self, now: float) -> list[tuple[Check, float]]:
        """Checks whose moment has come, each with that moment (Unix seconds); the next moments are set."""
        ready, next_due = [], {}
        for check in self._checks():
            upcoming = slot_after(f"{self._location} {check.key}", check.interval_s, now)
            if self._due.get(check.key, upcoming) <= now:
                ready.append((check, round(upcoming - check.interval_s, 3)))
            next_due[check.key] = upcoming
        self._due = next_due
        return ready

    def _start(self, check: Check, scheduled_at: float, stop: threading.Event) -> None:
        with self._guard:
            if check.key in self._running or len(self._running) >= MOST_AT_ONCE:
                log.warning("%s: one execution left out, %d are still running", check.name, len(self._running))
                return
            self._running.add(check.key)
        threading.Thread(target=self._execute, args=(check, scheduled_at, stop), daemon=True).start()

    def _execute(self, check: Check, scheduled_at: float, stop: threading.Event) -> None:
        try:
            self._report(check, execute(check, stop, self._retry_after_s), scheduled_at)
        finally:
            with self._guard:
                self._running.discard(check.key)

    def _wait_for_running(self) -> None:
        end = time.monotonic() + _LAST_WAIT_S
        while self._running and time.monotonic() < end:
            time.sleep(0.05)
