"""Events at /api/0/."""

from typing import Any

import pytest

from tests.api.caller import Caller, make_caller
from tests.api.stored import make_event, store_events

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader() -> Caller:
    return make_caller("event:read")


def test_an_event_has_sentrys_fields_and_entries(reader: Caller) -> None:
    event = make_event()
    issue = store_events(reader.project, event)[0]
    shown = reader.get(f"/api/0/issues/{issue.id}/events/{event.event_id}/").json()
    assert (shown["eventID"], shown["groupID"], shown["title"]) == (
        event.event_id, str(issue.id), "TypeError: TypeError happened",
    )  # fmt: skip
    assert (shown["release"], shown["environment"], shown["user"]) == ({"version": "1.2.0"}, "production", {"id": "7"})
    assert {"key": "plan", "value": "free"} in shown["tags"] and {"key": "browser", "value": "Chrome 126"} in shown[
        "tags"
    ]
    assert [entry["type"] for entry in shown["entries"]] == ["exception", "breadcrumbs", "request"]
    assert shown["entries"][2]["data"]["query"] == [["a", "1"], ["b", "2"]]


def test_frames_are_resolved_with_their_context_and_raw_beside_them(reader: Caller) -> None:
    issue = store_events(reader.project, make_event())[0]
    exception = reader.get(f"/api/0/issues/{issue.id}/events/latest/").json()["entries"][0]["data"]["values"][0]
    frame, raw = exception["stacktrace"]["frames"][0], exception["rawStacktrace"]["frames"][0]
    assert (frame["filename"], frame["lineNo"], frame["inApp"]) == ("src/cart.js", 12, True)
    assert frame["context"] == [[11, "function total(items) {"], [12, "  sum(items)"], [13, "}"]]
    assert (raw["filename"], raw["function"], raw["lineNo"], raw["colNo"]) == ("app.min.js", "t", 1, 900)


def test_latest_oldest_and_neighbours(reader: Caller) -> None:
    old, middle, new = (make_event(minutes_ago=minutes) for minutes in (30, 20, 10))
    base = f"/api/0/organizations/shop-org/issues/{store_events(reader.project, old, middle, new)[0].id}/events/"
    assert [row["eventID"] for row in reader.get(base).json()] == [new.event_id, middle.event_id, old.event_id]
    assert reader.get(f"{base}latest/").json()["eventID"] == new.event_id
    assert reader.get(f"{base}oldest/").json()["eventID"] == old.event_id
    shown = reader.get(f"{base}{middle.event_id}/").json()
    assert (shown["previousEventID"], shown["nextEventID"]) == (old.event_id, new.event_id)


def test_a_projects_events(reader: Caller) -> None:
    first, second = make_event("One", minutes_ago=5), make_event("Two")
    store_events(reader.project, first, second)
    base = "/api/0/projects/shop-org/shop/events/"
    assert [row["eventID"] for row in reader.get(base).json()] == [second.event_id, first.event_id]
    assert reader.get(f"{base}{first.event_id}/").json()["title"] == "One: One happened"


def test_an_event_without_exception_shows_its_message(reader: Caller) -> None:
    issue = store_events(reader.project, make_event(exceptions=(), message="paid twice\nreally"))[0]
    shown = reader.get(f"/api/0/issues/{issue.id}/events/latest/").json()
    assert (shown["title"], shown["entries"][0]) == (
        "paid twice", {"type": "message", "data": {"formatted": "paid twice\nreally"}},
    )  # fmt: skip


@pytest.mark.parametrize("event_id", ["0" * 32, "newest", "latest2"])
def test_what_is_no_event_is_404(event_id: str, reader: Caller) -> None:
    issue = store_events(reader.project, make_event())[0]
    assert reader.get(f"/api/0/issues/{issue.id}/events/{event_id}/").status_code == 404
    assert reader.get(f"/api/0/projects/shop-org/shop/events/{event_id}/").status_code == 404


def test_another_tenants_event_is_not_there(reader: Caller) -> None:
    event = make_event()
    store_events(make_caller(slug="bank").project, event)
    assert reader.get(f"/api/0/projects/bank-org/bank/events/{event.event_id}/").status_code == 404
    assert reader.get(f"/api/0/projects/shop-org/shop/events/{event.event_id}/").status_code == 404


def test_an_event_that_is_only_counted_is_a_404_that_says_so(reader: Caller, settings: Any) -> None:
    settings.FARSIDE_HOT_ISSUE_EVENTS = 1
    events = [make_event(minutes_ago=0) for _ in range(3)]
    issue = store_events(reader.project, *events)[2]
    detail = reader.get(f"/api/0/issues/{issue.id}/").json()
    assert (detail["count"], detail["sampledCount"]) == ("3", "1")
    for path in (f"issues/{issue.id}", f"projects/shop-org/{reader.project.slug}"):
        answer = reader.get(f"/api/0/{path}/events/{events[2].event_id}/")
        assert (answer.status_code, "payload was not kept" in answer.json()["detail"]) == (404, True)
