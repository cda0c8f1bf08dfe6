"""What grouping makes of an event, and the event that is ready to be stored."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from uuid import UUID

from monitor.pipeline.grouping.keys import VERSION, Key
from monitor.pipeline.payload import Payload


@dataclass(frozen=True)
class Grouping:
    """`keys`: strongest first; the last is that of version 1."""

    keys: tuple[Key, ...]
    type: str
    value: str
    culprit: str
    version: str = VERSION

    @property
    def digest(self) -> str:
        """The strongest key's."""
        return self.keys[0].digest

    @property
    def reason(self) -> str:
        """What the strongest key was made of, in words."""
        return self.keys[0].reason


OwnedKey = tuple[int, str]
"""Project and digest: what an issue owns."""
Identity = tuple[int, date, UUID]
"""Project, day and event id: by which an event is known when it comes again."""


@dataclass(frozen=True)
class Grouped:
    """An event that is ready to be stored. `client` is the door's hash of address and browser."""

    project_id: int
    payload: Payload
    grouping: Grouping
    client: str = ""

    @cached_property
    def identity(self) -> Identity:
        """The primary key of its row."""
        return self.project_id, self.payload.day, UUID(self.payload.event_id)
