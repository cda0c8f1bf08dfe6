"""Requests as no SDK makes them: valid ones with some of their values, or bytes, exchanged for odd ones."""

import gzip
import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import brotli
import zstandard
from hypothesis import strategies as st

BODY = (Path(__file__).parent.parent / "payloads" / "sentry_browser_event.envelope").read_bytes()
EVENT = json.loads(BODY.split(b"\n")[2])
EVENT |= {
    "logentry": {"message": "order %s of %(who)s", "params": ["7"]},
    "stacktrace": {"frames": []},
    "user": {"id": "7", "ip_address": "{{auto}}"},
    "fingerprint": ["{{ default }}", "x"],
    "debug_meta": {"images": [{"type": "sourcemap", "code_file": "https://a.example/a.js", "debug_id": "1" * 32}]},
}

ODD_NUMBERS = b"-0 1e400 -1e400 NaN Infinity -Infinity 1e-999 18446744073709551616 -9223372036854775809".split()
ODD_NUMBERS += [b"1" + b"0" * 4000, b"1" + b"0" * 5000, b"0." + b"1" * 2000]
ODD_TEXTS = [b"", b"\\u0000", b"\x00", b"\\ud800", b"\\udfff\\ud800", b"\xff", b"\xc3\x28", b"\xef\xbb\xbf", b"\\"]
ODD_TEXTS += [b"{{auto}}", b"{{ default }}", b"%(a)s %999999999d %", b"9999-12-31T23:59:59-23:59", b"0001-01-01"]
ODD_TEXTS += [
    b"http://[::1",
    b"//[",
    b"javascript",
    b'password=\\"',
    b"Bearer ",
    b"4111 1111 1111 1111",
    b"\xf0\x9f\x92\xa9",
]

texts = st.one_of(
    st.sampled_from(ODD_TEXTS),
    st.text(max_size=30).map(lambda text: json.dumps(text)[1:-1].encode()),
    st.tuples(st.sampled_from([*ODD_TEXTS, b"password.", b"a.", b"1-", b"ff", b"eyJaaaaa-"]), st.integers(1, 3000)).map(
        lambda unit: unit[0] * unit[1]
    ),
).map(lambda text: b'"' + text + b'"')
numbers = st.one_of(
    st.sampled_from(ODD_NUMBERS), st.integers().map(lambda number: b"%d" % number), st.floats().map(lambda x: b"%r" % x)
)
nested = st.tuples(st.integers(1, 1200), st.sampled_from([(b"[", b"]"), (b'{"a":', b"}")])).map(
    lambda deep: deep[1][0] * deep[0] + b"1" + deep[1][1] * deep[0]
)
keys = st.sampled_from([json.dumps(key).encode() for key in (*EVENT, "values", "frames", "stacktrace", "type")]) | texts


def _object(pairs: list[tuple[bytes, bytes]]) -> bytes:
    return b"{" + b",".join(key + b":" + value for key, value in pairs) + b"}"


def _repeat(many: tuple[bytes, int]) -> bytes:
    """An array of one value, no longer than what a repetition of repetitions may cost."""
    value, times = many
    return b"[" + b",".join([value] * min(times, 20_000 // len(value) + 1)) + b"]"


values = st.recursive(
    st.sampled_from([b"null", b"true", b"false", b"[]", b"{}"]) | numbers | texts | nested,
    lambda inner: st.one_of(
        st.lists(inner, max_size=5).map(lambda parts: b"[" + b",".join(parts) + b"]"),
        st.lists(st.tuples(keys, inner), max_size=5).map(_object),
        st.tuples(inner, st.integers(2, 300)).map(_repeat),
    ),
    max_leaves=8,
)
"""Any JSON value, and much that is nearly one."""

Path_ = tuple[str | int, ...]


def _paths(value: Any, path: Path_ = ()) -> list[Path_]:
    """The place of every value in a JSON value."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, part in parts for found in _paths(part, (*path, key)))]


def _write(value: Any, changes: dict[Path_, bytes], path: Path_ = ()) -> bytes:
    """JSON of a value, with the values at some places exchanged."""
    if path in changes:
        return changes[path]
    if isinstance(value, dict):
        return _object([(json.dumps(key).encode(), _write(value[key], changes, (*path, key))) for key in value])
    if isinstance(value, list):
        return b"[" + b",".join(_write(part, changes, (*path, i)) for i, part in enumerate(value)) + b"]"
    return json.dumps(value).encode()


events = st.dictionaries(st.sampled_from(_paths(EVENT)), values, max_size=6).map(lambda new: _write(EVENT, new))
"""The event of a browser with some of its values exchanged."""


def _mutate(body: bytes, changes: list[tuple[int, int, bytes]]) -> bytes:
    for position, length, new in changes:
        start = position % (len(body) + 1)
        body = body[:start] + new + body[start + length :]
    return body


def mutated(bodies: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    """Bodies with some bytes exchanged, put in or left out."""
    changes = st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 40), st.binary(max_size=12)), max_size=4)
    return st.tuples(bodies, changes).map(lambda both: _mutate(*both))


headers = st.lists(
    st.tuples(st.sampled_from([b'"event_id"', b'"dsn"', b'"sent_at"', b'"trace"', b'"type"', b'"length"']), values),
    max_size=3,
).map(_object)
types = st.sampled_from([b"event", b"client_report", b"attachment", b"session", b"", b"\\u0000"])
lengths = st.sampled_from([b"", b',"length":null', b',"length":-1', b',"length":99999999999999999999'])
bodies_of_items = (
    events | values.map(lambda value: b'{"discarded_events":[' + value + b"]}") | values | st.binary(max_size=60)
)


def _item(parts: tuple[bytes, bytes, bytes, bool]) -> bytes:
    kind, length, body, is_exact = parts
    said = b',"length":%d' % len(body) if is_exact else length
    return b'{"type":"' + kind + b'"' + said + b"}\n" + body


items = st.tuples(types, lengths, bodies_of_items, st.booleans()).map(_item)
envelopes = mutated(
    st.tuples(headers, st.lists(items | headers, max_size=3)).map(lambda parts: b"\n".join([parts[0], *parts[1]]))
    | st.just(BODY)
)
"""Envelopes of odd lines, with damaged bytes."""

ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda body: gzip.compress(body, 1),
    "deflate": lambda body: zlib.compress(body, 1),
    "br": lambda body: brotli.compress(body, quality=1),
    "zstd": lambda body: zstandard.compress(body, 1),
    "": bytes,
}


def _encodings(name: str) -> st.SearchStrategy[tuple[bytes, str]]:
    plain = envelopes | st.integers(1, 3_000_000).map(lambda size: b"\n" * size)
    encoded = plain.map(ENCODERS[name])
    doubled = st.tuples(encoded, encoded).map(b"".join)
    return st.tuples(mutated(encoded) | encoded | doubled | st.binary(max_size=200), st.just(name))


encoded = st.one_of([_encodings(name) for name in ENCODERS]) | st.tuples(envelopes, st.text(max_size=20))
"""Bodies with the Content-Encoding they claim, and what is none."""
