"""Teams: make, change, remove."""

import pytest
from django.test import Client

from monitor.models import Member, Project, Team
from tests.views.reading import read, said, text_of

PAGE = "/acme/settings/teams/"


@pytest.fixture
def team(project: Project) -> Team:
    return Team.objects.create(organisation=project.organisation, name="Checkout", slug="checkout")


def test_an_admin_makes_a_team(admin: Client, member: Client) -> None:
    someone = Member.objects.get(user__username="member@example.com")
    assert "is saved" in said(admin, f"{PAGE}new/", name="Front End", members=[someone.pk])
    made = Team.objects.get(slug="front-end")
    assert list(made.members.all()) == [someone]


def test_a_name_is_taken_once(admin: Client, team: Team) -> None:
    assert "no other team has" in text_of(admin.post(f"{PAGE}new/", {"name": "checkout"}))


def test_strangers_join_no_team(admin: Client, outsider: Client, team: Team) -> None:
    stranger = Member.objects.get(user__username="outsider@example.com")
    answer = admin.post(f"{PAGE}{team.pk}/", {"name": "Checkout", "members": [stranger.pk]})
    assert "not one of the available choices" in text_of(answer)
    assert not team.members.exists()


def test_a_team_is_removed(admin: Client, team: Team) -> None:
    assert "is removed" in said(admin, f"{PAGE}{team.pk}/remove/")
    assert not Team.objects.exists()


def test_members_read_and_change_nothing(member: Client, team: Team) -> None:
    assert "Checkout" in read(member, PAGE)
    assert member.post(f"{PAGE}{team.pk}/", {"name": "Mine"}).status_code == 403
    assert member.get(f"{PAGE}new/").status_code == 403


def test_teams_of_others_are_not_found(outsider: Client, team: Team) -> None:
    assert outsider.post(f"/elsewhere/settings/teams/{team.pk}/remove/").status_code == 404
