"""Outcomes over the API."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from monitor.models import Outcome
from tests.api.caller import Caller, make_caller

pytestmark = pytest.mark.django_db

PATH = "/api/v1/projects/shop-org/shop/outcomes/"


@pytest.fixture
def caller() -> Caller:
    return make_caller("event:read")


def count(caller: Caller, hours_ago: int, outcome: str, items: int, reason: str = "", category: str = "event") -> None:
    hour = timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=hours_ago)
    key = {"category": category, "outcome": outcome, "reason": reason}
    Outcome.objects.create(project=caller.project, hour=hour, items=items, **key)


def test_counts_come_by_hour_and_reason(caller: Caller) -> None:
    count(caller, 1, "stored", 5)
    count(caller, 0, "limited", 7, "key_rate")
    found = caller.get(PATH).json()["outcomes"]
    assert [(row["outcome"], row["reason"], row["items"]) for row in found] == [
        ("stored", "", 5),
        ("limited", "key_rate", 7),
    ]


def test_what_was_answered_with_200_was_accepted(caller: Caller) -> None:
    for outcome, items in {"stored": 100, "sampled": 10, "filtered": 5, "duplicate": 3, "dead": 2}.items():
        count(caller, 0, outcome, items)
    count(caller, 0, "retried", 1)
    count(caller, 0, "limited", 50, "key_rate")
    count(caller, 0, "unused", 50, category="session")
    assert caller.get(PATH).json()["accepted"] == 119


def test_hours_go_back_as_far_as_asked(caller: Caller) -> None:
    count(caller, 2, "stored", 5)
    assert caller.get(f"{PATH}?hours=2").json()["outcomes"] == []
    assert len(caller.get(f"{PATH}?hours=3").json()["outcomes"]) == 1


@pytest.mark.parametrize("hours", ["0", "745", "-1", "ten", "", "²"])
def test_other_hours_are_refused(caller: Caller, hours: str) -> None:
    answer: Any = caller.get(f"{PATH}?hours={hours}")
    assert answer.status_code == 400
    assert "from 1 to 744" in answer.json()["detail"]


STATS = "/api/0/projects/shop-org/shop/stats/"


def test_stats_sum_what_sentry_calls_received(caller: Caller) -> None:
    for outcome, items in {"stored": 5, "dead": 2, "retried": 1, "limited": 7, "unused": 9}.items():
        count(caller, 1, outcome, items)
    count(caller, 1, "invalid", 3, "malformed", category="request")
    found = caller.get(STATS).json()
    assert len(found) == 25
    assert [many for _, many in found[-3:]] == [0, 16, 0]
    assert [many for _, many in caller.get(f"{STATS}?stat=rejected").json()[-2:]] == [10, 0]


def test_stats_come_by_day_too(caller: Caller) -> None:
    count(caller, 0, "filtered", 4, "crawler")
    until = timezone.now().timestamp()
    query = f"?stat=blacklisted&resolution=1d&since={until - 3 * 86_400:.0f}&until={until:.0f}"
    found = caller.get(STATS + query).json()
    assert [many for _, many in found] == [0, 0, 0, 4]
    assert found[-1][0] % 86_400 == 0


@pytest.mark.parametrize("query", ["stat=odd", "resolution=10s", "since=yesterday", "since=1", "since=9&until=8"])
def test_stats_refuse_what_they_do_not_know(caller: Caller, query: str) -> None:
    answer = caller.get(f"{STATS}?{query}")
    assert answer.status_code == 400
    assert answer.json()["detail"]
