"""PUT on issues: resolve, ignore, reopen, assign; one and several."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from monitor.models import Activity, Issue, Member, Release, Token
from tests.api.caller import Caller, make_caller
from tests.api.stored import make_event, store_events

pytestmark = pytest.mark.django_db


@pytest.fixture
def writer() -> Caller:
    return make_caller("event:write")


@pytest.fixture
def issue(writer: Caller) -> Issue:
    return store_events(writer.project, make_event())[0]


def reread(issue: Issue) -> Issue:
    return Issue.objects.get(project_id=issue.project_id, id=issue.id)


def change(writer: Caller, issue: Issue, **body: Any) -> Any:
    return writer.put(f"/api/0/issues/{issue.id}/", body)


@pytest.mark.parametrize(
    ("body", "status", "resolution", "details"),
    [
        ({"status": "resolved"}, "resolved", "now", {}),
        ({"status": "resolvedInNextRelease"}, "resolved", "next", {"inNextRelease": True}),
        ({"status": "resolved", "statusDetails": {"inNextRelease": True}}, "resolved", "next", {"inNextRelease": True}),
        (
            {"status": "resolved", "statusDetails": {"inRelease": "1.2.0"}},
            "resolved",
            "release",
            {"inRelease": "1.2.0"},
        ),
        (
            {"status": "resolved", "statusDetails": {"inRelease": "latest"}},
            "resolved",
            "release",
            {"inRelease": "1.2.0"},
        ),
        ({"status": "ignored"}, "ignored", "", {}),
    ],
)
def test_status(
    body: dict[str, Any], status: str, resolution: str, details: dict[str, Any], writer: Caller, issue: Issue
) -> None:
    answer = change(writer, issue, **body)
    assert (answer.status_code, answer.json()["status"], answer.json()["statusDetails"]) == (200, status, details)
    assert (reread(issue).status, reread(issue).resolution) == (status, resolution)


def test_an_issue_can_be_reopened(writer: Caller, issue: Issue) -> None:
    issue.resolve(None)
    assert change(writer, issue, status="unresolved").json()["status"] == "unresolved"
    assert reread(issue).resolved_at is None


def test_the_history_names_who_made_the_token(writer: Caller, issue: Issue) -> None:
    ann = User.objects.create(username="ann")
    Token.objects.update(created_by=ann)
    change(writer, issue, status="resolved")
    assert Activity.objects.get(issue_id=issue.id).user == ann


@pytest.mark.parametrize("text", ["ann", "ANN@example.com", "user:{id}"])
def test_assigning(text: str, writer: Caller, issue: Issue) -> None:
    ann = User.objects.create(username="ann", email="ann@example.com")
    Member.objects.create(organisation=writer.project.organisation, user=ann)
    assigned = change(writer, issue, assignedTo=text.format(id=ann.pk)).json()["assignedTo"]
    assert (assigned["id"], assigned["type"]) == (str(ann.pk), "user")
    assert change(writer, issue, assignedTo="").json()["assignedTo"] is None
    assert reread(issue).assignee is None


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "Nothing to change"),
        ({"isBookmarked": True}, "Nothing to change"),
        ({"status": "great"}, "status: "),
        ({"status": "resolved", "statusDetails": {"inRelease": "9.9"}}, "statusDetails.inRelease: "),
        ({"assignedTo": "eve"}, "assignedTo: "),
    ],
)
def test_what_cannot_be_done_is_400_and_changes_nothing(
    body: dict[str, Any], says: str, writer: Caller, issue: Issue
) -> None:
    User.objects.create(username="eve")
    answer = change(writer, issue, **body)
    assert answer.status_code == 400 and answer.json()["detail"].startswith(says)
    assert reread(issue).status == "unresolved"


@pytest.mark.parametrize("path", ["/api/0/projects/shop-org/shop/issues/", "/api/0/organizations/shop-org/issues/"])
def test_several_at_once(path: str, writer: Caller) -> None:
    one, two, other = store_events(writer.project, *(make_event(type) for type in ("One", "Two", "Other")))
    answer = writer.put(f"{path}?id={one.id}&id={two.id}", {"status": "resolved"})
    assert answer.json() == {"status": "resolved", "statusDetails": {}}
    assert [reread(issue).status for issue in (one, two, other)] == ["resolved", "resolved", "unresolved"]


def test_several_are_changed_all_or_none(writer: Caller, issue: Issue) -> None:
    foreign = store_events(make_caller(slug="bank").project, make_event())[0]
    path = f"/api/0/projects/shop-org/shop/issues/?id={issue.id}&id={foreign.id}"
    assert writer.put(path, {"status": "resolved"}).status_code == 404
    assert [reread(one).status for one in (issue, foreign)] == ["unresolved", "unresolved"]


@pytest.mark.parametrize("ids", ["", "?id=x", "?id="])
def test_several_need_ids(ids: str, writer: Caller) -> None:
    assert writer.put(f"/api/0/projects/shop-org/shop/issues/{ids}", {"status": "resolved"}).status_code == 400


def test_resolving_in_a_release_lets_older_ones_throw(writer: Caller, issue: Issue) -> None:
    Release.objects.create(project_id=issue.project_id, version="1.3.0")
    change(writer, issue, status="resolved", statusDetails={"inRelease": "1.3.0"})
    store_events(writer.project, make_event(minutes_ago=-600))
    assert reread(issue).status == "resolved"
    store_events(writer.project, make_event(minutes_ago=-600, release="1.3.1"))
    assert reread(issue).status == "regressed"
    assert writer.get(f"/api/0/issues/{issue.id}/").json()["substatus"] == "regressed"


def test_reading_is_not_changing(issue: Issue) -> None:
    assert change(make_caller("event:read"), issue, status="resolved").status_code == 403
