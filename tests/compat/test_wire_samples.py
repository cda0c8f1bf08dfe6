"""Recorded requests of @sentry/browser 11.12, where shared/ beside the checkout has them: each is taken and stored."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from monitor.models import DeadLetter, Event, Key, Project
from tests.compat.conftest import Door
from tests.compat.working import work
from tests.sending import post

SHARED = Path(os.environ.get("FARSIDE_SHARED", Path(__file__).parents[3] / "shared"))
RECORDS = sorted((SHARED / "data" / "wire").glob("sentry_*.json"))
KEY = "0123456789abcdef0123456789abcdef"
"""The key that the recorded requests carry."""

pytestmark = pytest.mark.skipif(not RECORDS, reason=f"there are no {SHARED}/data/wire/sentry_*.json")


def event_ids(body: str) -> set[str]:
    """The ids of the events in an envelope as this SDK writes it: a line of header, a line of payload."""
    lines = body.splitlines()
    pairs = zip(lines[1::2], lines[2::2], strict=False)
    return {json.loads(payload)["event_id"] for header, payload in pairs if json.loads(header)["type"] == "event"}


@pytest.fixture
def recorded_key(door: Door) -> Project:
    """The project, with the key that the requests carry."""
    Key.objects.create(project=door.project, label="recorded", public_key=KEY)
    return door.project


@pytest.mark.parametrize("record", RECORDS, ids=lambda path: path.stem)
def test_every_recorded_request_is_taken_and_processed(record: Path, recorded_key: Project, valkey: Any) -> None:
    requests = json.loads(record.read_text())["requests"]
    for request in requests:
        # A tunnel's requests name the key in the envelope alone.
        query = request["url"].partition("?")[2]
        answer = post(f"/api/{recorded_key.pk}/envelope/?{query}", request["body"].encode(), request["headers"])
        assert answer.status == 200, answer.body
    work(valkey)
    stored = {
        event_id.hex for event_id in Event.objects.filter(project=recorded_key).values_list("event_id", flat=True)
    }
    assert stored == set().union(*(event_ids(request["body"]) for request in requests))
    assert not DeadLetter.objects.exists()
