"""Sentry's older /store/ body: one event as JSON."""

from ingest.formats.envelope import Envelope, EnvelopeItem


def parse_store(body: bytes) -> Envelope:
    """The event as an envelope of one item."""
    return Envelope(items=[EnvelopeItem("event", body)])
