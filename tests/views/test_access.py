"""Who gets in: outsiders find nothing, weak roles are told which they need."""

import pytest
from django.test import Client

from monitor.models import Issue, Member, Project, Team
from tests.views.reading import read, text_of

PAGES = ["issues/", "releases/", "checks/", "hosts/", "channels/", "setup/", "status/"]


@pytest.mark.parametrize("page", PAGES)
def test_viewers_read(page: str, viewer: Client) -> None:
    assert "Web" in read(viewer, f"/acme/web/{page}")


@pytest.mark.parametrize("page", [*PAGES, "settings/", "issues/1/"])
def test_outsiders_find_nothing(page: str, outsider: Client, issue: Issue) -> None:
    assert outsider.get(f"/acme/web/{page}").status_code == 404


def test_strangers_are_sent_to_the_login(client: Client, project: Project) -> None:
    answer = client.get("/acme/web/issues/")
    assert answer.status_code == 302
    assert answer["Location"] == "/login/?next=/acme/web/issues/"


def test_a_weak_role_is_told_which_one_it_needs(member: Client, project: Project) -> None:
    answer = member.get("/acme/web/settings/")
    assert answer.status_code == 403
    assert "This needs the role admin; yours is member." in text_of(answer)


def test_a_team_hides_its_project_from_other_members(member: Client, admin: Client, project: Project) -> None:
    team = Team.objects.create(organisation=project.organisation, name="Checkout", slug="checkout")
    project.teams.add(team)
    assert member.get("/acme/web/issues/").status_code == 404
    assert admin.get("/acme/web/issues/").status_code == 200
    team.members.add(Member.objects.get(user__username="member@example.com"))
    assert member.get("/acme/web/issues/").status_code == 200


def test_an_issue_is_found_in_its_own_project_only(outsider: Client, issue: Issue) -> None:
    assert outsider.get("/elsewhere/web/issues/1/").status_code == 404


def test_pages_allow_scripts_of_their_own_alone(viewer: Client, project: Project) -> None:
    policy = viewer.get("/acme/web/setup/")["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy


def test_no_page_holds_inline_scripts_or_styles(admin: Client, issue: Issue) -> None:
    body = admin.get("/acme/web/issues/1/").content.decode()
    assert " style=" not in body
    assert "<script>" not in body
    assert " onclick=" not in body
