"""Issues at /api/0/: lists, search, order, pages, one issue, its tags."""

import re
from typing import Any

import pytest

from monitor.api import cursor
from monitor.models import Issue
from tests.api.caller import Caller, make_caller
from tests.api.stored import make_event, store_events

pytestmark = pytest.mark.django_db
LIST = "/api/0/projects/shop-org/shop/issues/"


@pytest.fixture
def reader() -> Caller:
    return make_caller("event:read")


def titles(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [issue["metadata"]["type"] for issue in answer.json()]


def test_an_issue_has_sentrys_fields(reader: Caller) -> None:
    issue = store_events(reader.project, make_event(), make_event(minutes_ago=3))[0]
    row = reader.get(LIST).json()[0]
    assert (row["id"], row["shortId"], row["count"], row["userCount"]) == (str(issue.id), "SHOP-1", "2", 1)
    assert (row["title"], row["status"], row["level"]) == ("TypeError: TypeError happened", "unresolved", "error")
    assert row["permalink"].endswith("/shop-org/shop/issues/1/")
    assert row["project"] == {"id": str(reader.project.pk), "slug": "shop", "name": "shop", "platform": "javascript"}
    assert (len(row["stats"]["24h"]), sum(count for _, count in row["stats"]["24h"])) == (24, 2)
    assert (row["isUnhandled"], row["assignedTo"], row["statusDetails"]) == (True, None, {})


def test_without_query_only_open_ones_are_listed(reader: Caller) -> None:
    fixed, _, back = store_events(reader.project, *(make_event(type) for type in ("Fixed", "Open", "Back")))
    fixed.resolve(None)
    Issue.objects.filter(project_id=back.project_id, id=back.id).update(status="regressed")
    assert sorted(titles(reader.get(LIST))) == ["Back", "Open"]
    assert sorted(titles(reader.get(f"{LIST}?query="))) == ["Back", "Fixed", "Open"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("is:resolved", ["Fixed"]),
        ("is:ignored", ["Ignored"]),
        ("is:unresolved", ["Open"]),
        ("is:unresolved fixed", []),
        ("happened open", ["Open"]),
        ("plan:paid", ["Fixed"]),
        ('is:resolved plan:"paid"', ["Fixed"]),
        ("release:9.9", []),
        ("https://shop.example", []),
        ("%", []),
    ],
)
def test_search(query: str, found: list[str], reader: Caller) -> None:
    fixed, ignored, _ = store_events(
        reader.project, make_event("Fixed", tags={"plan": "paid"}), make_event("Ignored"), make_event("Open")
    )
    fixed.resolve(None)
    ignored.ignore(None)
    assert titles(reader.get(LIST + "?query=" + query.replace(" ", "+").replace("%", "%25"))) == found


@pytest.mark.parametrize("sort", ["date", "new", "freq", "user"])
def test_order(sort: str, reader: Caller) -> None:
    for type, minutes in (("First", 9), ("Second", 5)):
        for user in range(2 if type == "Second" else 1):
            store_events(reader.project, make_event(type, minutes_ago=minutes, user={"id": str(user)}))
    assert titles(reader.get(f"{LIST}?sort={sort}")) == ["Second", "First"]


@pytest.mark.parametrize("wrong", ["?query=is:great", "?sort=colour", "?cursor=abc"])
def test_what_is_not_known_is_400(wrong: str, reader: Caller) -> None:
    answer = reader.get(LIST + wrong)
    assert answer.status_code == 400 and answer.json()["detail"]


def test_pages_are_linked(reader: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cursor, "PAGE_SIZE", 2)
    names = ["CartError", "PriceError", "StockError", "RouteError", "LoginError"]
    store_events(reader.project, *(make_event(name, minutes_ago=at) for at, name in enumerate(names)))
    seen, path = [], LIST
    while path:
        answer = reader.get(path)
        seen += titles(answer)
        found = re.search(r'<http://testserver([^>]*)>; rel="next"; results="true"; cursor="0:\d+:0"', answer["Link"])
        path = found[1] if found else ""
    assert seen == names


def test_the_organisations_list_holds_the_projects_the_token_reaches() -> None:
    whole = make_caller("event:read", whole_organisation=True)
    other = type(whole.project).objects.create(organisation=whole.project.organisation, name="api", slug="api")
    store_events(whole.project, make_event("Shop"))
    store_events(other, make_event("Api"))
    store_events(make_caller(slug="bank").project, make_event("Bank"))
    path = "/api/0/organizations/shop-org/issues/"
    assert sorted(titles(whole.get(path))) == ["Api", "Shop"]
    assert titles(whole.get(f"{path}?project={other.pk}")) == ["Api"]
    assert titles(make_caller("event:read").get(path)) == ["Shop"]


@pytest.mark.parametrize("prefix", ["/api/0/issues/", "/api/0/organizations/shop-org/issues/"])
def test_one_issue_with_history_tags_and_releases(prefix: str, reader: Caller) -> None:
    issue = store_events(reader.project, make_event())[0]
    issue.resolve(None, "next")
    shown = reader.get(f"{prefix}{issue.id}/").json()
    assert (shown["status"], shown["statusDetails"]) == ("resolved", {"inNextRelease": True})
    assert shown["activity"][0]["type"] == "resolved"
    assert shown["firstRelease"]["version"] == "1.2.0"
    assert {"key": "plan", "name": "Plan", "totalValues": 1, "uniqueValues": 1} in shown["tags"]


def test_tags_and_their_values(reader: Caller) -> None:
    events = [make_event(tags={"plan": plan}, minutes_ago=3) for plan in ("free", "paid", "free")]
    issue = store_events(reader.project, *events)[0]
    base = f"/api/0/issues/{issue.id}/tags/"
    tag = next(tag for tag in reader.get(base).json() if tag["key"] == "plan")
    assert (tag["totalValues"], tag["uniqueValues"], tag["topValues"][0]["value"]) == (3, 2, "free")
    assert reader.get(f"{base}plan/").json() == tag
    assert [(one["value"], one["count"]) for one in reader.get(f"{base}plan/values/").json()] == [
        ("free", 2),
        ("paid", 1),
    ]
    assert reader.get(f"{base}colour/").status_code == 404


@pytest.mark.parametrize("path", ["", "events/", "events/latest/", "tags/", "tags/plan/", "tags/plan/values/"])
def test_another_tenants_issue_is_not_there(path: str) -> None:
    issue = store_events(make_caller(slug="bank").project, make_event())[0]
    stranger = make_caller("event:read", whole_organisation=True)
    assert stranger.get(f"/api/0/issues/{issue.id}/{path}").status_code == 404
    assert stranger.get(f"/api/0/organizations/bank-org/issues/{issue.id}/{path}").status_code == 404
    assert make_caller("project:read", slug="bank").get(f"/api/0/issues/{issue.id}/{path}").status_code == 403


@pytest.mark.parametrize("issue_id", ["abc", "0", "9" * 40, "²"])
def test_what_is_no_issue_is_404(issue_id: str, reader: Caller) -> None:
    assert reader.get(f"/api/0/issues/{issue_id}/").status_code == 404
