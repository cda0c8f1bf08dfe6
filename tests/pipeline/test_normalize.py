"""From what clients send to a typed event."""

import json
import time
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.formats import parse_envelope
from monitor.batch import Item, Place
from monitor.pipeline.normalize import normalize
from monitor.pipeline.payload import Payload
from monitor.pipeline.tags import tags_of
from monitor.pipeline.trim import Notes, clean
from tests.sending import stored_and_loaded

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"


def normalized(event: Any, sent_at: float | None = None, user_agent: str = "") -> Payload:
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    return normalize(Item(1, uuid.uuid4().hex, time.time(), sent_at, user_agent, "", body))


def test_reads_what_sentry_browser_sends() -> None:
    body = (Path(__file__).parent.parent / "payloads" / "sentry_browser_event.envelope").read_bytes()
    payload = normalized(parse_envelope(body).items[0].body)
    thrown = payload.thrown()
    assert thrown is not None and thrown.type == "TypeError" and thrown.frames[-1].lineno
    assert payload.sdk_name == "sentry.javascript.browser"
    assert payload.breadcrumbs and payload.contexts["browser"]["name"] == "HeadlessChrome"


def test_an_empty_event_is_an_event() -> None:
    payload = normalized({})
    assert (payload.level, payload.platform, payload.environment) == ("error", "other", "production")
    assert payload.occurred_at == payload.received_at


def test_a_round_trip_at_rest_changes_nothing() -> None:
    payload = normalized(
        {"message": "x", "exception": {"values": [{"type": "E", "stacktrace": {"frames": [{"lineno": 1}]}}]}}
    )
    assert stored_and_loaded(payload) == payload


def test_browser_and_system_come_from_the_request_where_the_event_is_silent() -> None:
    contexts = normalized({"platform": "javascript"}, user_agent=CHROME).contexts
    assert (contexts["browser"]["name"], contexts["os"]["name"]) == ("Chrome", "Linux")
    assert "browser" not in normalized({"platform": "python"}, user_agent=CHROME).contexts


def test_a_clock_that_is_off_is_set_right_by_sent_at() -> None:
    an_hour_slow = time.time() - 3600
    payload = normalized({"timestamp": an_hour_slow - 30}, sent_at=an_hour_slow)
    assert abs(payload.received_at - payload.occurred_at - timedelta(seconds=30)) < timedelta(seconds=5)
    assert "clock" in payload.notes[0]


@pytest.mark.parametrize("timestamp", ["2031-01-01T00:00:00Z", 0, -5, 1e18, "yesterday", None])
def test_impossible_times_are_clamped(timestamp: Any) -> None:
    payload = normalized({"timestamp": timestamp})
    assert payload.received_at - timedelta(days=30) <= payload.occurred_at <= payload.received_at
    assert (
        payload.received_at.date() - timedelta(days=31) <= payload.day <= payload.received_at.date() + timedelta(days=1)
    )


def test_no_event_is_older_than_the_retention(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.conf.settings.FARSIDE_RETENTION_DAYS", 3)
    payload = normalized({"timestamp": time.time() - 20 * 86_400})
    assert payload.day == (payload.received_at - timedelta(days=2)).date()


def test_the_partition_follows_the_clients_time_stamp() -> None:
    at = datetime.now(UTC) - timedelta(days=3)
    assert normalized({"timestamp": at.isoformat()}).day == at.date()


def test_long_things_are_cut_with_a_note() -> None:
    frames = [{"function": f"f{number}"} for number in range(300)]
    payload = normalized(
        {
            "message": "x" * 20_000,
            "breadcrumbs": [{"message": str(number)} for number in range(500)],
            "exception": {"values": [{"type": "E", "stacktrace": {"frames": frames}}]},
            "tags": {f"t{number}": "v" for number in range(99)},
        }
    )
    assert (len(payload.breadcrumbs), payload.breadcrumbs[-1].message) == (100, "499")
    assert (len(payload.exceptions[0].frames), payload.exceptions[0].frames[-1].function) == (100, "f299")
    assert (len(payload.message), len(payload.tags)) == (8193, 50)
    assert len(payload.notes) == 4


def test_nul_and_lone_surrogates_are_replaced() -> None:
    payload = normalized(b'{"message":"a\\u0000b\\ud800c","tags":{"k\\u0000":"v"}}')
    assert payload.message == "a\ufffdb?c"
    stored_and_loaded(payload)


def test_messages_with_parameters_are_filled_in() -> None:
    assert normalized({"logentry": {"message": "order %s failed", "params": ["7"]}}).message == "order 7 failed"
    assert normalized({"message": {"message": "50 % off", "params": ["7"]}}).message == "50 % off"


def test_extension_frames_are_not_the_applications() -> None:
    frames = [
        {"filename": "chrome-extension://abc/x.js"},
        {"filename": "https://a.example/b/app.js?v=1", "in_app": True},
    ]
    payload = normalized({"exception": {"values": [{"stacktrace": {"frames": frames}}]}})
    assert [(frame.in_app, frame.filename) for frame in payload.exceptions[0].frames] == [
        (False, "chrome-extension://abc/x.js"),
        (True, "/b/app.js"),
    ]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
FIELDS = ["exception", "breadcrumbs", "tags", "user", "request", "contexts", "extra", "timestamp", "level", "message"]
FIELDS += ["release", "debug_meta", "fingerprint", "sdk", "logentry", "stacktrace", "platform", "transaction"]


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(FIELDS), json_values, max_size=6))
def test_whatever_json_comes_it_becomes_an_event(event: dict[str, Any]) -> None:
    payload = normalized(event)
    assert stored_and_loaded(payload).event_id == payload.event_id


