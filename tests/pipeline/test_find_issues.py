"""Which issue an event joins by its keys, within a batch and after it."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.db import transaction

from monitor.models import Event, Fingerprint, Issue, Project
from monitor.pipeline.find_issues import find_issues
from monitor.pipeline.grouping import Grouped, Grouping, Key, group
from monitor.pipeline.grouping.keys import Use
from monitor.pipeline.pack import load_payload
from monitor.pipeline.payload import Payload
from monitor.pipeline.process import process
from tests.sending import batch, error_event

pytestmark = pytest.mark.django_db


def name(word: str) -> str:
    """A digest that begins with a word."""
    return word.ljust(64, "0")


def event(project: Project, *words: str, use: Use = "both") -> Grouped:
    """An event with keys of these names, strongest first."""
    now = datetime.now(UTC)
    keys = tuple(Key(name(word), "strong", use, word, (word,)) for word in words)
    return Grouped(project.pk, Payload(uuid.uuid4().hex, now.date(), now, now), Grouping(keys, "E", "", ""))


def numbers(*events: Grouped) -> list[int]:
    """The numbers of the events' issues."""
    with transaction.atomic():
        found, _ = find_issues(events)
    return [found[one.identity].number for one in events]


def test_a_weak_key_leads_to_the_issue_and_a_new_strong_one_is_registered(project: Project) -> None:
    assert numbers(event(project, "a", "x")) == [1]
    assert numbers(event(project, "b", "x"), event(project, "b")) == [1, 1]
    assert sorted(Fingerprint.objects.values_list("reason", flat=True)) == ["a", "b", "x"]


def test_the_strongest_key_decides_and_no_key_changes_its_owner(project: Project) -> None:
    assert numbers(event(project, "a"), event(project, "b", "x")) == [1, 2]
    assert numbers(event(project, "a", "x"), event(project, "x"), event(project, "b")) == [1, 2, 2]
    assert Issue.objects.count() == 2


def test_events_of_one_batch_join_each_other(project: Project) -> None:
    events = [event(project, *names) for names in ("ax", "bx", "by", "y")]
    assert numbers(*events) == [1, 1, 1, 1]
    assert Issue.objects.get().number == Project.objects.get(pk=project.pk).last_issue_number == 1


def test_an_event_joins_what_a_later_one_of_its_batch_leads_to(project: Project) -> None:
    numbers(event(project, "a"))
    assert numbers(event(project, "k"), event(project, "k", "a")) == [1, 1]


def test_a_key_serves_only_its_side(project: Project) -> None:
    assert numbers(event(project, "a", use="looked up"), event(project, "a", use="looked up")) == [1, 2]
    assert numbers(event(project, "r", use="registered"), event(project, "r", use="registered")) == [3, 4]
    assert numbers(event(project, "r")) == [3]


def test_what_speaks_against_a_key_is_asked_for(project: Project) -> None:
    assert numbers(event(project, "a", "x"), event(project, "s", "c")) == [1, 2]
    against = Key(name("x"), "weak", "both", "x", ("x",), unless=name("a"))
    doubtful = event(project, "d")
    assert numbers(replace(doubtful, grouping=replace(doubtful.grouping, keys=(against,)))) == [3]


def test_projects_share_no_keys(project: Project) -> None:
    other = Project.objects.create(organisation=project.organisation, name="Other", slug="other")
    assert numbers(event(project, "a"), event(other, "a")) == [1, 1]
    assert Issue.objects.count() == 2


def test_an_event_of_a_project_that_is_gone_has_no_issue(project: Project) -> None:
    gone = Grouped(10**9, event(project, "a").payload, event(project, "a").grouping)
    with transaction.atomic():
        assert find_issues([gone]) == ({}, set())


def test_an_issue_of_version_1_is_not_born_again(project: Project) -> None:
    process(batch(project, error_event()))
    *own, of_version_1 = group(load_payload(Event.objects.get())).keys
    Fingerprint.objects.exclude(digest=own[0].digest).delete()
    Fingerprint.objects.update(digest=of_version_1.digest, version="1")
    process(batch(project, error_event()))
    assert Issue.objects.get().event_count == 2
    assert {key.digest for key in own if key.is_registered} < set(Fingerprint.objects.values_list("digest", flat=True))
