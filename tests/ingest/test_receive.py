"""The collection endpoints: what they take, what they refuse and how they say so."""

import asyncio
import gzip
import json
import zlib
from pathlib import Path
from typing import Any

import brotli
import pytest
import zstandard

from monitor import batch
from monitor.broker import PENDING
from monitor.models import Project
from tests.sending import alone, envelope, error_event, post, request

PAYLOADS = Path(__file__).parent.parent / "payloads"


def path(project: Project, endpoint: str = "envelope", query: str = "") -> str:
    key = project.keys.get().public_key
    return f"/api/{project.pk}/{endpoint}/?{query or f'sentry_key={key}'}"


def queued(valkey: Any) -> list[batch.Item]:
    """Every item in the batches that wait."""
    batches = [batch.decode(valkey.get(f"farside:batch:{name.decode()}")) for name in valkey.zrange(PENDING, 0, -1)]
    return [item for one in batches for item in one.items]


def test_takes_what_sentry_browser_sends(door: Project, valkey: Any) -> None:
    body = (PAYLOADS / "sentry_browser_event.envelope").read_bytes()
    answer = post(path(door), body, {"content-type": "text/plain;charset=UTF-8", "user-agent": "Firefox"})
    assert answer.status == 200
    [item] = queued(valkey)
    assert answer.json() == {"id": item.event_id}
    assert json.loads(item.body)["exception"]["values"][0]["type"] == "Error"
    assert (item.project_id, item.user_agent) == (door.pk, "Firefox")


def test_takes_the_older_store_endpoint(door: Project, valkey: Any) -> None:
    event = error_event()
    answer = post(path(door, "store"), json.dumps(event).encode())
    assert (answer.status, answer.json()) == (200, {"id": event["event_id"]})
    assert [item.event_id for item in queued(valkey)] == [event["event_id"]]


@pytest.mark.parametrize(
    ("name", "encode"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", lambda body: zlib.compress(body)[2:-4]),
        ("br", brotli.compress),
        ("zstd", zstandard.compress),
        ("identity", bytes),
    ],
)
def test_takes_every_encoding(door: Project, valkey: Any, name: str, encode: Any) -> None:
    answer = post(path(door), encode(envelope(error_event())), {"content-encoding": name})
    assert answer.status == 200
    assert len(queued(valkey)) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"x-sentry-auth": "Sentry sentry_version=7, sentry_key={}, sentry_client=x/1"},
        {"authorization": "Sentry sentry_key={}"},
    ],
)
def test_takes_the_key_from_headers(door: Project, headers: dict[str, str]) -> None:
    key = door.keys.get().public_key
    answer = post(path(door, query="x=1"), envelope(error_event()), {n: v.format(key) for n, v in headers.items()})
    assert answer.status == 200


def test_takes_the_key_from_the_envelopes_dsn(door: Project) -> None:
    body = envelope(error_event(), header={"dsn": door.dsn()})
    assert post(path(door, query="x=1"), body).status == 200


@pytest.mark.parametrize(
    ("query", "status", "says"), [("x=1", 401, "sentry_key"), ("sentry_key=0", 403, "set-up page")]
)
def test_refuses_a_missing_or_wrong_key(door: Project, valkey: Any, query: str, status: int, says: str) -> None:
    answer = post(path(door, query=query), envelope(error_event()))
    assert answer.status == status
    assert says in answer.json()["detail"] and says in answer.headers["x-sentry-error"]
    assert queued(valkey) == []


def test_refuses_a_key_that_is_switched_off(door: Project) -> None:
    door.keys.update(is_active=False)
    assert post(path(door), envelope(error_event())).status == 403


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "line 1"),
        (b"nonsense\n", "line 1"),
        (b'{}\n{"length": 3}\nabc', "item 1"),
        (b'{}\n{"type":"event","length":99}\n{}', "99"),
        (b'{}\n{"type":"event"}\n[1]', "JSON object"),
        (b'{}\n{"type":"event"}\n{"event_id":"x"}', "UUID"),
        (b'{}\n{"type":"event"}\n' + b'{"a":' * 100_000, "item 1"),
        (b'{}\n{"type":"event"}\n{"a":1', "item 1"),
    ],
)
def test_refuses_damaged_envelopes_with_a_reason(door: Project, body: bytes, says: str) -> None:
    answer = post(path(door), body)
    assert answer.status == 400
    assert says in answer.json()["detail"]


@pytest.mark.parametrize("value", [b'"\xff"', b'"\\ud800"', b"NaN", b'"\\u0000"'])
def test_takes_what_is_nearly_json(door: Project, valkey: Any, value: bytes) -> None:
    assert post(path(door), b'{}\n{"type":"event"}\n{"message":' + value + b"}").status == 200
    assert len(queued(valkey)) == 1


def test_refuses_damaged_and_unknown_encodings(door: Project) -> None:
    assert post(path(door), b"no gzip", {"content-encoding": "gzip"}).status == 400
    assert post(path(door), gzip.compress(b"{}" * 99)[:-9], {"content-encoding": "gzip"}).status == 400
    assert post(path(door), b"{}", {"content-encoding": "lzma"}).status == 415


