"""What clients ask first."""

from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command

from monitor.models import Token
from tests.api.caller import make_caller

pytestmark = pytest.mark.django_db


def test_the_root_tests_a_token() -> None:
    caller = make_caller("project:releases")
    assert caller.get("/api/0/").json() == {"version": "0", "auth": {"scopes": ["project:releases"]}, "user": None}
    Token.objects.update(created_by=User.objects.create(username="ann", email="ann@b.c"))
    assert caller.get("/api/0/").json()["user"]["email"] == "ann@b.c"


def test_organisations() -> None:
    caller = make_caller("project:releases")
    (listed,) = caller.get("/api/0/organizations/").json()
    assert listed["slug"] == "shop-org"
    assert caller.get("/api/0/organizations/shop-org/").json() == listed
    assert caller.get("/api/0/organizations/other/").status_code == 404


def test_no_repository_is_linked() -> None:
    assert make_caller("project:read").get("/api/0/organizations/shop-org/repos/?cursor=").json() == []


def test_the_schema_is_made_without_complaint(capsys: pytest.CaptureFixture[str]) -> None:
    written = StringIO()
    call_command("spectacular", "--validate", stdout=written)
    assert "/api/0/organizations/{org}/artifactbundle/assemble/" in written.getvalue()
    complaints = [line for line in capsys.readouterr().err.split("\n") if "/releases/" in line or "chunk" in line]
    assert complaints == []
