"""What a running system holds, read from its own PostgreSQL and Valkey and not through its code."""

import json
from typing import Any

import psycopg
import redis

from tests.reliability.load import Load
from tests.system import System

EVENTS = """
    SELECT replace(event_id::text, '-', '') FROM monitor_event JOIN monitor_issue issue USING (project_id)
    WHERE issue.id = issue_id AND issue.type LIKE %s || 'Error%%'
"""
ISSUES = """
    SELECT type, event_count, user_count,
        (SELECT sum(events) FROM monitor_issuecount bin WHERE bin.project_id = i.project_id AND bin.issue_id = i.id)
    FROM monitor_issue i WHERE type LIKE %s || 'Error%%' ORDER BY type
"""


class Database:
    """The system's PostgreSQL and Valkey; both give what is there at the moment of the call."""

    def __init__(self, system: System) -> None:
        urls = json.loads((system.data / "servers.json").read_text())
        self._postgres = urls["DATABASE_URL"]
        self.valkey = redis.Redis.from_url(urls["REDIS_URL"])

    def _rows(self, statement: str, *values: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self._postgres) as connection:
            return connection.execute(statement, values).fetchall()

    def event_ids(self, load: Load) -> list[str]:
        """The ids of the load's stored events, one a row."""
        return [row[0] for row in self._rows(EVENTS, load.mark)]

    def issues(self, load: Load) -> list[tuple[str, int, int, int]]:
        """Of each of its issues: type, events, users, events by the bins of time."""
        return [(kind, events, users, int(bins)) for kind, events, users, bins in self._rows(ISSUES, load.mark)]

    def dead_letters(self) -> list[tuple[Any, ...]]:
        """Reasons of the dead letters of all projects."""
        return self._rows("SELECT reason FROM monitor_deadletter")

    def waiting(self) -> dict[str, int]:
        """What is in Valkey of batches that are not finished; empty when all are."""
        counts = {
            "queued": self.valkey.llen("events"),
            "pending": self.valkey.zcard("farside:pending"),
            "begun": self.valkey.hlen("farside:attempts"),
            "batches": len(self.valkey.keys("farside:batch:*")),
        }
        return {name: many for name, many in counts.items() if many}