def whose(event: dict[str, Any], address: str) -> dict[str, Any]:
    item = Item(1, uuid.uuid4().hex, time.time(), None, "", "", json.dumps(event).encode(), None, address)
    return normalize(item).user


@pytest.mark.parametrize(
    ("event", "kept"),
    [
        ({"platform": "javascript"}, "203.0.113.9"),
        ({"platform": "python", "user": {"ip_address": "{{auto}}"}}, "203.0.113.9"),
        ({"platform": "python", "user": {"ip_address": "198.51.100.7"}}, "198.51.100.7"),
        ({"platform": "python"}, None),
    ],
)
def test_addresses_stay_only_where_the_project_keeps_them(event: dict[str, Any], kept: str | None) -> None:
    assert whose(event, address="203.0.113.9").get("ip_address") == kept
    assert "ip_address" not in whose(event, address="")


def test_the_place_rests_with_the_event() -> None:
    place = Place(64496, "Example Net", "DE", "Bavaria")
    payload = normalize(Item(1, uuid.uuid4().hex, time.time(), None, "", "", b"{}", place))
    assert stored_and_loaded(payload).place == place
    tags = tags_of(payload)
    assert (tags["network"], tags["country"], tags["region"]) == ("AS64496 Example Net", "DE", "Bavaria")


@pytest.mark.parametrize(
    ("sent", "at"),
    [(1795376928.159, 1795376928.159), (1795376928, 1795376928.0), ("2026-11-22T20:28:48Z", 1795379328.0)],
)
def test_breadcrumbs_times_come_in_every_form(sent: Any, at: float) -> None:
    assert normalized({"breadcrumbs": [{"timestamp": sent, "level": "ERROR"}]}).breadcrumbs[0].at == at


@pytest.mark.parametrize("sent", [float("inf"), 1e18, -1e18, "soon", None, [], {}])
def test_breadcrumbs_without_a_time_are_kept(sent: Any) -> None:
    breadcrumb = normalized({"breadcrumbs": [{"timestamp": sent, "level": sent, "data": sent}]}).breadcrumbs[0]
    assert (breadcrumb.at, breadcrumb.level, breadcrumb.data) == (None, "info", {})


WILD = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda parts: st.lists(parts, max_size=4) | st.dictionaries(st.text(max_size=5), parts, max_size=4),
    max_leaves=20,
)


@given(value=st.dictionaries(st.text(max_size=5), WILD, max_size=5))
def test_what_is_fit_by_the_short_way_is_fit_by_the_long_one(value: dict[str, Any]) -> None:
    body = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
    plain, careful = Notes(is_plain=b"\\u" not in body and b"\0" not in body), Notes()
    event = json.loads(body)
    assert clean(event, plain, "extra") == clean(event, careful, "extra")
    assert plain.lines == careful.lines


@pytest.mark.parametrize(
    "value",
    [
        {"a": "x" * 5000},
        {"a": 2**64},
        {"x" * 300: 1},
        {"a": {"b": {"c": {"d": {"e": {"f": {"g": 1}}}}}}},
        {"a": [[[[[[[1]]]]]]]},
        {str(number): 1 for number in range(200)},
        {"a": list(range(200))},
    ],
)
def test_the_short_way_takes_nothing_that_is_too_much(value: dict[str, Any]) -> None:
    short, long = Notes(is_plain=True), Notes()
    assert clean(value, short, "extra") == clean(value, long, "extra") != value
    assert short.lines == long.lines
