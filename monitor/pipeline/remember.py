"""Remembers what was made of an object that comes again and again: by its identity, which is cheaper than its value.

A stack is read once and is the same tuple from then on, so that every later step knows it at a glance.
"""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class ByIdentity(Generic[Key, Value]):
    """Keeps so many values and forgets what was not used for longest. A key lives as long as what is kept of it, so
    that no other object can have its identity.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[tuple[int, Hashable], tuple[Key, Value]] = OrderedDict()

    def get(self, key: Key, beside: Hashable = None) -> Value | None:
        """What was kept of `key` together with `beside`, or None."""
        place = (id(key), beside)
        found = self._kept.get(place)
        if found is None:
            return None
        self._kept.move_to_end(place)
        return found[1]

    def put(self, key: Key, value: Value, beside: Hashable = None) -> Value:
        """Keep a value, and return it."""
        self._kept[id(key), beside] = (key, value)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return value
