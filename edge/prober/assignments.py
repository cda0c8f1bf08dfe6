"""The checks that the server assigns to this prober, remembered for when the server is away."""

import json
import logging
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edge.account import with_project
from edge.check import Check, CheckError, parse_check
from edge.probes import PROBES
from edge.send import Client, Denied, SendError, decoded

log = logging.getLogger(__name__)

PATH = "/api/v1/probe/assignments"
EVERY_S = 30.0


class Assignments:
    """The last known set of checks; kept in `memory`, a file, so that it outlives a restart without the server."""

    def __init__(self, client: Client, memory: Path, project: str | None = None) -> None:
        self._client, self._memory, self._path = client, memory, with_project(PATH, project)
        self._etag = ""
        self._trouble = ""
        self._checks: Sequence[Check] = self._recall()

    def checks(self) -> Sequence[Check]:
        """The checks to run now."""
        return self._checks

    def run(self, stop: threading.Event, every_s: float = EVERY_S) -> None:
        """Pulls until `stop` is set. Trouble is told once; the last known set goes on."""
        while not stop.is_set():
            try:
                self.pull()
                self._trouble = ""
            except SendError as error:
                if str(error) != self._trouble:
                    log.warning("%s; going on with %d known checks", error, len(self._checks))
                self._trouble = str(error)
            stop.wait(every_s)

    def pull(self) -> bool:
        """Asks the server once; True when the set is new. Raises SendError."""
        headers = {"If-None-Match": self._etag} if self._etag else {}
        response = self._client.request("GET", self._path, headers=headers)
        if response.status_code == 304:
            return False
        answer = decoded(response)
        if not isinstance(answer, dict) or not isinstance(answer.get("checks"), list):
            raise Denied(f"{PATH} answered no list of checks: is that a Farside server?")
        self._checks = _usable(answer["checks"])
        self._etag = response.headers.get("ETag", "")
        self._remember(answer)
        log.info("%d checks assigned", len(self._checks))
        return True

    def _remember(self, answer: dict[str, Any]) -> None:
        temporary = self._memory.with_suffix(".tmp")
        try:
            temporary.write_text(json.dumps(answer))
            temporary.replace(self._memory)
        except OSError as error:
            log.warning("cannot remember the checks in %s: %s", self._memory, error.strerror)

    def _recall(self) -> Sequence[Check]:
        try:
            return _usable(json.loads(self._memory.read_text())["checks"])
        except (OSError, ValueError, KeyError, TypeError):
            return []


def _usable(entries: Sequence[Any]) -> list[Check]:
    """Checks that this prober can run; each other one is told about."""
    checks = []
    for entry in entries:
        try:
            check = parse_check(entry)
            if check.kind not in PROBES:
                raise CheckError(f"kind {check.kind!r} is unknown to this prober; update it")
            checks.append(check)
        except (CheckError, TypeError, AttributeError) as error:
            known_as = entry.get("id") if isinstance(entry, dict) else entry
            log.warning("assigned check %.100s is left out: %s", known_as, error)
    return checks
