"""One file a wire format, each a function from bytes to what it carries."""

from ingest.formats.envelope import Envelope, EnvelopeItem, parse_envelope
from ingest.formats.store import parse_store

__all__ = ["Envelope", "EnvelopeItem", "parse_envelope", "parse_store"]
