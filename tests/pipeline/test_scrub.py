"""Secrets go, and what people need to read stays."""

import re
import uuid
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.pipeline.payload import Breadcrumb, ExceptionValue, Frame, Payload
from monitor.pipeline.scrub import (
    LOOKS,
    NAMED,
    SCRUBBED,
    is_card,
    scrub,
    scrub_source,
    scrub_text,
    scrub_value,
    suspicious,
)
from monitor.pipeline.secret_signs import is_secret


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("Authorization: Bearer abcdef123456", "abcdef123456"),
        ("https://bob:pa55word@host/x", "pa55word"),
        ("/login?password=hunter2&x=1", "hunter2"),
        ("/cb#access_token=abc.def", "abc.def"),
        ('{"apiKey": "k-123456"}', "k-123456"),
        ("token='t0psecret'", "t0psecret"),
        ("paid with 4111-1111-1111-1111 today", "4111-1111-1111-1111"),
        ("AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"),
        ("ghp_abcdefghijklmnopqrstuvwx", "ghp_"),
        ("xoxb-1234567890-abcdef", "xoxb-"),
        ("https://hooks.slack.com/services/T0/B0/xyz", "T0/B0/xyz"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl", "eyJ"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----", "MIIE"),
        ("sk_live_abcdefgh1234", "sk_live_"),
    ],
)
def test_secrets_go_from_text(text: str, secret: str) -> None:
    assert secret not in scrub_text(text)
    assert SCRUBBED in scrub_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "Cannot read properties of undefined (reading 'price')",
        "GET https://api.shop.example/cart?page=2 failed with 404",
        "order 4111111111111112 is missing",
        "Unexpected token < in JSON at position 0",
        "build 20261122093015 of 2026-11-22",
        "",
    ],
)
def test_what_people_read_stays(text: str) -> None:
    assert scrub_text(text) == text


def test_source_code_stays_code_but_for_literal_secrets() -> None:
    assert scrub_source("const password = form.password.value;") == "const password = form.password.value;"
    assert "AKIA" not in scrub_source('const key = "AKIAIOSFODNN7EXAMPLE";')


def test_values_go_by_the_name_of_their_field() -> None:
    value = {"user": {"Password": "x", "name": "Ann"}, "headers": [["Cookie", "a=b"], ["Accept", "*/*"]], "pin": 1234}
    assert scrub_value(value) == {
        "user": {"Password": SCRUBBED, "name": "Ann"},
        "headers": [["Cookie", SCRUBBED], ["Accept", "*/*"]],
        "pin": SCRUBBED,
    }


@pytest.mark.parametrize(
    "name", ["password", "X-Api-Key", "authToken", "Set-Cookie", "client_secret", "sid", "csrf_token"]
)
def test_names_of_secrets(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        "ip",
        "ipAddress",
        "REMOTE_ADDR",
        "X-Forwarded-For",
        "x-real-ip",
        "CF-Connecting-IP",
        "client.address",
        "net.peer.ip",
    ],
)
def test_names_of_addresses(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize(
    "name", ["author", "page", "session", "product", "keyboard", "position", "passenger", "zip", "address"]
)
def test_names_that_only_look_alike(name: str) -> None:
    assert not is_secret(name)


def test_cards_pass_the_luhn_check() -> None:
    assert is_card("4111 1111 1111 1111") and is_card("378282246310005")
    assert not is_card("4111 1111 1111 1112") and not is_card("0000 0000 0000 0000") and not is_card("1234")


def test_values_go_from_command_lines() -> None:
    assert scrub_value(["app", "--password", "x", "--page", "2"]) == ["app", "--password", SCRUBBED, "--page", "2"]


def test_a_value_nested_without_end_is_cut() -> None:
    value: dict[str, object] = {}
    for _ in range(50):
        value = {"a": value}
    assert "[too deep]" in str(scrub_value(value))


SECRETS = (
    *("Bearer abcdef123456", "basic YWxhZGRpbjpvcGVu", "https://bob:pa55@host/x", "/login?password=hunter2&x=1"),
    *("token='t0p'", '"apiKey": "k-12"', "Session-Id : 7", "PRIVATE_KEY=x", "4111-1111-1111-1111", "378282246310005"),
    *("4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "AKIAIOSFODNN7EXAMPLE", "ghp_abcdefghijklmnopqrstuvwx", "xoxb-1234567890-ab"),
    *("hooks.slack.com/services/T0/B0/xyz", "eyJhbGciOi.eyJzdWIi.c2ln", "-----BEGIN RSA PRIVATE KEY-----\nMIIE"),
    *("sk_live_abcdefgh1234", "sk-abcdefghij1234567890", "fst_abcdefghij1234567890", "glpat-abcdefghij123456"),
    *("sid=77", "?pin=1", "&pw=2", "#sig=abc", "x?user_ip=203.0.113.9", "PA\u017f\u017fWORD=x", "TO\u212aEN: x"),
    *("api_\u212aey=1", "s\u0131gnature=1", "S\u0130GNATURE=1", "\u0664" + "1" * 15, "sntrys_abcdefghij1234567890"),
)
NOISE = (
    *(
        "order 20261122093015",
        "Unexpected token <",
        "body > div#app",
        "https://shop.example/a?id=7&b=2",
        "ask-",
        "\u00e9",
    ),
    *(
        "ann@shop.example",
        "Asia/Tokyo",
        "\0",
        " ",
        "-",
        "=",
        ":",
        "'",
        '"',
        "1234",
        "0",
        "?",
        "&",
        "\n",
        "[scrubbed]",
        "k",
    ),
)
pieces = st.sampled_from(SECRETS + NOISE)
texts = st.lists(pieces | pieces.map(str.upper) | st.text(max_size=4), max_size=6).map("".join)
values = st.recursive(
    texts | st.none() | st.booleans() | st.sampled_from([7, 4111111111111111, 1763800000123, 0.5]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["url", "password", "pin", "data", "ip"]), inner, max_size=3)
    ),
    max_leaves=8,
)
objects = st.dictionaries(st.sampled_from(["url", "Cookie", "ip_address", "x"]), values, max_size=3)


