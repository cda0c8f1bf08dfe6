"""What nobody sends by mistake: the door refuses it with a reason, or the worker trims it with a note."""

import gzip
import json
import time
import zlib
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import brotli
import pytest
import zstandard

from ingest.decode import decode
from ingest.errors import Refused
from ingest.formats import parse_envelope
from monitor.batch import Item, batch_id_of, read_json
from monitor.broker import EVENTS_QUEUE, PENDING
from monitor.models import DeadLetter, Event, Project
from monitor.pipeline.grouping import group
from monitor.pipeline.normalize import normalize
from monitor.pipeline.pack import load_payload
from monitor.pipeline.payload import Payload
from monitor.pipeline.process import process_batch
from monitor.pipeline.scrub import scrub
from monitor.pipeline.tags import tags_of
from tests.sending import post, stored_and_loaded

MOST = 100_000
BOMB = b"0" * 10_000_000
ENCODERS: dict[str, Any] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.compress,
}


def refusal(body: bytes, encoding: str) -> Refused:
    with pytest.raises(Refused) as caught:
        decode(body, encoding, MOST)
    return caught.value


@pytest.mark.parametrize("name", ENCODERS)
def test_a_bomb_is_too_large(name: str) -> None:
    assert refusal(ENCODERS[name](BOMB), name).status == 413


@pytest.mark.parametrize("name", ENCODERS)
def test_a_bomb_of_unknown_size_is_too_large(name: str) -> None:
    body = zstandard.ZstdCompressor(write_content_size=False).compress(BOMB) if name == "zstd" else zlib.compress(BOMB)
    assert refusal(body, "zstd" if name == "zstd" else "deflate").status == 413


@pytest.mark.parametrize("name", ["gzip", "zstd"])
def test_a_bomb_in_several_streams_is_too_large(name: str) -> None:
    assert refusal(ENCODERS[name](b"0" * 60_000) * 2, name).status == 413


@pytest.mark.parametrize("name", ["gzip", "zstd"])
def test_several_streams_are_read_whole_but_not_thousands(name: str) -> None:
    assert decode(ENCODERS[name](b"ab") + ENCODERS[name](b"cd"), name, MOST) == b"abcd"
    assert refusal(ENCODERS[name](b"") * 1000, name).status == 400


@pytest.mark.parametrize("name", ENCODERS)
@pytest.mark.parametrize(
    "damage", [lambda body: body[:-3], lambda body: body + b"more", lambda body: b"", lambda _: b"x"]
)
def test_a_stream_that_does_not_end_where_the_body_does_is_refused(name: str, damage: Any) -> None:
    assert refusal(damage(ENCODERS[name](bytes(range(256)) * 9)), name).status == 400


def test_encodings_may_be_chained_but_not_without_end() -> None:
    assert decode(gzip.compress(brotli.compress(b"{}")), "br, gzip", MOST) == b"{}"
    assert refusal(gzip.compress(gzip.compress(BOMB)), "gzip, gzip").status == 413
    assert refusal(b"", "gzip," * 1000).status == 415


def path(project: Project, endpoint: str) -> str:
    return f"/api/{project.pk}/{endpoint}/?sentry_key={project.keys.get().public_key}"


