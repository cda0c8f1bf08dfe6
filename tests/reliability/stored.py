"""What a running system holds, read from its own PostgreSQL, Valkey and disk and not through its code."""

import json
from collections import Counter
from typing import Any

import psycopg
import redis

from tests.reliability.load import Load
from tests.system import System, wait_for

EVENT_IDS = "SELECT replace(event_id::text, '-', '') FROM {} WHERE event_id = ANY(%s::uuid[])"
ISSUES = """
    SELECT type, event_count, user_count,
        (SELECT sum(events) FROM monitor_issuecount bin WHERE bin.project_id = i.project_id AND bin.issue_id = i.id)
    FROM monitor_issue i WHERE type LIKE %s || 'Error%%' ORDER BY type
"""
OUTCOMES = "SELECT outcome, sum(items) FROM monitor_outcome WHERE category IN ('event', 'request') GROUP BY 1"


class Database:
    """The system's PostgreSQL, Valkey and spool; all give what is there at the moment of the call."""

    def __init__(self, system: System) -> None:
        urls = json.loads((system.data / "servers.json").read_text())
        self._postgres = urls["DATABASE_URL"]
        self.valkey = redis.Redis.from_url(urls["REDIS_URL"])
        self.spool = system.spool

    def _rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self._postgres) as connection:
            return connection.execute(statement, values).fetchall()

    def event_ids(self, load: Load) -> list[str]:
        """The ids of the load's stored events, one a row; first those with a payload, then those of hot issues."""
        return [*self._ids("monitor_event", load), *self._ids("monitor_sampledevent", load)]

    def _ids(self, table: str, load: Load) -> list[str]:
        return [row[0] for row in self._rows(EVENT_IDS.format(table), list(load.sent))]

    def issues(self, load: Load) -> list[tuple[str, int, int, int]]:
        """Of each of its issues: type, events, users, events by the bins of time."""
        return [(kind, events, users, int(bins)) for kind, events, users, bins in self._rows(ISSUES, load.mark)]

    def outcomes(self) -> Counter[str]:
        """Events by what became of them, of all loads."""
        return Counter({outcome: int(items) for outcome, items in self._rows(OUTCOMES)})

    def dead_letters(self) -> list[str]:
        """Reasons of the dead letters of all projects."""
        return [row[0] for row in self._rows("SELECT reason FROM monitor_deadletter")]

    def spooled(self) -> list[str]:
        """Names of the files in which the door keeps batches, damaged ones included."""
        return sorted(path.name for path in self.spool.glob("*") if path.suffix in (".spool", ".damaged"))

    def begun(self) -> set[str]:
        """Batches that a worker works on, or worked on when it died."""
        return {name.decode() for name, attempts in self.valkey.hgetall("farside:attempts").items() if int(attempts)}

    def waiting(self) -> dict[str, int]:
        """What is in Valkey and in the spool of batches that are not finished; empty when all are."""
        counts = {
            "queued": self.valkey.llen("events"),
            "pending": self.valkey.zcard("farside:pending"),
            "begun": self.valkey.hlen("farside:attempts"),
            "batches": len(self.valkey.keys("farside:batch:*")),
            "spooled": len(self.spooled()),
        }
        return {name: many for name, many in counts.items() if many}

    def wait_until_drained(self) -> None:
        """Wait until every batch is finished."""
        wait_for("an empty backlog", self._is_drained, 90)

    def _is_drained(self) -> bool:
        try:
            return not self.waiting()
        except redis.ConnectionError:  # Valkey has been killed and loads its file
            return False

    def differences(self, load: Load, before: Counter[str]) -> list[str]:
        """What does not add up, one line each; `before` are the outcomes from before the load.

        What was stored before its answer could be given is no fault, but it counts as well.
        """
        stored = self.event_ids(load)
        grown = self.outcomes() - before
        kept = len(self._ids("monitor_event", load))
        resent = grown.pop("duplicate", 0)
        must_be = {
            "accepted and lost": (load.accepted - set(stored), set()),
            "stored twice": (len(stored), len(set(stored))),
            "stored and refused": (set(stored) - load.accepted - set(load.unanswered), set()),
            "issues": (self.issues(load), load.expected(stored)),
            "outcomes": (grown, +Counter({"stored": kept, "sampled": len(stored) - kept})),
            "more duplicates than were sent": (max(0, resent - len(load.unanswered)), 0),
            "dead letters": (self.dead_letters(), []),
        }
        return [f"{what}: {found}, not {right}" for what, (found, right) in must_be.items() if found != right]
