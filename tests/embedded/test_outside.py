"""Outside servers that are missing, wrong or badly set up are told apart in one line."""

import os
import socket
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
import redis

from monitor.embedded import outside
from monitor.embedded.outside import check_broker, check_port, check_postgres
from monitor.embedded.process import ServerError
from monitor.embedded.servers import free_port


def test_a_good_postgres_passes() -> None:
    check_postgres(os.environ["DATABASE_URL"])


def test_no_postgres_there() -> None:
    with pytest.raises(ServerError, match=r"no PostgreSQL at DATABASE_URL: .*refused.*start that server"):
        check_postgres(f"postgresql://u:p@127.0.0.1:{free_port()}/farside")


def test_something_else_there(answering: Callable[[bytes], int]) -> None:
    port = answering(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    with pytest.raises(ServerError, match="no PostgreSQL at DATABASE_URL"):
        check_postgres(f"postgresql://u:p@127.0.0.1:{port}/farside")


def test_a_wrong_password() -> None:
    port = urlsplit(os.environ["DATABASE_URL"]).port
    with pytest.raises(ServerError, match="password authentication failed") as raised:
        check_postgres(f"postgresql://farside:s3cr3t@127.0.0.1:{port}/farside")
    assert "s3cr3t" not in str(raised.value)


def test_an_old_postgres(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outside, "LEAST_POSTGRES", 990000)
    with pytest.raises(ServerError, match="is version 18; Farside needs 15 or newer"):
        check_postgres(os.environ["DATABASE_URL"])


def test_a_good_broker_passes() -> None:
    assert check_broker(os.environ["REDIS_URL"]) == []


def test_a_broker_that_wants_a_password() -> None:
    port = urlsplit(os.environ["REDIS_URL"]).port
    with pytest.raises(ServerError, match=r"refuses us .*redis://:password@host"):
        check_broker(f"redis://127.0.0.1:{port}/0")


def test_no_broker_there() -> None:
    with pytest.raises(ServerError, match=r"no Valkey or Redis at REDIS_URL.*refused"):
        check_broker(f"redis://127.0.0.1:{free_port()}/0")


def test_something_else_than_a_broker(answering: Callable[[bytes], int]) -> None:
    port = answering(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    with pytest.raises(ServerError, match="no Valkey or Redis at REDIS_URL"):
        check_broker(f"redis://127.0.0.1:{port}/0")


def test_a_broker_that_can_lose_events_is_used_with_a_warning() -> None:
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
        try:
            warnings = check_broker(os.environ["REDIS_URL"])
        finally:
            client.config_set("maxmemory-policy", "noeviction")
    assert len(warnings) == 1 and "noeviction" in warnings[0]


def test_a_port_in_use() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServerError, match=rf"port {port} \(Address already in use\); pass another with --port"):
            check_port("127.0.0.1", port)
    check_port("127.0.0.1", port)


def test_a_host_that_is_not_ours() -> None:
    with pytest.raises(ServerError, match=r"cannot listen on nowhere\.invalid"):
        check_port("nowhere.invalid", 8000)
