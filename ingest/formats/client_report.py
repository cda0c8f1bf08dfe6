"""Sentry's client report: what an SDK dropped before it was sent, and why.

Format: develop.sentry.dev/sdk/telemetry/client-reports.
"""

from dataclasses import dataclass

import msgspec

REASONS = frozenset(
    [
        "backpressure",
        "before_send",
        "buffer_overflow",
        "cache_overflow",
        "event_processor",
        "ignored",
        "insufficient_data",
        "internal_sdk_error",
        "invalid",
        "network_error",
        "no_parent_span",
        "queue_overflow",
        "ratelimit_backoff",
        "sample_rate",
        "send_error",
        "too_big",
    ]
)
CATEGORIES = frozenset(
    [
        "attachment",
        "default",
        "error",
        "feedback",
        "internal",
        "log_item",
        "metric_bucket",
        "monitor",
        "profile",
        "profile_chunk",
        "replay",
        "security",
        "session",
        "span",
        "statsd",
        "transaction",
    ]
)
MOST_ENTRIES = 100
MOST_ITEMS = 10_000_000


@dataclass(frozen=True)
class Dropped:
    """Items of one category that a client dropped for one reason."""

    category: str
    reason: str
    items: int


class Entry(msgspec.Struct):
    """One line of a report."""

    reason: str
    category: str
    quantity: int


class Report(msgspec.Struct):
    """The whole report."""

    discarded_events: list[Entry] = []


_decoder = msgspec.json.Decoder(Report)


def parse_client_report(body: bytes) -> list[Dropped]:
    """What the report says; nothing for one that cannot be read, as no client can do anything about that.

    Words that the protocol does not know become "other": a client could make up thousands.
    """
    try:
        entries = _decoder.decode(body).discarded_events[:MOST_ENTRIES]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return []
    return [
        Dropped(
            entry.category if entry.category in CATEGORIES else "other",
            entry.reason if entry.reason in REASONS else "other",
            min(entry.quantity, MOST_ITEMS),
        )
        for entry in entries
        if entry.quantity > 0
    ]
