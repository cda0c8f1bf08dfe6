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
