"""What the application does with paths that are not the door's."""

import asyncio
from typing import Any

import pytest

from tests.sending import alone, request

pytestmark = pytest.mark.django_db(transaction=True)


def ask(method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> Any:
    return asyncio.run(alone(request(method, path, body, headers)))


def test_other_paths_are_djangos() -> None:
    answer = ask("GET", "/healthz", headers={"host": "localhost"})
    assert (answer.status, answer.body) == (200, b"ok")


def test_a_body_that_says_it_is_too_large_is_refused_before_it_is_read(settings: Any) -> None:
    settings.FARSIDE_MAX_BODY_BYTES = 1000
    answer = ask("POST", "/login/", b"", {"host": "localhost", "content-length": "1001"})
    assert answer.status == 413
    assert "1000" in answer.json()["detail"]


def test_a_body_that_does_not_say_so_is_cut_off(settings: Any) -> None:
    settings.FARSIDE_MAX_BODY_BYTES = 1000
    with pytest.raises(IndexError):  # nothing is answered: the connection is closed
        ask("POST", "/login/", b"x" * 2000, {"host": "localhost"})
