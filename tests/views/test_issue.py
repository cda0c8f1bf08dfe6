"""The issue page: an event of it, its neighbours, and what one does about it."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from monitor.batch import Place
from monitor.models import Activity, Deploy, Event, Fingerprint, Issue, IssueTag, Project, Release
from monitor.pipeline.payload import ExceptionValue, Frame
from monitor.views.issue import distributions
from tests.api.stored import make_event, store_events
from tests.views.reading import read, said, text_of

PAGE = "/acme/web/issues/1/"


def test_it_shows_the_line_that_threw(viewer: Client, issue: Issue) -> None:
    body = viewer.get(PAGE).content.decode()
    assert "total" in body
    assert "src/cart.js:12:3" in body
    assert 'class="hit">  <mark>sum</mark>(items)' in body


def test_it_shows_steps_tags_browser_request_and_user(viewer: Client, issue: Issue) -> None:
    text = read(viewer, PAGE)
    for part in ("click button#pay", "plan free", "Chrome 126.0.1", "GET https://shop.example/cart", "a=1&b=2", "id 7"):
        assert part in text


def test_it_shows_where_an_event_was_sent_from(viewer: Client, project: Project) -> None:
    store_events(project, make_event(place=Place(64496, "Example Net", "DE", "Bavaria")))
    text = read(viewer, PAGE)
    assert "Network AS64496 Example Net" in text
    assert "Sent from Bavaria, DE" in text
    assert "country DE" in text


def test_it_says_why_the_events_are_grouped(viewer: Client, issue: Issue) -> None:
    said_why = read(viewer, PAGE).partition("Why grouped")[2]
    assert re.search(r"in total \([a-z/.]+\) led here", said_why)
    assert "wherever it was also joins" in said_why


def test_a_key_that_another_issue_owns_is_told(viewer: Client, issue: Issue) -> None:
    Fingerprint.objects.filter(reason__contains="in total (").update(issue_id=issue.id + 1)
    assert re.search(r"in total \([a-z/.]+\) another issue's", read(viewer, PAGE))


def test_raw_frames_are_a_link_away(viewer: Client, issue: Issue) -> None:
    text = read(viewer, PAGE, raw="1")
    assert "app.min.js:1:900" in text
    assert "src/cart.js:12:3" not in text


def test_a_minified_frame_says_why(viewer: Client, project: Project) -> None:
    frame = Frame(filename="/app.js", function="e", lineno=1, colno=9, note="no source map was uploaded for /app.js")
    store_events(project, make_event(exceptions=(ExceptionValue(type="TypeError", value="x", frames=(frame,)),)))
    assert "no source map was uploaded for /app.js" in read(viewer, PAGE)


def test_an_event_without_stack_shows_its_message(viewer: Client, project: Project) -> None:
    store_events(project, make_event(exceptions=(), message="Payment provider answered 502"))
    assert "Message no exception, so no stack Payment provider answered 502" in read(viewer, PAGE)


def test_every_cause_has_its_stack(viewer: Client, project: Project) -> None:
    chain = (ExceptionValue(type="CatalogError", value="gone"), ExceptionValue(type="TypeError", value="x"))
    store_events(project, make_event(exceptions=chain))
    assert "Caused by CatalogError: gone" in read(viewer, PAGE)


def test_one_walks_from_event_to_event(viewer: Client, issue: Issue) -> None:
    events = Event.objects.filter(issue_id=issue.id).order_by("occurred_at")
    earlier, later = (f"{PAGE}events/{event.event_id}/" for event in events)
    assert f'rel="prev" href="{earlier}"' in viewer.get(PAGE).content.decode()
    assert f'rel="next" href="{later}"' in viewer.get(earlier).content.decode()


def test_htmx_gets_the_event_alone(viewer: Client, issue: Issue) -> None:
    answer = viewer.get(PAGE, headers={"HX-Request": "true"})
    assert b"<html" not in answer.content
    assert "What led to it" in text_of(answer)


def test_an_event_that_is_not_stored_is_not_found(viewer: Client, issue: Issue) -> None:
    assert viewer.get(f"{PAGE}events/{uuid.uuid4()}/").status_code == 404


def test_an_issue_outlives_its_events(viewer: Client, issue: Issue) -> None:
    Event.objects.all().delete()
    assert "No event is stored any more" in read(viewer, PAGE)


def test_an_unknown_issue_is_not_found(viewer: Client, issue: Issue) -> None:
    assert viewer.get("/acme/web/issues/2/").status_code == 404
    assert viewer.get("/acme/web/issues/99999999999999999999/").status_code == 404


@pytest.mark.parametrize(
    ("form", "status", "told"),
    [
        ({"change": "resolve", "how": "now"}, "resolved", "Resolved in 1.2.0"),
        ({"change": "resolve", "how": "next"}, "resolved", "Resolved in the next release"),
        ({"change": "ignore"}, "ignored", "Ignored"),
    ],
)
def test_members_triage(form: dict[str, str], status: str, told: str, member: Client, issue: Issue) -> None:
    text = said(member, f"{PAGE}change/", **form)
    assert told in text
    assert "member@example.com" in text.split("History")[1]
    assert Issue.objects.get(id=issue.id).status == status


def test_a_resolved_issue_can_be_reopened(member: Client, issue: Issue) -> None:
    issue.resolve(None)
    assert "reopened it" in said(member, f"{PAGE}change/", change="reopen")
    assert Issue.objects.get(id=issue.id).status == "unresolved"


def test_a_change_that_is_not_known_is_refused(member: Client, issue: Issue) -> None:
    assert member.post(f"{PAGE}change/", {"change": "explode"}).status_code == 400
    assert member.post(f"{PAGE}change/", {"change": "resolve", "how": "never"}).status_code == 400


def test_viewers_change_nothing(viewer: Client, issue: Issue) -> None:
    assert viewer.post(f"{PAGE}change/", {"change": "resolve"}).status_code == 403
    assert viewer.post(f"{PAGE}assign/", {"assignee": ""}).status_code == 403
    assert "Resolve" not in read(viewer, PAGE)


def test_htmx_gets_the_head_and_a_hint_to_renew_the_history(member: Client, issue: Issue) -> None:
    answer = member.post(f"{PAGE}change/", {"change": "ignore"}, headers={"HX-Request": "true"})
    assert answer["HX-Trigger"] == "issue-changed"
    assert "Reopen" in text_of(answer)
    assert "ignores it" in read(member, f"{PAGE}history/")


def test_it_is_given_to_a_member(member: Client, issue: Issue) -> None:
    user = User.objects.get(username="member@example.com")
    assert "gave it to member@example.com" in said(member, f"{PAGE}assign/", assignee=user.pk)
    assert "took the assignee off" in said(member, f"{PAGE}assign/", assignee="")


def test_it_is_never_given_to_an_outsider(member: Client, outsider: Client, issue: Issue) -> None:
    stranger = User.objects.get(username="outsider@example.com")
    assert member.post(f"{PAGE}assign/", {"assignee": stranger.pk}).status_code == 400
    assert not Activity.objects.filter(issue_id=issue.id, kind="assigned").exists()


@pytest.mark.parametrize(("range_", "bins"), [("24h", 48), ("7d", 56), ("30d", 60), ("nonsense", 48)])
def test_occurrences_count_every_event(range_: str, bins: int, viewer: Client, issue: Issue) -> None:
    chart = viewer.get(f"{PAGE}occurrences/", {"range": range_}).json()
    assert len(chart["x"]) == bins
    assert sum(chart["lines"][0]["values"]) == 2


def test_occurrences_carry_the_deploys(viewer: Client, issue: Issue) -> None:
    at = timezone.now() - timedelta(hours=1)
    Deploy.objects.create(project=issue.project, version="1.2.0", environment="production", finished_at=at)
    marks = viewer.get(f"{PAGE}occurrences/").json()["marks"]
    assert marks == [{"at": at.timestamp(), "label": "1.2.0 to production"}]


def test_distributions_are_shares_of_each_tag(issue: Issue) -> None:
    IssueTag.objects.filter(issue_id=issue.id).delete()
    for value, events in (("Chrome", 3), ("Safari", 1)):
        IssueTag.objects.create(
            project=issue.project,
            issue_id=issue.id,
            key="browser",
            value=value,
            events=events,
            last_seen=timezone.now(),
        )
    assert distributions(issue) == [("browser", [("Chrome", 3, 75.0), ("Safari", 1, 25.0)])]


def test_resolving_in_the_next_release_waits_for_one(member: Client, issue: Issue) -> None:
    Release.objects.create(project=issue.project, version="1.3.0")
    said(member, f"{PAGE}change/", change="resolve", how="next")
    assert Issue.objects.get(id=issue.id).resolved_release == "1.3.0"


def test_a_hot_issue_says_that_its_payloads_are_a_sample(viewer: Client, project: Project, settings: Any) -> None:
    settings.FARSIDE_HOT_ISSUE_EVENTS = 2
    store_events(project, *(make_event(minutes_ago=0) for _ in range(6)))
    assert "6 events, counted exactly 3 of them kept as samples" in read(viewer, PAGE)


def test_an_issue_that_is_not_hot_says_nothing_of_samples(viewer: Client, issue: Issue) -> None:
    assert "sample" not in read(viewer, PAGE)


def test_a_minified_frame_says_what_to_do(viewer: Client, project: Project) -> None:
    url = "https://shop.example/app.js"
    frame = Frame(filename="/app.js", abs_path=url, function="e", lineno=1, colno=9, note="no source map")
    store_events(project, make_event(exceptions=(ExceptionValue(type="TypeError", value="x", frames=(frame,)),)))
    text = read(viewer, PAGE)
    assert "Nothing was uploaded for release 1.2.0. What to do: Run `farside sourcemaps upload`" in text
    assert "Files of release 1.2.0" in text
