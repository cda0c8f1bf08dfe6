"""The client: what is temporary, what is the set-up's fault, what is refused for good."""

import json
import socket
from collections.abc import Callable
from typing import Any

import pytest

from edge.send import Away, Backoff, Client, Denied, Rejected, retry_after_s


def test_posts_gzipped_json_with_the_token(server: Any, client: Client) -> None:
    assert client.post("/api/v1/metrics", {"a": [1, None]}) == {"accepted": 1, "duplicates": 0}
    (request,) = server.requests
    assert request.json == {"a": [1, None]}
    assert request.headers["Authorization"] == "Bearer secret-token"
    assert (request.headers["Content-Encoding"], request.headers["Content-Type"]) == ("gzip", "application/json")


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503])
def test_temporary_statuses(server: Any, client: Client, status: int) -> None:
    server.answers = [(status, {"Retry-After": "17"}, b'{"detail": "later"}')]
    with pytest.raises(Away, match=f"answered {status}: later") as caught:
        client.post("/x", {})
    assert caught.value.retry_after_s == 17


@pytest.mark.parametrize(("status", "advice"), [(401, "Check the token"), (403, "scope"), (404, "Check the address")])
def test_statuses_that_the_set_up_must_mend(server: Any, client: Client, status: int, advice: str) -> None:
    server.answers = [(status, {}, b'{"detail": "no"}')]
    with pytest.raises(Denied, match=advice) as caught:
        client.post("/x", {})
    assert "secret-token" not in str(caught.value)


@pytest.mark.parametrize("status", [400, 409, 413, 415, 422])
def test_statuses_that_refuse_for_good(server: Any, client: Client, status: int) -> None:
    server.answers = [(status, {}, b'{"detail": "results[3].ok: not a boolean"}')]
    with pytest.raises(Rejected, match=r"results\[3\]\.ok: not a boolean") as caught:
        client.post("/x", {})
    assert caught.value.status == status


def test_a_redirect_is_told_and_not_followed(server: Any, client: Client) -> None:
    server.answers = [(301, {"Location": "https://elsewhere.example/"}, b"")]
    with pytest.raises(Denied, match=r"redirects to https://elsewhere\.example/"):
        client.post("/x", {})
    assert len(server.requests) == 1


def test_an_error_page_does_not_flood_the_message(server: Any, client: Client) -> None:
    server.answers = [(502, {"Content-Type": "text/html"}, b"<html>" + b"x" * 10_000)]
    with pytest.raises(Away) as caught:
        client.post("/x", {})
    assert str(caught.value) == "/x answered 502: Bad Gateway"


def test_another_kind_of_server_is_recognised(server: Any, client: Client) -> None:
    server.answers = [(200, {}, b"<html>hello</html>")]
    with pytest.raises(Denied, match="is that a Farside server"):
        client.get("/api/v1/whoami")


def test_refused_connection(closed_port: int) -> None:
    client = Client(f"http://127.0.0.1:{closed_port}", "t")
    with pytest.raises(Away, match=r"cannot reach http://127\.0\.0\.1:.*refused"):
        client.get("/x")
    client.close()


def half_an_answer(connection: socket.socket) -> None:
    connection.recv(65_536)
    connection.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Length: 100\r\n\r\n{")


def silence(connection: socket.socket) -> None:
    while connection.recv(65_536):
        pass


@pytest.mark.parametrize("behaviour", [half_an_answer, silence])
def test_a_broken_or_missing_answer_is_temporary(far_end: Callable[..., int], behaviour: Any) -> None:
    client = Client(f"http://127.0.0.1:{far_end(behaviour)}", "t", timeout_s=0.3)
    with pytest.raises(Away):
        client.post("/x", {})
    client.close()


def test_backoff_doubles_its_ceiling_up_to_the_most() -> None:
    backoff = Backoff(draw=lambda _, most: most)
    assert [backoff.wait_s() for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    backoff.reset()
    assert backoff.wait_s() == 1


def test_backoff_draws_from_zero_and_never_undercuts_the_server() -> None:
    assert Backoff(draw=lambda least, _: least).wait_s() == 0
    assert Backoff(draw=lambda least, _: least).wait_s(30.0) == 30


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("30", 30.0),
        ("999999", 3600.0),
        ("Thu, 01 Jan 1970 00:01:40 GMT", 90.0),
        ("Thu, 01 Jan 1970 00:00:01 GMT", 0.0),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after(value: str, seconds: float | None) -> None:
    assert retry_after_s(value, now=10.0) == seconds


def test_field_errors_without_detail_are_shown(server: Any, client: Client) -> None:
    server.answers = [(400, {}, json.dumps({"host": {"name": ["This field is required."]}}).encode())]
    with pytest.raises(Rejected, match=r"host.*name.*required"):
        client.post("/x", {})
