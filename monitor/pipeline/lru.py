"""A cache bounded by bytes that forgets what was not used for longest."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class ByteLru(Generic[Value]):
    """Keeps values up to a sum of bytes; one that is larger than all the room is not kept."""

    def __init__(self, most_bytes: int) -> None:
        """Room for `most_bytes`, by the weights that put() is told."""
        self._most = most_bytes
        self._used = 0
        self._kept: OrderedDict[Hashable, tuple[Value, int]] = OrderedDict()

    def get(self, key: Hashable) -> Value | None:
        """The value kept under `key`, or None; it counts as used now."""
        found = self._kept.get(key)
        if found is None:
            return None
        self._kept.move_to_end(key)
        return found[0]

    def put(self, key: Hashable, value: Value, weight: int) -> None:
        """Keep a value, and drop the least recently used ones until all fit."""
        if key in self._kept:
            self._used -= self._kept.pop(key)[1]
        self._kept[key] = (value, weight)
        self._used += weight
        while self._used > self._most:
            self._used -= self._kept.popitem(last=False)[1][1]