def looks_gone(text: str) -> str:
    """Every pattern, one after the other, on whatever line of source."""
    for pattern, replacement in LOOKS:
        text = pattern.sub(replacement, text)
    return text


def slowly(text: str) -> str:
    """Every pattern, one after the other, on whatever text."""
    text = NAMED[0].sub(NAMED[1], looks_gone(text))
    parameter = r"([?&#;]|^)([\w.\[\]%-]{1,200}+)=([^&#;\s\"'<>]++)"
    return re.sub(parameter, lambda it: f"{it[1]}{it[2]}={SCRUBBED}" if is_secret(it[2]) else it[0], text)


NAMES = "password passwd passphrase pwd secret token api_key api-key apikey access_key access-key accesskey private-key"
NAMES += " private_key privatekey authorization credential cookie session_id session-id sessionid csrf xsrf jwt"
STARTS = "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_ glpat- xoxp- sk_live_ rk_test_ pk_live_ sk- AIza fst_ sntrys_ sntryu_"


@pytest.mark.parametrize("name", f"{NAMES} signature cvv cvc ssn sid connect.sid pin otp iban dsn ip webhook".split())
def test_what_stands_behind_each_name_goes(name: str) -> None:
    assert scrub_text(f"?{name}=x1y") == f"?{name}={SCRUBBED}"


@pytest.mark.parametrize("start", STARTS.split())
def test_tokens_go_by_how_they_start(start: str) -> None:
    assert scrub_text(f"with {start}{'a1B2' * 10}") == f"with {SCRUBBED}"


@settings(max_examples=1000, deadline=None)
@given(texts)
def test_no_text_with_a_secret_is_passed_over(text: str) -> None:
    assert scrub_text(text) == slowly(text)
    assert scrub_source(text) == looks_gone(text)


@settings(max_examples=300, deadline=None)
@given(st.lists(texts, max_size=8))
def test_texts_looked_through_at_once_are_as_suspicious_as_alone(found: list[str]) -> None:
    assert {text for text in found if suspicious((text,))} <= set(suspicious(found))


@pytest.mark.parametrize("pattern", [pattern for pattern, _ in (*LOOKS, NAMED)])
def test_whatever_a_pattern_finds_is_suspicious(pattern: re.Pattern[str]) -> None:
    @settings(max_examples=60, deadline=None)
    @given(st.from_regex(pattern))
    def check(text: str) -> None:
        assert suspicious((text,))

    check()


def event(**parts: Any) -> Payload:
    now = datetime.now(UTC)
    return Payload(uuid.uuid4().hex, now.date(), now, now, **parts)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(texts, min_size=7, max_size=7),
    st.lists(objects, min_size=5, max_size=5),
    st.sampled_from([{}, {"token": "x"}]),
)
def test_an_event_is_scrubbed_as_each_of_its_parts(
    text: list[str], data: list[dict[str, Any]], tags: dict[str, str]
) -> None:
    frame = Frame(text[0], text[1], context_line=text[2], pre_context=(text[3],))
    found = scrub(
        event(
            message=text[4],
            tags={"a": text[5], **tags},
            exceptions=(ExceptionValue(value=text[6], frames=(frame,)),),
            breadcrumbs=(Breadcrumb(message=text[4], data=data[4]),),
            user=data[0],
            request=data[1],
            contexts=data[2],
            extra=data[3],
        )
    )
    source = Frame(context_line=scrub_source(text[2]), pre_context=(scrub_source(text[3]),))
    assert found.exceptions[0].value == slowly(text[6])
    assert found.exceptions[0].frames == (
        msgspec.structs.replace(source, filename=slowly(text[0]), abs_path=slowly(text[1])),
    )
    assert found.breadcrumbs == (Breadcrumb(message=slowly(text[4]), data=scrub_value(data[4])),)
    assert (found.message, found.tags) == (
        slowly(text[4]),
        {"a": slowly(text[5]), **dict.fromkeys(tags, SCRUBBED)},
    )
    assert found.user == {**scrub_value(data[0]), **{key: data[0][key] for key in data[0] if key == "ip_address"}}
    assert (found.request, found.contexts, found.extra) == tuple(map(scrub_value, data[1:4]))


def test_an_event_without_secrets_is_not_made_anew() -> None:
    payload = event(message="Unexpected token <", extra={"at": 1763800000123, "url": "https://a.example/?id=7"})
    assert scrub(payload) is payload
    assert scrub(msgspec.structs.replace(payload, extra={"pin": 7})).extra == {"pin": SCRUBBED}
    assert scrub(msgspec.structs.replace(payload, user={"ip_address": "::1"})).user == {"ip_address": "::1"}
    assert scrub(msgspec.structs.replace(payload, extra={"ip_address": "::1"})).extra == {"ip_address": SCRUBBED}
    assert scrub(msgspec.structs.replace(payload, extra={"at": [4111111111111111]})).extra == {"at": [SCRUBBED]}
    assert scrub(msgspec.structs.replace(payload, extra={"at": ["Cookie", "a"]})).extra == {"at": ["Cookie", SCRUBBED]}
