"""Which issue an event belongs to: its keys, the reason of each in words, and the rule by which it joins."""

from monitor.pipeline.grouping.assign import group
from monitor.pipeline.grouping.grouped import Grouped, Grouping, Identity, OwnedKey
from monitor.pipeline.grouping.join import join
from monitor.pipeline.grouping.keys import VERSION, Key

__all__ = ["VERSION", "Grouped", "Grouping", "Identity", "Key", "OwnedKey", "group", "join"]