@pytest.mark.parametrize(
    ("name", "encode"), [("gzip", gzip.compress), ("br", brotli.compress), ("zstd", zstandard.compress)]
)
def test_refuses_decompression_bombs(door: Project, settings: Any, name: str, encode: Any) -> None:
    settings.FARSIDE_MAX_BODY_BYTES = 100_000
    answer = post(path(door), encode(b"0" * 10_000_000), {"content-encoding": name})
    assert answer.status == 413


def test_refuses_large_bodies_and_events(door: Project, settings: Any) -> None:
    settings.FARSIDE_MAX_REQUEST_BYTES = 5000
    settings.FARSIDE_MAX_EVENT_BYTES = 2000
    assert post(path(door), envelope(error_event(message="x" * 9000))).status == 413
    assert "2000" in post(path(door), envelope(error_event(message="x" * 2000))).json()["detail"]


def test_counts_items_it_does_not_use(door: Project, valkey: Any) -> None:
    body = b'{}\n{"type":"session"}\n{}\n{"type":"session"}\n{}\n{"type":"replay_video","length":3}\n\x00\n\xff'
    assert post(path(door), body).status == 200
    [name] = valkey.zrange(PENDING, 0, -1)
    counts = batch.decode(valkey.get(f"farside:batch:{name.decode()}")).counts
    assert {(count.category, count.outcome, count.items) for count in counts} == {
        ("session", "unused", 2),
        ("replay_video", "unused", 1),
    }


def test_answers_a_browsers_preflight(door: Project) -> None:
    answer = asyncio.run(alone(request("OPTIONS", path(door))))
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "content-encoding" in answer.headers["access-control-allow-headers"]


def test_answers_are_readable_across_origins(door: Project) -> None:
    for answer in (post(path(door), envelope(error_event())), post(path(door, query="x=1"), b"")):
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "Retry-After" in answer.headers["access-control-expose-headers"]


def test_refuses_other_methods(door: Project) -> None:
    assert asyncio.run(alone(request("GET", path(door)))).status == 405


def test_requests_that_arrive_together_share_a_batch(door: Project, valkey: Any) -> None:
    async def together() -> list[int]:
        body = [envelope(error_event()) for _ in range(20)]
        return [answer.status for answer in await asyncio.gather(*(request("POST", path_, one) for one in body))]

    path_ = path(door)
    post(path_, envelope(error_event()))  # the key is known from here on
    valkey.flushdb()
    assert asyncio.run(alone(together())) == [200] * 20
    assert valkey.llen("events") == valkey.zcard(PENDING) < 20
    assert len(queued(valkey)) == 20


def test_with_an_unreachable_broker_the_disk_takes_it(door: Project, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert post(path(door), envelope(error_event())).status == 200
    assert len(list(settings.FARSIDE_SPOOL.glob("*.spool"))) == 1


def test_with_neither_broker_nor_disk_it_is_a_503(door: Project, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    settings.FARSIDE_SPOOL_MAX_BYTES = 100
    answer = post(path(door), envelope(error_event()))
    assert (answer.status, answer.headers["retry-after"]) == (503, "30")


def test_past_a_limit_an_sdk_is_told_to_hold_back(door: Project) -> None:
    door.keys.update(rate_limit=1, rate_window_s=86_400)
    assert post(path(door), envelope(error_event())).status == 200
    answer = post(path(door), envelope(error_event()))
    assert answer.status == 429
    seconds = answer.headers["retry-after"]
    assert answer.headers["x-sentry-rate-limits"] == f"{seconds}:error:key:key_rate"
    assert "X-Sentry-Rate-Limits" in answer.headers["access-control-expose-headers"]
    session = b'{}\n{"type":"session"}\n{}'
    assert post(path(door), session).status == 200  # only errors are held back


def test_refusals_are_counted_for_the_project(door: Project, valkey: Any) -> None:
    assert post(path(door), b"no envelope").status == 400
    [found] = [batch.decode(valkey.get(f"farside:batch:{name.decode()}")) for name in valkey.zrange(PENDING, 0, -1)]
    assert [(one.category, one.outcome, one.reason, one.items) for one in found.counts] == [
        ("request", "invalid", "malformed", 1)
    ]


def test_a_client_report_is_counted(door: Project, valkey: Any) -> None:
    report = {"discarded_events": [{"reason": "before_send", "category": "error", "quantity": 4}]}
    body = b'{}\n{"type":"client_report"}\n' + json.dumps(report).encode()
    assert post(path(door), body).status == 200
    [found] = [batch.decode(valkey.get(f"farside:batch:{name.decode()}")) for name in valkey.zrange(PENDING, 0, -1)]
    assert [(one.category, one.outcome, one.reason, one.items) for one in found.counts] == [
        ("error", "client_discard", "before_send", 4)
    ]


@pytest.mark.parametrize(("keeps", "address"), [(False, ""), (True, "203.0.113.9")])
def test_the_address_is_kept_only_where_the_project_says_so(
    door: Project, valkey: Any, keeps: bool, address: str
) -> None:
    Project.objects.update(keeps_addresses=keeps)
    post(path(door), envelope(error_event()))
    assert [item.address for item in queued(valkey)] == [address]


def test_drops_the_address_and_keeps_a_keyed_hash(door: Project, valkey: Any) -> None:
    post(path(door), envelope(error_event()))
    [item] = queued(valkey)
    assert "203.0.113.9" not in repr(item)
    assert len(item.client) == 32