REFUSED_ENVELOPES = {
    "a header nested deep": b'{"a":' + b"[" * 100_000,
    "a header of a megabyte": b'{"dsn":"' + b"x" * 1_000_000,
    "an item's header nested deep": b"{}\n" + b"[" * 100_000 + b"\n{}",
    "a negative length": b'{}\n{"type":"event","length":-1}\n{}',
    "a length past the end": b'{}\n{"type":"event","length":9}\n{}',
    "a length before the end": b'{}\n{"type":"event","length":1}\n{}',
    "a length of 65 bits": b'{}\n{"type":"event","length":18446744073709551616}\n{}',
    "a length of 4000 digits": b'{}\n{"type":"event","length":' + b"9" * 4000 + b"}\n{}",
    "a length of 5000 digits": b'{}\n{"type":"event","length":' + b"9" * 5000 + b"}\n{}",
    "a length that is text": b'{}\n{"type":"event","length":"2"}\n{}',
    "no type": b"{}\n{}\n{}",
    "a type that is a number": b'{}\n{"type":7}\n{}',
    "1001 items": b"{}\n" + b'{"type":"session"}\n{}\n' * 1001,
    "an event id that is none": b'{}\n{"type":"event"}\n{"event_id":"\\ud800\\u0000"}',
    "an event id of the wrong kind": b'{}\n{"type":"event"}\n{"event_id":{"a":[1]}}',
    "an event that is a list": b'{}\n{"type":"event"}\n[{}]',
    "an event that ends early": b'{}\n{"type":"event"}\n{"message":"x',
    "an event nested deep": b'{}\n{"type":"event"}\n{"extra":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "only NUL": b"\x00" * 10_000,
    "invalid UTF-8": b"\xff\xfe" * 1000,
}


def test_the_door_refuses_with_a_reason(door: Project) -> None:
    answers = {case: post(path(door, "envelope"), body) for case, body in REFUSED_ENVELOPES.items()}
    assert {case: answer.status for case, answer in answers.items()} == dict.fromkeys(REFUSED_ENVELOPES, 400)
    for answer in answers.values():
        assert answer.json()["detail"]
        assert 0 < len(answer.headers["x-sentry-error"]) <= 500


KEYS = ["\x00", "\ud800", "' OR 1=1", "k" * 1_000_000, "🔑"]


def test_a_key_that_can_be_none_is_refused(door: Project) -> None:
    for key in KEYS:
        header = json.dumps({"dsn": f"https://{key}@farside.example/1"}).encode()
        answer = post(f"/api/{door.pk}/envelope/", header + b'\n{"type":"event"}\n{}')
        assert answer.status in (401, 403), answer.body
        answer = post(f"/api/{door.pk}/store/?sentry_key={quote(key[:50_000], errors='replace')}", b"{}")
        assert answer.status in (401, 403), answer.body


@pytest.mark.parametrize(("project_id", "status"), [("999999999999999999", 403), ("9" * 19, 404), ("9" * 5000, 404)])
def test_a_project_id_past_every_project_is_refused(door: Project, project_id: str, status: int) -> None:
    answer = post(f"/api/{project_id}/store/?sentry_key={'k' * 32}", b"{}", {"host": "localhost"})
    assert answer.status == status


TAKEN_ENVELOPES = {
    "sent_at past every number": b'{"sent_at":1' + b"0" * 400 + b'}\n{"type":"event"}\n{}',
    "sent_at nested deep": b'{"sent_at":' + b"[" * 500 + b"]" * 500 + b'}\n{"type":"event"}\n{}',
    "sent_at at the end of time": b'{"sent_at":"9999-12-31T23:59:59-23:59"}\n{"type":"event"}\n{}',
    "lone surrogates in a header": b'{"trace":{"t":"\\ud83d"}}\n{"type":"event","x":"\xff"}\n{}',
    "unknown and empty types": b'{}\n{"type":""}\n{}\n{"type":"a\\u0000\\ud800"}\n{}\n{"type":"event"}\n{}',
    "an attachment beside it": b'{}\n{"type":"attachment","length":4}\n\x00\xff\n\n\n{"type":"event"}\n{}',
    "a million empty lines": b"{}\n" + b"\n" * 1_000_000 + b'{"type":"event"}\n{}',
}


def test_oddities_around_an_event_cost_it_nothing(door: Project, valkey: Any) -> None:
    answers = {case: post(path(door, "envelope"), body).status for case, body in TAKEN_ENVELOPES.items()}
    assert answers == dict.fromkeys(TAKEN_ENVELOPES, 200)
    work(valkey)
    assert (Event.objects.count(), DeadLetter.objects.count()) == (len(TAKEN_ENVELOPES), 0)


