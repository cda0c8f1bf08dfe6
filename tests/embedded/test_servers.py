"""The embedded servers: what they keep, who they run as, what a start says when it fails."""

import json
import os
import signal
import time
from pathlib import Path

import psycopg
import pytest
import redis

from monitor.embedded import servers as module
from monitor.embedded.account import SERVERS_ID
from monitor.embedded.process import ServerError, runs
from monitor.embedded.servers import Servers, servers_home
from monitor.embedded.valkey import ONCE

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


def test_the_test_run_has_its_own_servers() -> None:
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        assert connection.info.server_version >= 180000
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        assert client.ping()


def test_the_next_start_finds_the_data(servers: Servers, server_data: Path) -> None:
    servers.start()
    with psycopg.connect(servers.urls()["DATABASE_URL"]) as connection:
        connection.execute("CREATE TABLE kept (word text)")
    with redis.Redis.from_url(servers.urls()["REDIS_URL"]) as client:
        client.set("kept", "yes")
    servers.stop()
    assert not (server_data / "servers.json").exists()

    servers.start()
    addresses = json.loads((server_data / "servers.json").read_text())
    with psycopg.connect(addresses["DATABASE_URL"]) as connection:
        connection.execute("SELECT word FROM kept")
    with redis.Redis.from_url(addresses["REDIS_URL"]) as client:
        assert client.get("kept") == b"yes"


def test_the_next_start_replaces_what_a_killed_one_left(servers: Servers, later: Servers) -> None:
    servers.start()
    left = [server.find() for server in servers.all]
    later.start()
    assert [runs(process) for process in left if process] == [False, False]
    assert all(server.alive() for server in later.all)


def test_a_crashed_server_starts_again(servers: Servers) -> None:
    servers.start()
    for server in servers.all:
        process = server.find()
        assert process is not None
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    time.sleep(0.2)
    servers.start()
    assert all(server.check() for server in servers.all)


def test_the_application_has_no_special_rights(servers: Servers) -> None:
    assert servers.postgres is not None
    servers.postgres.durable = True
    servers.start()
    rights = "SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user"
    with psycopg.connect(servers.postgres.url) as connection:
        assert connection.execute(rights).fetchone() == (False, False, False)
        assert connection.execute("SHOW fsync").fetchone() == ("on",)


def test_without_the_password_nobody_enters(servers: Servers) -> None:
    servers.start()
    assert servers.postgres and servers.valkey
    with pytest.raises(psycopg.OperationalError, match="authentication failed"):
        psycopg.connect(servers.postgres.url.replace(servers.postgres.secrets["database"], "guess"))
    with redis.Redis(port=servers.valkey.port, retry=ONCE) as client, pytest.raises(redis.AuthenticationError):
        client.ping()


def test_secrets_and_addresses_are_private(servers: Servers, server_data: Path) -> None:
    servers.start()
    for path in (servers.home / "secrets.json", server_data / "servers.json"):
        assert path.stat().st_mode & 0o777 == 0o600


def test_valkey_promises_what_the_setting_says(server_data: Path) -> None:
    servers = Servers(server_data, fsync="always", postgres=False)
    try:
        servers.start()
        with redis.Redis.from_url(servers.urls()["REDIS_URL"]) as client:
            found = client.config_get("append*", "maxmemory-policy")
        assert (found["appendonly"], found["appendfsync"]) == ("yes", "always")
        assert found["maxmemory-policy"] == "noeviction"
    finally:
        servers.stop()


def test_a_broken_data_folder_is_named_with_the_reason(servers: Servers) -> None:
    servers.start()
    servers.stop()
    assert servers.postgres is not None
    (servers.postgres.data / "postgresql.conf").write_text("shared_buffers = plenty\n")
    with pytest.raises(ServerError, match=r"embedded PostgreSQL ended: .*postgres\.log"):
        servers.start()
    assert not any(server.alive() for server in servers.all)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ServerError, match=r"file.*--data"):
        servers_home(tmp_path / "file" / "data")


@as_root
def test_the_servers_run_without_roots_rights(servers: Servers) -> None:
    servers.start()
    for server in servers.all:
        process = server.find()
        assert process is not None and set(process.uids()) == {SERVERS_ID} and set(process.gids()) == {SERVERS_ID}


@as_root
def test_behind_a_closed_door_they_live_elsewhere(server_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = server_data / "closed"
    closed.mkdir(mode=0o700)
    monkeypatch.setattr(module, "SYSTEM_HOME", server_data / "system")
    home = servers_home(closed / "data")
    assert home.parent == server_data / "system"
    assert servers_home(closed / "data") == home


@as_root
def test_programs_out_of_reach_are_copied(server_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.embedded.account.Account.may_enter", lambda _, path: path.is_relative_to(server_data))
    servers = Servers(server_data, fsync="no")
    assert servers.postgres and servers.postgres.programs.is_relative_to(server_data / "servers" / "binaries")
    try:
        servers.start()
        assert all(server.check() for server in servers.all)
    finally:
        servers.stop()
