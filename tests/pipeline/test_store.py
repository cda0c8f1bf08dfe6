"""What is written, and that counters follow exactly what was inserted."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitor.batch import Batch, Count, new_id
from monitor.models import (
    Activity,
    Event,
    Fingerprint,
    Issue,
    IssueCount,
    IssueRelease,
    IssueTag,
    Outcome,
    Project,
    Release,
)
from monitor.pipeline.process import process
from tests.sending import batch, error_event


def issue_of(project: Project) -> Issue:
    return Issue.objects.get(project=project)


def test_every_counter_follows_the_inserted_events(project: Project) -> None:
    same_user = [error_event(), error_event(), error_event(user={"id": "8"}, release="shop@1.1.0")]
    process(batch(project, *same_user))
    process(batch(project, same_user[0], error_event()))
    issue = issue_of(project)
    assert (issue.event_count, issue.user_count, Event.objects.count()) == (4, 2, 4)
    assert sum(IssueCount.objects.values_list("events", flat=True)) == 4
    assert dict(IssueRelease.objects.values_list("release", "events")) == {"shop@1.0.0": 3, "shop@1.1.0": 1}
    assert IssueTag.objects.get(key="url").events == 4
    assert Outcome.objects.get(category="event", outcome="stored").items == 4


def test_two_keys_make_two_numbered_issues(project: Project) -> None:
    process(batch(project, error_event(), error_event(fingerprint=["a"]), error_event(fingerprint=["b"])))
    assert sorted(Issue.objects.values_list("number", flat=True)) == [1, 2, 3]
    assert Fingerprint.objects.filter(reason="fingerprint set by the client: a").exists()


def test_events_without_a_user_are_told_apart_by_the_doors_hash(project: Project) -> None:
    process(batch(project, error_event(user=None), error_event(user=None)))
    assert issue_of(project).user_count == 1


def test_releases_are_made_by_their_first_event(project: Project) -> None:
    process(batch(project, error_event(timestamp=time.time() - 60), error_event()))
    release = Release.objects.get(project=project, version="shop@1.0.0")
    assert release.first_event_at and release.last_event_at
    assert release.last_event_at - release.first_event_at >= timedelta(seconds=59)


def test_an_older_event_that_comes_late_moves_first_seen_only(project: Project) -> None:
    process(batch(project, error_event(release="shop@2.0.0")))
    before = issue_of(project)
    process(batch(project, error_event(timestamp=time.time() - 3600)))
    after = issue_of(project)
    assert after.first_seen < before.first_seen
    assert (after.last_seen, after.last_release) == (before.last_seen, "shop@2.0.0")


def test_events_of_a_project_that_is_gone_are_left_out(project: Project) -> None:
    made = batch(project, error_event())
    project.delete()
    assert process(made) == []
    assert Event.objects.count() == 0


def test_unused_items_are_counted_by_hour(project: Project) -> None:
    at = datetime(2026, 1, 1, 10, 30, tzinfo=UTC).timestamp()
    for _ in range(2):
        process(Batch(new_id(), [], [Count(project.pk, at, "session", "unused", "", 3)]))
    outcome = Outcome.objects.get()
    assert (outcome.items, outcome.hour) == (6, datetime(2026, 1, 1, 10, tzinfo=UTC))


def resolved(project: Project, how: str = "now", version: str = "") -> None:
    process(batch(project, error_event(release="shop@1.0.0")))
    issue_of(project).resolve(None, how, version)


@pytest.mark.parametrize(
    ("how", "release", "status"),
    [
        ("now", "shop@1.1.0", "regressed"),
        ("now", "shop@1.0.0", "resolved"),
        ("now", "shop@0.9.0", "resolved"),
        ("now", None, "resolved"),
        ("next", "shop@1.0.0", "resolved"),
        ("next", "shop@1.1.0", "regressed"),
        ("release", "shop@1.0.0", "resolved"),
        ("release", "shop@1.0.1", "regressed"),
    ],
)
def test_only_a_newer_release_brings_an_issue_back(project: Project, how: str, release: Any, status: str) -> None:
    resolved(project, how)
    process(batch(project, error_event(release=release)))
    assert issue_of(project).status == status


def test_a_fix_that_fails_in_its_own_release_is_a_regression(project: Project) -> None:
    Release.objects.create(project=project, version="shop@1.2.0")
    resolved(project, "release", "shop@1.2.0")
    process(batch(project, error_event(release="shop@1.1.0")))
    assert issue_of(project).status == "resolved"
    process(batch(project, error_event(release="shop@1.2.0")))
    assert issue_of(project).status == "regressed"


def test_without_releases_any_later_event_brings_it_back(project: Project) -> None:
    process(batch(project, error_event(release=None)))
    issue_of(project).resolve(None)
    process(batch(project, error_event(release=None, timestamp=time.time() - 600)))
    assert issue_of(project).status == "resolved", "it happened before the fix"
    process(batch(project, error_event(release=None)))
    assert issue_of(project).status == "regressed"


def test_a_regression_is_one_line_of_history(project: Project) -> None:
    resolved(project)
    process(batch(project, *(error_event(release="shop@2.0.0") for _ in range(3))))
    issue = issue_of(project)
    assert (issue.status, issue.regressed_release, issue.event_count) == ("regressed", "shop@2.0.0", 4)
    assert Activity.objects.filter(kind="regressed").count() == 1


def test_an_ignored_issue_stays_ignored_and_counted(project: Project) -> None:
    process(batch(project, error_event()))
    issue_of(project).ignore(None)
    process(batch(project, error_event(release="shop@9.0.0")))
    assert (issue_of(project).status, issue_of(project).event_count) == ("ignored", 2)