def test_a_body_of_empty_lines_is_read_in_one_step() -> None:
    assert parse_envelope(b"{}" + b"\n" * 40_000_000).items == []


def work(valkey: Any) -> None:
    """Process every queued batch once, as a worker would; none may fail."""
    while message := valkey.rpop(EVENTS_QUEUE):
        process_batch(batch_id_of(message))
    assert valkey.zcard(PENDING) == 0, "a batch failed and waits for its next attempt"


def processed(event: bytes, sent_at: float | None = None) -> Payload:
    """What the pure steps make of an event."""
    payload = scrub(normalize(Item(1, "0" * 32, time.time(), sent_at, "", "", event)))
    group(payload)
    tags_of(payload)
    return stored_and_loaded(payload)


EVERYWHERE = [
    *(b"message", b"transaction", b"logger", b"release", b"dist", b"environment", b"platform", b"level", b"timestamp"),
    *(b"user", b"request", b"contexts", b"extra", b"tags", b"breadcrumbs", b"exception", b"stacktrace", b"sdk"),
    *(b"fingerprint", b"debug_meta", b"logentry", b"threads", b"modules", b"server_name"),
]


def test_frames_of_no_file_pass_the_source_maps(door: Project, valkey: Any) -> None:
    addresses = [
        "http://[::1",
        "//[",
        "http://a\x00b/c.js",
        "https://\ud800.example/x.js",
        "",
        "x" * 5000,
        "~/",
        "http:///?#",
    ]
    frames = [{"abs_path": address, "lineno": 2**31 - 1, "colno": 2**31 - 1} for address in addresses]
    images = [{"code_file": address, "debug_id": "1" * 32} for address in addresses]
    event = {
        "platform": "javascript",
        "release": "a\x00\ud800",
        "exception": {"values": [{"type": "E", "stacktrace": {"frames": frames}}]},
        "debug_meta": {"images": [*images, {"code_file": "x", "debug_id": "\x00"}]},
    }
    assert post(path(door, "store"), json.dumps(event).encode()).status == 200
    work(valkey)
    assert (Event.objects.count(), DeadLetter.objects.count()) == (1, 0)


UNREAD = {b"threads", b"modules", b"server_name", b"timestamp", b"platform", b"level"}
VALUES = {
    "null": b"null",
    "true": b"true",
    "a number": b"-0",
    "1e400": b"1e400",
    "10^5000": b"1" + b"0" * 5000,
    "10^4000": b"1" + b"0" * 4000,
    "NaN": b"NaN",
    "-Infinity": b"-Infinity",
    "NUL": b'"a\\u0000b"',
    "a raw NUL": b'"a\x00b"',
    "half a pair": b'"\\ud800"',
    "invalid UTF-8": b'"\xc3\x28\xff"',
    "a list": b"[1,[2,[3]],{}]",
    "lists": b'[["k\\u0000","\\ud800"],[[],{}],[null,null],[1]]',
    "an object": b'{"values":{"a":1},"frames":7,"\\u0000":"\\u0000","":[[[[[[[[1]]]]]]]]}',
    "values of texts": b'{"values":["a",null,7,{"type":["a"],"value":{"b":1},"stacktrace":[1]}]}',
    "frames of anything": b'{"values":[{"stacktrace":{"frames":["a",null,{"lineno":1e400,"filename":{}}]}}]}',
    "nested 900 deep": b"[" * 900 + b"]" * 900,
}


def test_any_value_in_every_field_becomes_an_event(door: Project, valkey: Any) -> None:
    events = {
        case: b"{" + b",".join(b'"%s":%s' % (field, value) for field in EVERYWHERE) + b"}"
        for case, value in VALUES.items()
    }
    answers = {case: post(path(door, "store"), event).status for case, event in events.items()}
    assert answers == dict.fromkeys(VALUES, 200)
    work(valkey)
    assert (Event.objects.count(), DeadLetter.objects.count()) == (len(VALUES), 0)


