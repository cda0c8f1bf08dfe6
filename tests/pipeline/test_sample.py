"""Hot issues: all is counted, some payloads are kept, and what is sent twice counts once."""

import time
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.batch import Batch, new_id
from monitor.models import (
    Channel,
    Event,
    Issue,
    IssueCount,
    IssueRelease,
    IssueTag,
    Notification,
    Outcome,
    Project,
    SampledEvent,
)
from monitor.pipeline.process import process
from monitor.pipeline.sample import is_kept
from tests.pipeline.test_outcomes import at_once
from tests.sending import error_event, item

NOW = time.time()


@given(n=st.integers(1, 10**7), limit=st.integers(1, 10**4), more=st.integers(0, 10**4))
def test_the_first_are_kept_and_a_higher_limit_drops_none(n: int, limit: int, more: int) -> None:
    assert is_kept(n, limit) or n > limit
    assert is_kept(n, limit + more) or not is_kept(n, limit)


@settings(deadline=None)
@given(limit=st.integers(2, 300), doublings=st.integers(0, 6))
def test_each_doubling_keeps_half_the_limit(limit: int, doublings: int) -> None:
    kept = sum(is_kept(n, limit) for n in range(1, limit * 2**doublings + 1))
    assert abs(kept - limit * (1 + doublings / 2)) <= doublings


def test_without_a_limit_every_event_is_kept() -> None:
    assert all(is_kept(n, 0) for n in (1, 7, 10**9))


def batch(project: Project, *events: dict[str, Any]) -> Batch:
    """Events received in one moment: no hour begins between them."""
    return Batch(new_id(), [item(project, event, NOW) for event in events], [])


@pytest.fixture
def hot(settings: Any, project: Project) -> Project:
    """A project whose issues are hot from the fifth event on."""
    settings.FARSIDE_HOT_ISSUE_EVENTS = 4
    return project


def outcomes() -> dict[str, int]:
    return dict(Outcome.objects.filter(category="event").values_list("outcome", "items"))


def test_everything_of_a_hot_issue_is_counted_and_a_sample_is_kept(hot: Project) -> None:
    for number in range(4):
        process(batch(hot, *(error_event(user={"id": f"{number}-{n}"}) for n in range(5))))
    issue = Issue.objects.get(project=hot)
    assert (issue.event_count, issue.user_count, issue.sampled_count, issue.hour_events) == (20, 20, 12, 20)
    assert (Event.objects.count(), SampledEvent.objects.count()) == (8, 12)
    assert sum(IssueCount.objects.values_list("events", flat=True)) == 20
    assert IssueTag.objects.get(key="url").events == IssueRelease.objects.get().events == 20
    assert outcomes() == {"stored": 8, "sampled": 12}


def test_what_was_sampled_is_a_duplicate_when_it_comes_again(hot: Project) -> None:
    events = [error_event() for _ in range(10)]
    process(batch(hot, *events))
    process(batch(hot, *events))
    assert Issue.objects.get().event_count == 10
    assert outcomes() == {"stored": 6, "sampled": 4, "duplicate": 10}


@pytest.mark.django_db(transaction=True)
def test_two_workers_with_the_same_events_count_each_once(hot: Project) -> None:
    events = [error_event() for _ in range(30)]
    shuffled = sorted(events, key=lambda event: str(event["event_id"]))
    at_once(lambda: process(batch(hot, *events)), lambda: process(batch(hot, *shuffled)))
    issue = Issue.objects.get()
    assert (issue.event_count, outcomes()["duplicate"]) == (30, 30)
    assert (Event.objects.count(), SampledEvent.objects.count()) == (30 - issue.sampled_count, issue.sampled_count)


def test_an_hour_that_begins_is_kept_from_its_first_event(hot: Project) -> None:
    hour = time.time() // 3600 * 3600 - 3600
    for start in (hour, hour + 3600):
        process(Batch(new_id(), [item(hot, error_event(), start) for _ in range(6)], []))
    issue = Issue.objects.get()
    assert (issue.sampled_count, issue.hour_events) == (2, 6)
    process(Batch(new_id(), [item(hot, error_event(), hour + 60)], []))
    issue.refresh_from_db()
    assert issue.hour == datetime.fromtimestamp(hour + 3600, UTC), "a late one counts in the hour that has begun"
    assert issue.hour_events == 7


def test_each_issue_has_its_own_hour(hot: Project) -> None:
    process(batch(hot, *(error_event(fingerprint=[name]) for name in "abcdefgh" for _ in range(4))))
    assert SampledEvent.objects.count() == 0


def test_the_event_that_reopens_a_hot_issue_is_kept(hot: Project) -> None:
    Channel.objects.create(project=hot, kind="slack", name="#errors", config={})
    process(batch(hot, *(error_event() for _ in range(4))))
    Issue.objects.get().resolve(None)
    comeback = error_event(release="shop@2.0.0")  # the fifth: it would not be kept otherwise
    process(Batch(new_id(), [item(hot, event) for event in (comeback, error_event(release="shop@2.0.0"))], []))
    assert Event.objects.filter(event_id=uuid.UUID(comeback["event_id"])).exists()
    assert sorted(Notification.objects.values_list("kind", flat=True)) == ["new", "regressed"]


def test_a_known_event_that_is_grouped_otherwise_now_makes_no_issue(hot: Project) -> None:
    events = [error_event() for _ in range(6)]
    process(batch(hot, *events))
    process(batch(hot, *({**event, "fingerprint": ["other"]} for event in events)))
    assert Issue.objects.count() == 1
    assert outcomes()["duplicate"] == 6
