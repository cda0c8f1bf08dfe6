"""The first credentials: made once, valid, kept privately, made anew for another database."""

from pathlib import Path

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from pytest_django.fixtures import Settings

from monitor.credentials import credentials_file, kept_credentials
from monitor.environment import SettingError
from monitor.first_account import ensure_credentials
from monitor.models import Member, Organisation, Project, Token

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _data(settings: Settings, tmp_path: Path) -> None:
    settings.FARSIDE_DATA = tmp_path
    settings.FARSIDE_URL = "http://localhost:8000"


def test_they_are_what_the_contract_says() -> None:
    found = ensure_credentials()
    assert list(found) == ["url", "dsn", "token", "org", "project", "project_id", "email", "password"]
    assert found["url"] == "http://localhost:8000"
    assert found["dsn"] == Project.objects.get(pk=found["project_id"]).dsn()


def test_they_open_the_door() -> None:
    found = ensure_credentials()
    user = authenticate(username=found["email"], password=found["password"])
    assert isinstance(user, User)
    assert Member.objects.get(user=user).role == "owner"
    token = Token.objects.valid(found["token"])
    assert token is not None and token.organisation.slug == found["org"]
    assert token.projects().get().slug == found["project"]


def test_they_stay_the_same() -> None:
    first = ensure_credentials()
    assert ensure_credentials() == first == kept_credentials()
    assert Token.objects.count() == 1


def test_the_file_is_private_and_the_database_holds_hashes() -> None:
    found = ensure_credentials()
    assert credentials_file().stat().st_mode & 0o777 == 0o600
    stored = str(list(Token.objects.values())) + str(list(User.objects.values()))
    assert found["token"] not in stored and found["password"] not in stored


def test_they_follow_the_address(settings: Settings) -> None:
    first = ensure_credentials()
    settings.FARSIDE_URL = "https://far.example"
    moved = ensure_credentials()
    assert moved["url"] == "https://far.example"
    assert moved["dsn"].endswith(f"@far.example/{first['project_id']}")
    assert moved["token"] == first["token"]


def test_another_database_gets_its_own() -> None:
    first = ensure_credentials()
    Organisation.objects.all().delete()
    second = ensure_credentials()
    assert second["token"] != first["token"]
    assert Token.objects.valid(second["token"]) is not None


def test_a_lost_file_is_made_again_without_a_second_account() -> None:
    first = ensure_credentials()
    credentials_file().unlink()
    second = ensure_credentials()
    assert second["project_id"] == first["project_id"]
    assert User.objects.count() == Project.objects.count() == 1
    assert authenticate(username=second["email"], password=second["password"])


def test_the_token_can_be_given(settings: Settings) -> None:
    settings.FARSIDE_FIRST_TOKEN = "a" * 40
    assert ensure_credentials()["token"] == "a" * 40
    assert Token.objects.valid("a" * 40) is not None


@pytest.mark.parametrize("token", ["short", "a b" * 20, "ä" * 40])
def test_a_weak_token_is_refused(settings: Settings, token: str) -> None:
    settings.FARSIDE_FIRST_TOKEN = token
    with pytest.raises(SettingError, match="FARSIDE_FIRST_TOKEN must be 32 or more"):
        ensure_credentials()
