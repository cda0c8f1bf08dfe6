"""Client reports are read, bounded, and never a reason to refuse a request."""

import json
from typing import Any

import pytest

from ingest.formats.client_report import Dropped, parse_client_report


def report(*entries: Any) -> bytes:
    return json.dumps({"timestamp": 1, "discarded_events": entries}).encode()


def entry(reason: str = "before_send", category: str = "error", quantity: int = 1) -> dict[str, Any]:
    return {"reason": reason, "category": category, "quantity": quantity}


def test_says_what_was_dropped_and_why() -> None:
    found = parse_client_report(report(entry(quantity=3), entry("network_error", "session")))
    assert found == [Dropped("error", "before_send", 3), Dropped("session", "network_error", 1)]


def test_words_that_nobody_knows_are_other() -> None:
    assert parse_client_report(report(entry("x" * 5000, "\0"))) == [Dropped("other", "other", 1)]


def test_numbers_are_bounded() -> None:
    found = parse_client_report(report(entry(quantity=10**15), entry(quantity=0), entry(quantity=-4)))
    assert [dropped.items for dropped in found] == [10_000_000]
    assert len(parse_client_report(report(*[entry()] * 500))) == 100


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"discarded_events":[{}]}', b"\xff", b"[" * 100_000])
def test_what_cannot_be_read_says_nothing(body: bytes) -> None:
    assert parse_client_report(body) == []
