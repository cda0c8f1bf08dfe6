"""The real sentry-sdk, given our DSN and nothing else: its events arrive whole, and without their secrets."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ingest.decode import decode
from monitor.models import DeadLetter, Fingerprint, Issue, IssueTag
from monitor.pipeline.payload import Payload
from tests.compat.conftest import Door
from tests.compat.working import stored_payloads, work

SHOP = Path(__file__).with_name("python_shop.py")
SECRETS = ("correct-horse-local", "battery-staple-message", "tr0ub4dor-header")


@pytest.fixture
def reported(door: Door, valkey: Any) -> list[Payload]:
    """What is stored of a run of the shop: the error, then the log line."""
    environment = {**os.environ, "SENTRY_DSN": door.dsn(), "SHOP_SECRETS": " ".join(SECRETS)}
    subprocess.run([sys.executable, str(SHOP)], env=environment, check=True, timeout=60)
    work(valkey)
    assert not DeadLetter.objects.exists()
    return stored_payloads(door.project)


def test_an_exception_arrives_with_its_cause(reported: list[Payload]) -> None:
    chain = reported[0].exceptions
    assert [one.type for one in chain] == ["ValueError", "RuntimeError"], "the innermost cause first"
    assert chain[1].value == "checkout failed"
    assert (chain[1].is_handled, chain[1].mechanism) == (False, "wsgi")


def test_frames_have_their_source(reported: list[Payload]) -> None:
    frame = reported[0].exceptions[0].frames[-1]
    assert (frame.function, frame.in_app) == ("log_in", True)
    assert frame.filename.endswith("python_shop.py")
    lines, position = SHOP.read_text().splitlines(), (frame.lineno or 0) - 1
    assert [*frame.pre_context, frame.context_line] == lines[position - len(frame.pre_context) : position + 1]
    assert len(frame.pre_context) == 5


def test_what_the_program_said_about_itself_arrives(reported: list[Payload]) -> None:
    event = reported[0]
    assert event.tags["feature"] == "checkout"
    assert event.user == {"id": "u7", "email": "ada@example.com"}
    assert (event.release, event.environment, event.platform) == ("shop@2.0.0", "staging", "python")
    steps = [(one.category, one.message) for one in event.breadcrumbs]
    assert steps == [("shop", "stock is low"), ("cart", "two apples")]
    assert event.request["headers"]["X-Shop"] == "north"


def test_a_logged_error_is_an_event_of_its_own(reported: list[Payload], door: Door) -> None:
    assert (len(reported), reported[1].message, reported[1].logger) == (2, "payment of 7 failed", "shop")
    assert {issue.title() for issue in Issue.objects.filter(project=door.project)} == {
        "RuntimeError: checkout failed",
        "payment of 7 failed",
    }


def test_secrets_travel_but_are_not_kept(reported: list[Payload], door: Door) -> None:
    came = b"".join(decode(body, headers.get("content-encoding", ""), 1_000_000) for headers, body in door.bodies)
    rows = [str(row) for table in (Issue, IssueTag, Fingerprint) for row in table.objects.values()]
    kept = f"{reported}{rows}"
    for secret in SECRETS:
        assert secret.encode() in came, "the program sent it"
        assert secret not in kept
