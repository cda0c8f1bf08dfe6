"""The issue list: tabs, search, sorting, pages, changing several at once."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from monitor.models import Issue, Project
from tests.api.stored import make_event, store_events
from tests.views.reading import read, said, text_of

LIST = "/acme/web/issues/"


@pytest.fixture
def old(project: Project) -> Issue:
    """An unresolved issue that is not new any more."""
    found = store_events(project, make_event("RangeError", release="1.1.0"))[0]
    Issue.objects.filter(project=project, id=found.id).update(first_seen=timezone.now() - timedelta(days=3))
    return found


def test_a_new_issue_needs_a_look(viewer: Client, issue: Issue, old: Issue) -> None:
    text = read(viewer, LIST)
    assert "TypeError : TypeError happened New" in text
    assert "RangeError" not in text


def test_a_regressed_issue_needs_a_look_however_old(viewer: Client, old: Issue) -> None:
    Issue.objects.filter(id=old.id).update(status="regressed")
    assert "RangeError happened Regressed" in read(viewer, LIST)


@pytest.mark.parametrize(
    ("tab", "shown"), [("unresolved", False), ("resolved", True), ("ignored", False), ("all", True)]
)
def test_a_resolved_issue_stands_in_its_tabs(tab: str, shown: bool, viewer: Client, issue: Issue) -> None:
    issue.resolve(None)
    assert ("TypeError happened" in read(viewer, LIST, tab=tab)) is shown


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("typeerror cart", {"TypeError"}),
        ("nothing like it", set()),
        ("is:new", {"TypeError"}),
        ("is:unresolved", {"TypeError", "RangeError"}),
        ("release:1.1.0", {"RangeError"}),
        ("release:1.*", {"TypeError", "RangeError"}),
        ("release:latest", {"TypeError"}),
        ('firstRelease:"1.2.0"', {"TypeError"}),
        ("is:resolved", set()),
        ("is:mine", set()),
    ],
)
def test_search(query: str, found: set[str], viewer: Client, issue: Issue, old: Issue) -> None:
    text = read(viewer, LIST, query=query)
    assert {name for name in ("TypeError", "RangeError") if f"{name} happened" in text} == found


def test_a_word_that_is_not_understood_is_told(viewer: Client, issue: Issue) -> None:
    assert "is:fixed is not known" in read(viewer, LIST, query="is:fixed")


@pytest.mark.parametrize("odd", ["%", "'; --", "\0", "is:", 'release:"', "(", "release:*"])
def test_odd_searches_are_answered(odd: str, viewer: Client, issue: Issue) -> None:
    assert "Issues" in read(viewer, LIST, query=odd)


def test_sorting_by_events(viewer: Client, issue: Issue, old: Issue) -> None:
    text = read(viewer, LIST, tab="all", sort="events")
    assert text.index("TypeError happened") < text.index("RangeError happened")


def test_the_sparkline_counts_the_events_of_a_day(viewer: Client, issue: Issue) -> None:
    assert b"2 events in the last 24 hours" in viewer.get(LIST).content


def test_a_page_of_issues_costs_as_many_queries_as_one_issue(
    viewer: Client, project: Project, issue: Issue, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    store_events(project, *(make_event(f"Error{number}") for number in range(30)))
    with django_assert_max_num_queries(13):
        text = read(viewer, LIST)
    assert "1–25 of 31" in text


def test_the_second_page(viewer: Client, project: Project) -> None:
    store_events(project, *(make_event(f"Error{number}") for number in range(30)))
    assert "26–30 of 30" in read(viewer, LIST, page="2")


def test_htmx_gets_the_live_part_alone(viewer: Client, issue: Issue) -> None:
    answer = viewer.get(LIST, headers={"HX-Request": "true"})
    assert "TypeError happened" in text_of(answer)
    assert b"<html" not in answer.content


def test_messages_of_errors_are_escaped(viewer: Client, project: Project) -> None:
    store_events(project, make_event("<script>alert(1)</script>"))
    assert b"<script>alert" not in viewer.get(LIST).content


def test_an_empty_project_shows_its_snippet_and_waits(viewer: Client, project: Project) -> None:
    text = read(viewer, LIST)
    assert "No error has arrived yet" in text
    assert project.dsn() in text


def test_several_issues_are_resolved_at_once(member: Client, issue: Issue, old: Issue) -> None:
    text = said(member, f"{LIST}change/", number=[issue.number, old.number], change="resolve", back="tab=resolved")
    assert "2 issues resolved." in text
    assert set(Issue.objects.values_list("status", flat=True)) == {"resolved"}


def test_without_a_tick_nothing_changes(member: Client, issue: Issue) -> None:
    assert "tick at least one issue" in said(member, f"{LIST}change/", change="resolve")


def test_viewers_change_nothing(viewer: Client, issue: Issue) -> None:
    assert viewer.post(f"{LIST}change/", {"number": issue.number, "change": "resolve"}).status_code == 403
    assert b'name="change"' not in viewer.get(LIST).content


def test_numbers_of_other_projects_are_left_alone(outsider: Client, elsewhere: Project, issue: Issue) -> None:
    said(outsider, "/elsewhere/web/issues/change/", number=[issue.number], change="resolve")
    assert Issue.objects.get(id=issue.id).status == "unresolved"


def test_assigned_issues_show_who_has_them(viewer: Client, issue: Issue) -> None:
    user = User.objects.get(username="viewer@example.com")
    Issue.objects.filter(id=issue.id).update(assignee=user)
    assert "viewer@example.com" in viewer.get(LIST).content.decode().split("<tbody>")[1]
    assert "TypeError happened" in read(viewer, LIST, query="is:mine")
