"""Which issue an event joins, given the issues that own its keys."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from monitor.pipeline.grouping.keys import Key

Issue = TypeVar("Issue")


def join(keys: Sequence[Key], owner_of: Callable[[str], Issue | None]) -> tuple[Issue | None, list[Key]]:
    """The issue that owns the first of the keys that any owns (None: the event makes a new issue), and the keys to
    register for that issue, old or new. `owner_of` takes a digest.

    The strongest key decides, whatever weaker ones say, and a key that is owned stays with its owner: so a stranger
    that shares weak evidence with two issues cannot glue them. A key that was made of less than the event tells is
    for events that tell no more (`Key.use`), and one that allows for a change is none for an issue that is known not to
    have changed (`Key.unless`): two events that both tell where they come from never join by the lesser evidence they
    share.
    """
    owners = [(key, owner_of(key.digest)) for key in keys]
    owner = next((found for key, found in owners if found is not None and _is_valid(key, found, owner_of)), None)
    return owner, [key for key, found in owners if key.is_registered and found is None]


def _is_valid(key: Key, owner: Issue, owner_of: Callable[[str], Issue | None]) -> bool:
    return key.is_looked_up and not (key.unless and owner_of(key.unless) == owner)
