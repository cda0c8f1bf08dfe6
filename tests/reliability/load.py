"""Events for the door of a running system, sent as SDKs send them; what it answered 200 is what must not be lost."""

import http.client
import itertools
import threading
import time
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.sending import envelope, error_event
from tests.system import System, wait_for

THREADS = 4
ISSUES = 5
USERS = 11
PAUSE_S = 0.05
PATIENCE_S = 60.0
_loads = itertools.count(1)


@dataclass
class Load:
    """Events of ISSUES errors and USERS users that no other load has: `sent` is id -> number.

    `accepted` were answered 200, `refused` are the other answers with their Retry-After. What nobody answered is sent
    again, and stands in `unanswered` each time: it may be stored all the same.
    """

    system: System
    mark: str = field(default_factory=lambda: f"Load{next(_loads)}")
    sent: dict[str, int] = field(default_factory=dict)
    accepted: set[str] = field(default_factory=set)
    unanswered: list[str] = field(default_factory=list)
    refused: list[tuple[int, str | None]] = field(default_factory=list)

    def send(self, many: int, threads: int = THREADS) -> None:
        """Send `many` events over keep-alive connections, one for each thread."""
        begin = len(self.sent)
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(self._send, [range(begin + first, begin + many, threads) for first in range(threads)]))

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Events are sent, over as many connections, until the block ends; some are accepted before it begins."""
        end = threading.Event()
        numbers = itertools.takewhile(lambda _: not end.is_set(), itertools.count(len(self.sent)))
        shared = _Shared(numbers)
        with ThreadPoolExecutor(THREADS) as pool:
            senders = [pool.submit(self._send, shared) for _ in range(THREADS)]
            try:
                self.wait_for_more(50)
                yield
            finally:
                end.set()
        for sender in senders:
            sender.result()

    def wait_for_more(self, many: int) -> None:
        """Wait until `many` more have been accepted."""
        goal = len(self.accepted) + many
        wait_for(f"{many} more are accepted", lambda: len(self.accepted) >= goal)

    def _send(self, numbers: Iterable[int]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.system.port, timeout=30)
        for number in numbers:
            event = self.event(number)
            self.sent[event["event_id"]] = number
            self._deliver(connection, event)
        connection.close()

    def _deliver(self, connection: http.client.HTTPConnection, event: dict[str, Any]) -> None:
        end = time.monotonic() + PATIENCE_S
        while (answer := self._post(connection, event)) is None:
            self.unanswered.append(event["event_id"])
            assert time.monotonic() < end, f"nobody answers at {self.system.url}"
            time.sleep(PAUSE_S)
        if answer.status == 200:
            self.accepted.add(event["event_id"])
        else:
            self.refused.append((answer.status, answer.headers["Retry-After"]))
            time.sleep(PAUSE_S)

    def _post(self, connection: http.client.HTTPConnection, event: dict[str, Any]) -> http.client.HTTPResponse | None:
        dsn = urlsplit(self.system.credentials["dsn"])
        try:
            connection.request("POST", f"/api{dsn.path}/envelope/?sentry_key={dsn.username}", envelope(event))
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            return None
        return answer

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


class _Shared:
    """An iterator that several threads may draw from."""

    def __init__(self, drawn: Iterator[int]) -> None:
        self._drawn = drawn
        self._lock = threading.Lock()

    def __iter__(self) -> "_Shared":
        return self

    def __next__(self) -> int:
        with self._lock:
            return next(self._drawn)
