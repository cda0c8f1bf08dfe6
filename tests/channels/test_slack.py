"""Slack messages: what they say, how they are escaped and cut, and what Slack's answers mean."""

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.channels.errors import ChannelError, Refused
from monitor.channels.message import Message, Place
from monitor.channels.slack import compose, escape, send
from tests import fake_slack

MESSAGE = Message(
    headline="New issue in Shop",
    title="TypeError: x is undefined",
    culprit="checkout",
    why="First seen in release 1.2.0.",
    link="https://farside.example/acme/shop/issues/7",
    events=1234,
    users=5,
    release="1.2.0",
    environment="production",
    place=Place("src/cart.js", 12, "checkout", "  total(cart.items)"),
)


@pytest.fixture
def slack(settings: Any) -> Iterator[fake_slack.FakeSlack]:
    settings.FARSIDE_ALLOW_PRIVATE_TARGETS = True
    with fake_slack.running() as server:
        yield server


def test_the_message_says_it_all() -> None:
    said = json.dumps(compose(MESSAGE))
    for part in (
        "New issue in Shop", "TypeError: x is undefined", "checkout", "First seen in release 1.2.0.", MESSAGE.link,
        "1,234", "*Users*\\n5", "1.2.0", "production", "src/cart.js:12", "total(cart.items)",
    ):  # fmt: skip
        assert part in said


def test_what_is_unknown_is_left_out() -> None:
    blocks = compose(Message(headline="Test message", title="It works.", why="Somebody asked for it."))["blocks"]
    assert [block["type"] for block in blocks] == ["header", "section", "context"]


def test_control_characters_are_escaped() -> None:
    text = json.dumps(compose(msgspec.structs.replace(MESSAGE, title="<!channel> a & b", release="<@U1>")))
    assert "<!channel>" not in text and "<@U1>" not in text
    assert "&lt;!channel&gt; a &amp; b" in text


def test_backticks_do_not_end_the_code() -> None:
    message = msgspec.structs.replace(MESSAGE, place=Place("a.js", 1, "f", "```<!here> `${x}`"))
    code = compose(message)["blocks"][2]["text"]["text"]
    assert code.count("`") == 4 + 6


@given(st.text(max_size=60), st.integers(min_value=1, max_value=40))
def test_escape_never_exceeds_nor_splits_an_escape(text: str, most: int) -> None:
    escaped = escape(text, most)
    assert len(escaped) <= most
    assert "<" not in escaped and ">" not in escaped
    assert escaped.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "").count("&") == 0


@given(st.text(alphabet="&<>`a\n", min_size=3000, max_size=3001))
def test_long_texts_stay_within_slacks_limits(text: str) -> None:
    message = Message(text, text, text, "https://f.example", text, 1, 1, text, text, Place(text, 1, text, text))
    for block in compose(message)["blocks"]:
        texts = [block.get("text", {"text": ""}), *block.get("fields", []), *block.get("elements", [])]
        assert all(len(part["text"]) <= (150 if block["type"] == "header" else 3000) for part in texts)
        assert all(len(field["text"]) <= 2000 for field in block.get("fields", []))


def test_it_is_delivered(slack: fake_slack.FakeSlack) -> None:
    send({"webhook_url": slack.url}, MESSAGE)
    assert slack.texts() == ["New issue in Shop: TypeError: x is undefined"]


@pytest.mark.parametrize(
    ("behaviour", "permanent", "says"),
    [("limited", False, "rate_limited"), ("broken", False, "500"), ("close", False, ""), ("gone", True, "no_service"),
     ("forbidden", True, "action_prohibited"), ("archived", True, "channel_is_archived"),
     ("invalid", True, "invalid_payload"), ("redirect", True, "redirect")],
)  # fmt: skip
def test_answers(behaviour: str, permanent: bool, says: str, slack: fake_slack.FakeSlack) -> None:
    slack.script = [behaviour]
    with pytest.raises(ChannelError) as caught:
        send({"webhook_url": slack.url}, MESSAGE)
    assert caught.value.permanent is permanent
    assert says in caught.value.detail
    assert "secret" not in caught.value.detail
    assert caught.value.retry_after == (120 if behaviour == "limited" else None)


def test_a_channel_without_address_is_refused() -> None:
    with pytest.raises(Refused, match="no webhook address"):
        send({}, MESSAGE)
