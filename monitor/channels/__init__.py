"""Where teams are told: one file a kind, each with one `send`; here is the registry."""

from collections.abc import Callable, Mapping
from typing import Any

from monitor.channels import slack
from monitor.channels.message import Message

Send = Callable[[Mapping[str, Any], Message], None]
"""Delivers a message by a channel's config; returns when the receiver took it, else raises errors.ChannelError."""

CHANNELS: dict[str, Send] = {"slack": slack.send}