@pytest.mark.parametrize("case", VALUES)
def test_a_value_of_any_kind_in_one_field_is_trimmed(case: str) -> None:
    for field in EVERYWHERE:
        assert "\x00" not in repr(processed(b'{"%s":%s}' % (field, VALUES[case])))


@pytest.mark.parametrize("field", EVERYWHERE)
def test_a_megabyte_in_any_field_is_cut_with_a_note(field: bytes) -> None:
    payload = processed(b'{"%s":"%s"}' % (field, b"x" * 900_000))
    assert len(repr(payload)) < 20_000
    assert payload.notes or field in UNREAD


def test_thousands_of_everything_are_cut_with_notes() -> None:
    frame, many = {"function": "f"}, 3000
    event = {
        "exception": {"values": [{"type": "E", "stacktrace": {"frames": [frame] * many}}] * 12},
        "breadcrumbs": [{"message": "m"}] * many,
        "tags": {f"t{number}": "v" for number in range(many)},
        "fingerprint": ["part"] * many,
        "extra": {f"e{number}": list(range(200)) for number in range(150)},
        "debug_meta": {"images": [{}] * many},
    }
    notes = " ".join(processed(json.dumps(event).encode()).notes)
    for what in ("exceptions", "frames", "breadcrumbs", "tags", "fingerprint", "extra cut to 100", "debug images"):
        assert what in notes


END_OF_TIME = b'"9999-12-31T23:59:59-23:59"'


@pytest.mark.parametrize(
    "timestamp",
    [
        b"0",
        b"-1e300",
        b"1e20",
        b"1e308",
        b"true",
        b'"0001-01-01T00:00:00+23:59"',
        END_OF_TIME,
        b"[1]",
        b'"0"',
        b'"\xff"',
    ],
)
@pytest.mark.parametrize("sent_at", [None, 0.0, 1e300, -1e300, float("nan"), 253402300799.0])
def test_impossible_times_are_set_right(timestamp: bytes, sent_at: float | None) -> None:
    payload = processed(b'{"timestamp":%s,"breadcrumbs":[{"timestamp":%s}]}' % (timestamp, timestamp), sent_at)
    assert -1 <= (datetime.now(UTC) - payload.occurred_at).days <= 30


def test_of_a_key_that_comes_twice_the_last_counts(door: Project, valkey: Any) -> None:
    first, last = "1" * 32, "2" * 32
    event = f'{{"event_id":"{first}","message":"a","message":"b","event_id":"{last}"}}'.encode()
    assert post(path(door, "store"), event).json() == {"id": last}
    work(valkey)
    assert load_payload(Event.objects.get()).message == "b"


def test_templates_cost_no_memory() -> None:
    event = {"logentry": {"message": "%999999999d %(a)s %s", "params": ["7", "\x00\ud800"]}}
    assert processed(json.dumps(event).encode()).message == "7 %(a)s \ufffd?"


def test_what_is_nested_deeper_than_a_workers_stack_becomes_an_event() -> None:
    deepest = next(depth for depth in range(1000, 0, -1) if is_read(b'{"message":' + nested(depth) + b"}"))

    def below(frames: int) -> Payload:
        return below(frames - 1) if frames else processed(b'{"message":' + nested(deepest) + b"}")

    assert below(100).message


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


def is_read(body: bytes) -> bool:
    try:
        return bool(read_json(body))
    except RecursionError:
        return False


@pytest.mark.parametrize("unit", ["password.", "a.password", "token.a", "1.", "eyJaaaaa-", "ff", "://a:", "key ", "&a"])
def test_no_text_holds_up_a_worker(unit: str) -> None:
    """Patterns that backtrack would need minutes for these, or hours."""
    event = {"message": (unit * 9000)[:9000], "extra": {str(number): unit * 1000 for number in range(20)}}
    assert processed(json.dumps(event).encode()).notes
