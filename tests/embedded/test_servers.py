"""The embedded servers: start, adoptable records, secrets, stop."""

import os

import psycopg
import redis


def test_the_test_run_has_its_own_servers() -> None:
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        assert connection.info.server_version >= 180000
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        assert client.ping()
