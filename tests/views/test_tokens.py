"""Tokens: shown once, stored as hashes, revoked."""

import re

from django.test import Client

from monitor.models import Project, Token
from tests.views.reading import said, text_of

PAGE = "/acme/settings/tokens/"


def test_a_token_is_shown_once_and_works(admin: Client, project: Project) -> None:
    answer = admin.post(f"{PAGE}add/", {"name": "CI", "scopes": ["project:releases"], "project": project.pk})
    shown = re.search(r"fst_[\w-]{40,}", answer.content.decode())
    assert shown
    found = Token.objects.valid(shown[0])
    assert found is not None
    assert (found.scopes, found.project) == (["project:releases"], project)
    assert "no-store" in answer["Cache-Control"]
    assert shown[0] not in admin.get(PAGE).content.decode()


def test_a_token_needs_a_scope(admin: Client, project: Project) -> None:
    answer = admin.post(f"{PAGE}add/", {"name": "CI"})
    assert answer.status_code == 422
    assert "This field is required" in text_of(answer)


def test_a_token_reaches_no_project_of_others(admin: Client, project: Project, elsewhere: Project) -> None:
    answer = admin.post(f"{PAGE}add/", {"name": "CI", "scopes": ["event:read"], "project": elsewhere.pk})
    assert answer.status_code == 422
    assert not Token.objects.exists()


def test_a_revoked_token_no_longer_works(admin: Client, project: Project) -> None:
    token, plaintext = Token.objects.issue(project.organisation, "CI", ["event:read"])
    assert "no longer works" in said(admin, f"{PAGE}{token.pk}/revoke/")
    assert Token.objects.valid(plaintext) is None


def test_members_see_no_tokens(member: Client, project: Project) -> None:
    assert member.get(PAGE).status_code == 403


def test_tokens_of_others_are_not_found(outsider: Client, project: Project) -> None:
    token, _ = Token.objects.issue(project.organisation, "CI", ["event:read"])
    assert outsider.post(f"/elsewhere/settings/tokens/{token.pk}/revoke/").status_code == 404
