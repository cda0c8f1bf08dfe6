"""Checks outside servers before anything is started on them, and says in one line what is wrong."""

import contextlib
import errno
import socket

import psycopg
import redis

from monitor.embedded.process import ServerError
from monitor.embedded.valkey import ONCE

LEAST_POSTGRES = 150000
CONNECT_S = 5


def check_postgres(url: str) -> None:
    """Raise ServerError unless a PostgreSQL that is new enough answers at the address."""
    try:
        with psycopg.connect(url, connect_timeout=CONNECT_S) as connection:
            version = connection.info.server_version
    except psycopg.OperationalError as error:
        reason = " ".join(str(error).split())
        raise ServerError(
            f"no PostgreSQL at DATABASE_URL: {reason}; correct the address or start that server"
        ) from error
    if version < LEAST_POSTGRES:
        raise ServerError(f"the PostgreSQL at DATABASE_URL is version {version // 10000}; Farside needs 15 or newer")


def check_broker(url: str) -> list[str]:
    """Raise ServerError unless a Valkey or Redis answers; return warnings about settings that can lose events."""
    try:
        with redis.Redis.from_url(url, socket_timeout=CONNECT_S, retry=ONCE) as client:
            client.ping()
            found = client.info("everything")
    except (redis.AuthenticationError, redis.exceptions.NoPermissionError) as error:
        raise ServerError(f"REDIS_URL: the server refuses us ({error}); write redis://:password@host:6379/0") from error
    except (redis.RedisError, OSError, ValueError) as error:
        raise ServerError(
            f"no Valkey or Redis at REDIS_URL: {error}; correct the address or start that server"
        ) from error
    warnings = []
    if not found.get("aof_enabled"):
        warnings.append("the server at REDIS_URL has `appendonly no`: if it crashes, accepted events are lost")
    if found.get("maxmemory") and found.get("maxmemory_policy") != "noeviction":
        warnings.append("the server at REDIS_URL may evict keys: set `maxmemory-policy noeviction`, or events are lost")
    return warnings


def check_port(host: str, port: int) -> None:
    """Raise ServerError when the web process could not listen there."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with contextlib.closing(socket.socket(family, kind)) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        wrong_host = isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL
        hint = f"pass another with {'--host' if wrong_host else '--port'}"
        raise ServerError(f"cannot listen on {host}, port {port} ({error.strerror}); {hint}") from error
