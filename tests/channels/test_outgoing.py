"""Requests to addresses that users type in."""

import ipaddress
import socket
from collections.abc import Iterator
from email.utils import formatdate
from time import time
from typing import Any

import pytest

from monitor.channels.errors import Refused, Unavailable
from monitor.channels.outgoing import MOST_ANSWER_BYTES, Answer, failure, is_allowed, post_json, retry_after_s
from tests import fake_slack


@pytest.fixture
def slack(settings: Any) -> Iterator[fake_slack.FakeSlack]:
    settings.FARSIDE_ALLOW_PRIVATE_TARGETS = True
    with fake_slack.running() as server:
        yield server


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "fec0::1", "ff02::1", "::ffff:127.0.0.1",
        "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::", "2001:db8::1",
    ],
)  # fmt: skip
def test_addresses_that_are_not_global_are_refused(address: str) -> None:
    assert not is_allowed(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_global_addresses_are_allowed(address: str) -> None:
    assert is_allowed(ipaddress.ip_address(address))


@pytest.mark.parametrize("url", ["http://127.0.0.1:{port}/", "http://localhost:{port}/", "http://[::1]:{port}/"])
def test_private_targets_are_not_even_connected_to(url: str, slack: fake_slack.FakeSlack, settings: Any) -> None:
    settings.FARSIDE_ALLOW_PRIVATE_TARGETS = False
    port = slack.url.split(":")[2].split("/")[0]
    with pytest.raises(Refused, match="no public address"):
        post_json(url.format(port=port), {})
    assert slack.hosts == []


@pytest.mark.parametrize("url", ["", "ftp://example.com/", "https:///nohost", "http://[bad/", "/services/x"])
def test_what_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(Refused, match="address"):
        post_json(url, {})


def test_the_name_is_resolved_once_and_the_address_pinned(slack: fake_slack.FakeSlack, monkeypatch: Any) -> None:
    """A resolver that changes its answer (DNS rebinding) is asked a single time; Host keeps the name."""
    port, asked = slack.url.split(":")[2].split("/")[0], []

    def rebinding(host: str, *rest: Any, **named: Any) -> list[Any]:
        asked.append(host)
        address = "127.0.0.1" if len(asked) == 1 else "203.0.113.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, int(port)))]

    monkeypatch.setattr("monitor.channels.outgoing.socket.getaddrinfo", rebinding)
    monkeypatch.setattr("socket.create_connection", _connect_to_literal)
    assert post_json(f"http://hooks.example:{port}/x", {"text": "hi"}).status == 200
    assert (asked, slack.hosts) == (["hooks.example"], [f"hooks.example:{port}"])


def _connect_to_literal(address: tuple[str, int], timeout: float, source_address: Any = None) -> socket.socket:
    """create_connection without its own look-up, so that only look-ups by name are counted."""
    ipaddress.ip_address(address[0])
    connection = socket.socket()
    connection.settimeout(timeout)
    connection.connect(address)
    return connection


def test_a_redirect_is_not_followed(slack: fake_slack.FakeSlack) -> None:
    slack.script = ["redirect"]
    answer = post_json(slack.url, {})
    assert (answer.status, len(slack.hosts)) == (302, 1)
    assert isinstance(failure(answer, "h"), Refused)


@pytest.mark.parametrize("behaviour", ["hang", "drip"])
def test_a_receiver_that_never_ends_is_left(behaviour: str, slack: fake_slack.FakeSlack) -> None:
    slack.script = [behaviour]
    with pytest.raises(Unavailable, match="did not answer within"):
        post_json(slack.url, {}, timeout_s=0.4)


def test_a_closed_connection_is_temporary(slack: fake_slack.FakeSlack) -> None:
    slack.script = ["close"]
    with pytest.raises(Unavailable):
        post_json(slack.url, {})


def test_nobody_listening_is_temporary(settings: Any) -> None:
    settings.FARSIDE_ALLOW_PRIVATE_TARGETS = True
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(Unavailable, match="refused"):
            post_json(f"http://127.0.0.1:{unused.getsockname()[1]}/", {})


def test_a_name_that_does_not_resolve_is_temporary() -> None:
    with pytest.raises(Unavailable, match="cannot be resolved"):
        post_json("https://nowhere.invalid/", {})


def test_the_answer_is_bounded(slack: fake_slack.FakeSlack) -> None:
    slack.script = ["endless"]
    assert len(post_json(slack.url, {}).text) == MOST_ANSWER_BYTES


@pytest.mark.parametrize(
    ("status", "kind"),
    [(200, None), (204, None), (301, Refused), (400, Refused), (401, Refused), (403, Refused), (404, Refused),
     (410, Refused), (408, Unavailable), (429, Unavailable), (500, Unavailable), (503, Unavailable)],
)  # fmt: skip
def test_statuses(status: int, kind: type | None) -> None:
    error = failure(Answer(status, {}, "said so"), "hooks.example")
    assert type(error) is kind if kind else error is None


def test_retry_after_by_number_and_by_date() -> None:
    assert retry_after_s("7") == 7
    assert retry_after_s(formatdate(time() + 100, usegmt=True)) == pytest.approx(100, abs=5)
    assert [retry_after_s(text) for text in (None, "", "soon", "-5")] == [None, None, None, None]
    assert retry_after_s(formatdate(time() - 100, usegmt=True)) == 0
