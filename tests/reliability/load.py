"""Events for the door of a running system, sent as SDKs send them; what it answered 200 is what must not be lost."""

import http.client
import itertools
import time
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.sending import envelope, error_event
from tests.system import System

THREADS = 4
ISSUES = 5
USERS = 11
AFTER_REFUSAL_S = 0.05
_numbers = itertools.count(1)


@dataclass
class Load:
    """Events of ISSUES errors and USERS users that no other load has: id -> number; `accepted` were answered 200."""

    system: System
    mark: str = field(default_factory=lambda: f"Load{next(_numbers)}")
    sent: dict[str, int] = field(default_factory=dict)
    accepted: set[str] = field(default_factory=set)

    def send(self, many: int, threads: int = THREADS) -> None:
        """Send `many` events over keep-alive connections, one for each thread."""
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(self._send_share, [range(first, many, threads) for first in range(threads)]))

    def is_taken(self) -> bool:
        """Whether one more event is accepted."""
        before = len(self.accepted)
        self.send(1)
        return len(self.accepted) > before

    def _send_share(self, numbers: range) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.system.port, timeout=30)
        for number in numbers:
            event = self.event(number)
            self.sent[event["event_id"]] = number
            if self._post(connection, event) == 200:
                self.accepted.add(event["event_id"])
            else:
                time.sleep(AFTER_REFUSAL_S)
        connection.close()

    def _post(self, connection: http.client.HTTPConnection, event: dict[str, Any]) -> int:
        """The status of the answer, 0 when there is none."""
        dsn = urlsplit(self.system.credentials["dsn"])
        try:
            connection.request("POST", f"/api{dsn.path}/envelope/?sentry_key={dsn.username}", envelope(event))
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            return 0
        return answer.status

    def event(self, number: int) -> dict[str, Any]:
        """The error number % ISSUES of the user number % USERS."""
        frames = [{"filename": "https://shop.example/app.js", "function": self.mark, "lineno": 1, "colno": 1}]
        thrown = {"type": f"{self.mark}Error{number % ISSUES}", "value": "", "stacktrace": {"frames": frames}}
        return error_event(exception={"values": [thrown]}, user={"id": f"{self.mark}-{number % USERS}"})

    def expected(self, stored: Collection[str]) -> list[tuple[str, int, int, int]]:
        """What the issues of the stored events must say: type, events, users, events by the bins of time."""
        users: dict[str, list[int]] = {}
        for event_id in stored:
            number = self.sent[event_id]
            users.setdefault(f"{self.mark}Error{number % ISSUES}", []).append(number % USERS)
        return [(kind, len(found), len(set(found)), len(found)) for kind, found in sorted(users.items())]
