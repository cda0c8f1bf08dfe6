"""Members: add, change role, remove, and who may."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from monitor.models import Member, Project
from tests.views.reading import read, said, text_of

PAGE = "/acme/settings/members/"


def pk_of(name: str) -> int:
    return Member.objects.get(user__username=f"{name}@example.com").pk


def test_somebody_new_gets_an_account_that_works(admin: Client, client: Client, project: Project) -> None:
    answer = admin.post(f"{PAGE}add/", {"email": "New@Example.com", "role": "member"})
    password = re.search(r"<code>(.*?)</code>", answer.content.decode())
    assert password
    assert client.login(username="new@example.com", password=password[1])
    assert client.get("/acme/web/issues/").status_code == 200
    assert "no-store" in answer["Cache-Control"]


def test_who_has_an_account_is_only_added(admin: Client, outsider: Client, project: Project) -> None:
    password = User.objects.get(username="outsider@example.com").password
    text = said(admin, f"{PAGE}add/", email="outsider@example.com", role="viewer")
    assert "has an account already" in text
    assert User.objects.get(username="outsider@example.com").password == password
    assert outsider.get("/acme/web/issues/").status_code == 200


def test_nobody_is_added_twice(admin: Client, member: Client) -> None:
    answer = admin.post(f"{PAGE}add/", {"email": "member@example.com", "role": "viewer"})
    assert "is already a member" in text_of(answer)


def test_an_admin_makes_no_owner(admin: Client, member: Client) -> None:
    assert admin.post(f"{PAGE}add/", {"email": "x@example.com", "role": "owner"}).status_code == 422
    assert admin.post(f"{PAGE}{pk_of('member')}/role/", {"role": "owner"}).status_code == 403
    assert not Member.objects.filter(role="owner").exists()


@pytest.mark.parametrize("action", ["role/", "remove/"])
def test_an_admin_touches_no_owner(action: str, admin: Client, owner: Client) -> None:
    assert admin.post(f"{PAGE}{pk_of('owner')}/{action}", {"role": "viewer"}).status_code == 403


def test_an_owner_makes_another_owner(owner: Client, member: Client) -> None:
    assert "is now owner" in said(owner, f"{PAGE}{pk_of('member')}/role/", role="owner")


@pytest.mark.parametrize("action", ["role/", "remove/"])
def test_the_last_owner_stays(action: str, owner: Client) -> None:
    assert "This is the last owner" in said(owner, f"{PAGE}{pk_of('owner')}/{action}", role="viewer")
    assert Member.objects.get(pk=pk_of("owner")).role == "owner"


def test_who_is_removed_sees_nothing_any_more(admin: Client, member: Client) -> None:
    assert "is no longer a member" in said(admin, f"{PAGE}{pk_of('member')}/remove/")
    assert member.get("/acme/web/issues/").status_code == 404


def test_members_of_other_organisations_are_out_of_reach(owner: Client, outsider: Client) -> None:
    assert owner.post(f"{PAGE}{pk_of('outsider')}/remove/").status_code == 404


def test_members_read_and_change_nothing(member: Client, viewer: Client) -> None:
    assert "viewer@example.com" in read(member, PAGE)
    assert member.post(f"{PAGE}{pk_of('viewer')}/remove/").status_code == 403
    assert member.post(f"{PAGE}add/", {"email": "x@example.com", "role": "viewer"}).status_code == 403
