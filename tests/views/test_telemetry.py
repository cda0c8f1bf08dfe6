"""/metrics: for whom, in which form, and with parts away."""

import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.utils import OperationalError
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from monitor import broker
from monitor.models import DeadLetter, Outcome, Project, Token
from tests.api.stored import make_event, store_events

Figures = dict[tuple[str, ...], float]
SECRET = "a-secret-of-the-scraper"


@pytest.fixture
def scrape(client: Client, settings: Any, tmp_path: Path) -> Callable[[], Figures]:
    """Scrapes with the setting's token; (name, label values…) -> value."""
    settings.FARSIDE_METRICS_TOKEN, settings.FARSIDE_SPOOL = SECRET, tmp_path

    def get() -> Figures:
        answer = client.get("/metrics", headers={"Authorization": f"Bearer {SECRET}"})
        assert (answer.status_code, answer["Content-Type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
        families = text_string_to_metric_families(answer.content.decode())
        samples = [sample for family in families for sample in family.samples]
        return {(sample.name, *sample.labels.values()): sample.value for sample in samples}

    return get


def status_with(client: Client, token: str) -> int:
    return client.get("/metrics", headers={"Authorization": f"Bearer {token}"}).status_code


def test_tokens_of_an_organisation_that_may_read_it_are_let_in(client: Client, project: Project, valkey: Any) -> None:
    def issue(*scopes: str, of: Project | None = None) -> str:
        return Token.objects.issue(project.organisation, "scraper", scopes, of)[1]

    assert status_with(client, issue("org:read")) == 200
    assert Token.objects.get().last_used_at is not None
    assert status_with(client, issue("event:read", "project:read")) == 401
    assert status_with(client, issue("org:read", of=project)) == 401


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", "Basic Zm9vOmJhcg==", f"Token {SECRET}", "Bearer é"])
def test_others_are_told_how(client: Client, settings: Any, header: str, db: None) -> None:
    settings.FARSIDE_METRICS_TOKEN = SECRET
    answer = client.get("/metrics", headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert b"FARSIDE_METRICS_TOKEN or an API token" in answer.content


def test_an_empty_setting_lets_nobody_in(client: Client, db: None) -> None:
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 401


def test_what_waits_is_told(scrape: Callable[[], Figures], db: None, valkey: Any) -> None:
    valkey.rpush(broker.EVENTS_QUEUE, "a", "b")
    valkey.zadd(broker.PENDING, {f"{int((timezone.now().timestamp() - 90) * 1e6):014x}{'0' * 14}": 1})
    valkey.set(broker.WORKER_ALIVE, 1)
    found = scrape()
    assert found[("farside_queue_messages", "events")] == 2
    assert found[("farside_batches_pending",)] == 1
    assert found[("farside_batch_oldest_age_seconds",)] == pytest.approx(90, abs=30)
    assert found[("farside_worker_alive",)] == 1


def test_outcomes_of_today_are_summed_over_the_projects(
    scrape: Callable[[], Figures], project: Project, elsewhere: Project, valkey: Any
) -> None:
    now = datetime.now(UTC)
    key = {"category": "event", "outcome": "limited", "reason": 'odd "reason"\n'}
    for one, hour in ((project, now), (elsewhere, now), (project, now - timedelta(days=1))):
        Outcome.objects.create(project=one, hour=hour, items=7, **key)
    assert scrape()[("farside_items_total", *key.values())] == 14


def test_dead_letters_and_lag_are_told(scrape: Callable[[], Figures], project: Project, valkey: Any) -> None:
    row = {"event_id": uuid.uuid4(), "received_at": timezone.now(), "reason": "odd", "item": b"{}"}
    DeadLetter.objects.create(project=project, **row)
    now = datetime.now(UTC)
    store_events(project, *(make_event(received_at=now - timedelta(seconds=age), day=now.date()) for age in (2, 5, 60)))
    found = scrape()
    assert found[("farside_dead_letters",)] == 1
    assert 5 <= found[("farside_lag_median_seconds",)] < 60 <= found[("farside_lag_worst_seconds",)]


def test_the_doors_disk_is_told(scrape: Callable[[], Figures], db: None, valkey: Any, tmp_path: Path) -> None:
    for pid, since in ((1, None), (2, 1e9)):
        state = {"spool_bytes": 10, "spool_batches": 2, "spool_limit_bytes": 100, "oldest_age_s": 3.5 * pid}
        (tmp_path / f"{pid}.state.json").write_text(json.dumps({**state, "broker_away_since": since}))
    (tmp_path / "3.state.json").write_text("{half")
    found = scrape()
    assert [found[(f"farside_spool_{name}",)] for name in ("bytes", "batches", "limit_bytes")] == [20, 4, 200]
    assert found[("farside_spool_oldest_age_seconds",)] == 7
    assert found[("farside_door_broker_away",)] == 1


def test_a_broker_that_is_away_leaves_the_rest(
    scrape: Callable[[], Figures], project: Project, unreachable_broker: None
) -> None:
    found = scrape()
    assert (found[("farside_up", "broker")], found[("farside_up", "database")]) == (0, 1)
    assert ("farside_batches_pending",) not in found
    assert found[("farside_dead_letters",)] == 0


def test_a_database_that_is_away_leaves_the_rest(
    scrape: Callable[[], Figures], client: Client, db: None, valkey: Any
) -> None:
    def refuse(*query: Any) -> None:
        raise OperationalError("connection refused")

    with connection.execute_wrapper(refuse):
        found = scrape()
        assert status_with(client, "fst_any") == 503
    assert (found[("farside_up", "broker")], found[("farside_up", "database")]) == (1, 0)
    assert found[("farside_batches_pending",)] == 0
