"""What is read by its types is what it would be value by value."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.formats import parse_envelope
from monitor.batch import Item
from monitor.pipeline import normalize as module
from monitor.pipeline.normalize import normalize
from monitor.pipeline.payload import Payload
from monitor.pipeline.sent import read_regular
from tests.fuzz.strategies import events

REAL = Path(__file__).parent.parent / "payloads" / "sentry_browser_event.envelope"
EVENT_ID = uuid.uuid4().hex

words = st.sampled_from(["", "log", "ERROR", "info", "ui.click", "x" * 30, "é" * 60, "a" * 1001, "b" * 4097, "\x1b[0m"])
numbers = st.sampled_from([0, -1, 0.5, 1795383709, 1795383709.008, 4_102_444_800, 2**63 - 1, 2**63, -(2**63), 1e300])
scalars = words | numbers | st.none() | st.booleans() | st.sampled_from(["2026-11-22T10:00:00Z", "2026"])
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words | st.just("k" * 201), inner, max_size=3),
    max_leaves=6,
)
many = st.integers(99, 101)
data = st.dictionaries(words, values, max_size=3) | many.map(lambda n: {str(i): [i] for i in range(n)}) | values
breadcrumbs = st.fixed_dictionaries(
    {},
    optional={
        "timestamp": scalars,
        "type": words,
        "category": scalars,
        "level": scalars,
        "message": scalars,
        "data": data,
    },
)
frames = st.lists(
    st.fixed_dictionaries({}, optional={"filename": scalars, "lineno": scalars, "in_app": scalars}), max_size=3
) | many.map(lambda n: [{"lineno": i + 1} for i in range(n)])
exceptions = st.fixed_dictionaries(
    {"type": scalars, "stacktrace": st.fixed_dictionaries({"frames": frames | scalars, "x": scalars}) | scalars}
)
lists = st.lists(breadcrumbs, max_size=4) | many.map(lambda n: [{"message": str(i)} for i in range(n)])
made = st.fixed_dictionaries(
    {"breadcrumbs": lists | lists.map(lambda found: {"values": found}) | values},
    optional={
        "exception": st.lists(exceptions, max_size=2).map(lambda found: {"values": found}) | values,
        "platform": scalars,
        "level": scalars,
        "message": values,
        "unknown": values,
    },
).map(lambda event: json.dumps(event, ensure_ascii=False).encode())


def normalized(body: bytes) -> Payload | str:
    try:
        return normalize(Item(1, EVENT_ID, 1795383709.0, None, "", "", body))
    except ValueError as error:
        return str(error)


@settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
@given(made | events)
def test_an_event_is_the_same_read_either_way(body: bytes) -> None:
    found = normalized(body)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "read_regular", lambda body: None)
        assert found == normalized(body)


@pytest.mark.parametrize("level", ["info", "log", "error"])
def test_what_browsers_sdks_send_is_regular(level: str) -> None:
    event: dict[str, Any] = json.loads(parse_envelope(REAL.read_bytes()).items[0].body)
    event["breadcrumbs"] = [{"timestamp": 1795383709, "level": level, "data": {"arguments": ["a", 1, None]}}]
    assert read_regular(json.dumps(event).encode()) is not None


def test_what_is_not_is_read_value_by_value() -> None:
    for body in ("[]", "{", '{"breadcrumbs": 7}', '{"breadcrumbs": [{"message": 7}]}', '{"exception": 1}'):
        assert read_regular(body.encode()) is None
