"""Login, logout, account."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.views.reading import text_of

PASSWORD = "correct-horse-battery"


@pytest.fixture
def user(db: None, valkey: Any) -> User:
    return User.objects.create_user("ann@example.com", "ann@example.com", PASSWORD)


def log_in(browser: Client, email: str = "ann@example.com", password: str = PASSWORD, **more: str) -> Any:
    return browser.post("/login/", {"username": email, "password": password, **more})


def test_it_logs_in_whatever_the_case_of_the_e_mail(client: Client, user: User) -> None:
    assert log_in(client, " Ann@Example.com")["Location"] == "/"
    assert client.get("/account/").status_code == 200


def test_it_tells_a_wrong_password(client: Client, user: User) -> None:
    assert "do not match any account" in text_of(log_in(client, password="wrong"))


def test_it_goes_on_to_the_page_that_was_asked_for(client: Client, user: User) -> None:
    assert log_in(client, next="/acme/web/issues/")["Location"] == "/acme/web/issues/"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_it_never_goes_on_to_another_site(elsewhere: str, client: Client, user: User) -> None:
    assert log_in(client, next=elsewhere)["Location"] == "/"


def test_guessing_is_slowed_down(client: Client, user: User) -> None:
    for _ in range(10):
        log_in(client, password="wrong")
    answer = log_in(client)
    assert answer.status_code == 429
    assert "Wait five minutes" in text_of(answer)
    assert log_in(client, "other@example.com").status_code == 200


def test_logging_in_works_while_the_broker_is_away(client: Client, user: User, unreachable_broker: None) -> None:
    assert log_in(client, password="wrong").status_code == 200
    assert log_in(client).status_code == 302


def test_a_fragment_of_an_ended_session_reloads_its_page(client: Client, db: None) -> None:
    answer = client.get("/login/?next=/acme/web/issues/", headers={"HX-Request": "true"})
    assert answer["HX-Refresh"] == "true"


def test_logout_needs_a_post(client: Client, user: User) -> None:
    client.force_login(user)
    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/")["Location"] == "/login/"
    assert client.get("/account/").status_code == 302


def test_the_password_can_be_changed(client: Client, user: User) -> None:
    client.force_login(user)
    new = "a-quite-different-one"
    form = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert "is changed" in text_of(client.post("/account/", form, follow=True))
    assert log_in(Client(), password=new).status_code == 302


def test_a_form_without_token_is_refused(user: User) -> None:
    answer = log_in(Client(enforce_csrf_checks=True))
    assert answer.status_code == 403
    assert "This form could not be checked" in text_of(answer)
