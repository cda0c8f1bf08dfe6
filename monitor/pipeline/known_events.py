"""Events that are stored or counted already, and so change nothing when they come again."""

from collections.abc import Sequence

from monitor.pipeline.grouping import Grouped
from monitor.pipeline.upsert import Column, select_known

IDENTITY = [Column("project_id", "bigint"), Column("day", "date"), Column("event_id", "uuid")]


def not_known(events: Sequence[Grouped]) -> list[Grouped]:
    """Those of the events that no committed transaction has stored, in order."""
    identities = [event.identity for event in events]
    known = select_known(["monitor_event", "monitor_sampledevent"], IDENTITY, identities)
    return [event for event in events if event.identity not in known]
