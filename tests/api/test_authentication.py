"""Tokens, scopes and lookups of the API."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import Http404, HttpRequest
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from monitor.api.authentication import organisation_of, project_of
from monitor.api.view import TokenView
from monitor.models import Organisation, Project, Token

pytestmark = pytest.mark.django_db


class Reads(TokenView):
    """Needs event:read."""

    required_scopes = {"GET": "event:read"}

    def get(self, request: Request) -> Response:
        """Tell who asks."""
        return Response({"user": str(request.user)})


@pytest.fixture
def acme() -> Organisation:
    return Organisation.objects.create(name="Acme", slug="acme")


def request_with(authorization: str = "") -> HttpRequest:
    headers = {"HTTP_AUTHORIZATION": authorization} if authorization else {}
    return APIRequestFactory().get("/", **headers)


def answer(authorization: str = "") -> Any:
    return Reads.as_view()(request_with(authorization))


def test_no_token_is_401_and_says_how() -> None:
    response = answer()
    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert "Authorization: Bearer" in response.data["detail"]


@pytest.mark.parametrize("header", ["Basic abc", "Bearer", "Bearer a b", "Bearer fst_unknown", "Bearer \xff"])
def test_bad_tokens_are_401(header: str) -> None:
    assert answer(header).status_code == 401


def test_scope_lets_in(acme: Organisation) -> None:
    _, plain = Token.objects.issue(acme, "t", ["event:read"])
    assert answer(f"Bearer {plain}").data == {"user": "AnonymousUser"}


def test_missing_scope_is_403_and_named(acme: Organisation) -> None:
    _, plain = Token.objects.issue(acme, "t", ["project:read"])
    response = answer(f"Bearer {plain}")
    assert response.status_code == 403
    assert "event:read" in response.data["detail"]


@pytest.mark.parametrize("field", ["expires_at", "revoked_at"])
def test_dead_tokens_are_401(acme: Organisation, field: str) -> None:
    token, plain = Token.objects.issue(acme, "t", ["event:read"])
    Token.objects.filter(pk=token.pk).update(**{field: timezone.now() - timedelta(seconds=1)})
    assert answer(f"Bearer {plain}").status_code == 401


def test_use_is_recorded_once_a_minute(acme: Organisation) -> None:
    token, plain = Token.objects.issue(acme, "t", ["event:read"])
    answer(f"Bearer {plain}")
    token.refresh_from_db()
    first = token.last_used_at
    answer(f"Bearer {plain}")
    token.refresh_from_db()
    assert first is not None
    assert token.last_used_at == first


def test_a_view_must_declare_its_scopes() -> None:
    with pytest.raises(ImproperlyConfigured, match="Careless"):
        type("Careless", (TokenView,), {"get": lambda self, request: Response()})


def test_a_view_cannot_require_an_unknown_scope() -> None:
    body = {"get": lambda self, request: Response(), "required_scopes": {"GET": "everything"}}
    with pytest.raises(ImproperlyConfigured, match="everything"):
        type("Careless", (TokenView,), body)


def test_a_view_outside_the_base_class_is_refused(acme: Organisation) -> None:
    stray = type("Stray", (APIView,), {"get": lambda self, request: Response()})
    _, plain = Token.objects.issue(acme, "t", ["event:read"])
    with pytest.raises(ImproperlyConfigured, match="Stray"):
        stray.as_view()(request_with(f"Bearer {plain}"))


def asked_with(token: Token) -> Request:
    request = Request(request_with())
    request.auth = token
    return request


def test_lookups_stay_within_the_organisation(acme: Organisation) -> None:
    other = Organisation.objects.create(name="Other", slug="other")
    Project.objects.create(organisation=other, name="Secret", slug="secret")
    token, _ = Token.objects.issue(acme, "t", ["project:read"])
    with pytest.raises(Http404):
        organisation_of(asked_with(token), "other")
    with pytest.raises(Http404):
        project_of(asked_with(token), "acme", "secret")
    with pytest.raises(Http404):
        project_of(asked_with(token), "other", "secret")


def test_a_project_token_reaches_its_project_alone(acme: Organisation) -> None:
    web = Project.objects.create(organisation=acme, name="Web", slug="web")
    Project.objects.create(organisation=acme, name="Shop", slug="shop")
    token, _ = Token.objects.issue(acme, "t", ["project:read"], project=web)
    assert project_of(asked_with(token), "acme", "web") == web
    with pytest.raises(Http404):
        project_of(asked_with(token), "acme", "shop")
