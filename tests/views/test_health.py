"""/healthz and /readyz."""

from typing import Any

from django.db import connection
from django.db.utils import OperationalError
from django.test import Client

from monitor import broker


def test_healthz_asks_nobody(client: Client, unreachable_broker: None) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok")


def test_readyz_is_200_when_everything_answers(client: Client, db: None, valkey: Any) -> None:
    valkey.set(broker.WORKER_ALIVE, 1)
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"ready": True, "database": "ok", "broker": "ok", "worker": "ok"}


def test_readyz_tells_that_no_worker_runs(client: Client, db: None, valkey: Any) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "start one with: farside worker" in answer.json()["worker"]


def test_readyz_tells_that_the_broker_is_away(client: Client, db: None, unreachable_broker: None) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "check REDIS_URL" in answer.json()["broker"]
    assert answer.json()["database"] == "ok"


def test_readyz_tells_that_the_database_is_away(client: Client, db: None, valkey: Any) -> None:
    def refuse(*query: Any) -> None:
        raise OperationalError("connection to 10.0.0.1 refused, password=hunter2")

    with connection.execute_wrapper(refuse):
        answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "check DATABASE_URL" in answer.json()["database"]
    assert b"hunter2" not in answer.content
