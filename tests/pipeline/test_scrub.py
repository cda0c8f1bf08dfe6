"""Secrets go, and what people need to read stays."""

import pytest

from monitor.pipeline.scrub import SCRUBBED, is_card, is_secret, scrub_source, scrub_text, scrub_value


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
