"""Breadcrumbs as steps."""

from datetime import UTC, datetime
from typing import Any

import pytest

from monitor.pipeline.payload import Breadcrumb, Payload
from monitor.views.trail import Step, before, steps

AT = datetime(2026, 5, 1, tzinfo=UTC)


def step(**crumb: Any) -> Step:
    crumbs = (Breadcrumb(at=AT.timestamp() - 2.3, **crumb),)
    return steps(Payload(event_id="0" * 32, day=AT.date(), occurred_at=AT, received_at=AT, breadcrumbs=crumbs))[0]


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.01, "0"), (2.3, "−2.3 s"), (240, "−4 min"), (7200, "−2 h"), (-1.5, "+1.5 s")]
)
def test_before(seconds: float, text: str) -> None:
    assert before(seconds) == text


@pytest.mark.parametrize(
    ("status", "tone"), [(200, "ok"), (404, "warn"), (502, "rising"), (0, "rising"), (None, "rising")]
)
def test_requests_are_coloured_by_their_status(status: int | None, tone: str) -> None:
    data = {"method": "GET", "url": "/cart", "status_code": status}
    assert step(category="fetch", data=data).tone == tone


def test_a_request_tells_method_address_and_status() -> None:
    found = step(category="xhr", data={"method": "POST", "url": "/pay", "status_code": 201, "size": 12})
    assert (found.before, found.kind, found.text, found.details) == ("−2.3 s", "xhr 201", "POST /pay", {"size": 12})


def test_navigation_tells_from_where_to_where() -> None:
    assert step(category="navigation", data={"from": "/a", "to": "/b"}).text == "/a → /b"


def test_console_lines_take_the_tone_of_their_level() -> None:
    assert step(category="console", level="warning", message="slow").tone == "warn"


def test_clicks_are_called_clicks() -> None:
    assert step(category="ui.click", message="button#pay").kind == "click"
