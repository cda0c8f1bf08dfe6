"""What became of items is counted exactly, whatever is delivered twice."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from monitor import batch as batches
from monitor.batch import LEASE_S, MOST_ATTEMPTS, Batch, Count, made_at
from monitor.models import CountedBatch, DeadLetter, Event, Issue, Outcome, Project
from monitor.pipeline import process as module
from monitor.pipeline.outcomes import day_of
from monitor.pipeline.process import process, process_batch
from tests.sending import batch, error_event, item

UNUSED = ("session", "unused", "")


def outcomes() -> dict[tuple[str, str, str], int]:
    rows = Outcome.objects.values_list("category", "outcome", "reason", "items")
    return {(category, outcome, reason): items for category, outcome, reason, items in rows}


def counting(project: Project, made: Batch) -> Batch:
    """The batch with three unused items of the door's count."""
    return Batch(made.id, made.items, [Count(project.pk, made_at(made.id), *UNUSED, 3)])


def test_a_batch_delivered_again_counts_nothing(project: Project) -> None:
    made = counting(project, batch(project, error_event(), error_event()))
    process(made)
    before = outcomes()
    assert process(made) == []
    assert outcomes() == before == {("event", "stored", ""): 2, UNUSED: 3}
    assert CountedBatch.objects.get().batch_id == made.id


def test_an_event_sent_again_is_a_duplicate(project: Project) -> None:
    event = error_event()
    process(batch(project, event, event))
    process(batch(project, event, error_event()))
    assert outcomes() == {("event", "stored", ""): 2, ("event", "duplicate", ""): 2}
    assert Issue.objects.get().event_count == 2


def test_a_batch_is_recorded_for_each_of_its_projects(project: Project) -> None:
    other = Project.objects.create(organisation=project.organisation, name="App", slug="app")
    made = batch(project, error_event())
    process(Batch(made.id, [*made.items, item(other, error_event())], []))
    assert set(CountedBatch.objects.values_list("project_id", flat=True)) == {project.pk, other.pk}


def test_a_batch_older_than_records_are_kept_is_recorded_in_the_oldest_day(project: Project) -> None:
    now = datetime.now(UTC)
    assert day_of(Batch(f"{0:028x}", [], [])) == (now - timedelta(days=6)).date()
    assert day_of(batch(project)) == now.date()


def queued(valkey: Any, made: Batch) -> str:
    pipe = valkey.pipeline(transaction=True)
    batches.add(pipe, made)
    pipe.execute()
    return made.id


def test_a_batch_that_is_committed_but_never_finished_is_not_split(project: Project, valkey: Any) -> None:
    made = counting(project, batch(project, error_event(), error_event()))
    queued(valkey, made)
    process(made)
    for _ in range(MOST_ATTEMPTS):
        batches.claim(valkey, [made.id])  # begun, and never finished
    process_batch(made.id)
    assert outcomes() == {("event", "stored", ""): 2, UNUSED: 3}
    assert (valkey.zcard(batches.PENDING), DeadLetter.objects.count()) == (0, 0)


def test_a_dead_letter_is_counted_with_what_its_batch_counted(
    project: Project, valkey: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Any) -> None:
        raise ValueError("poison: of a new kind")

    monkeypatch.setattr(module, "store", fail)
    made_id = queued(valkey, counting(project, batch(project, error_event())))
    for _ in range(MOST_ATTEMPTS):
        process_batch(made_id)
    assert outcomes() == {("event", "dead", "ValueError"): 1, UNUSED: 3}


def at_once(*works: Callable[[], object]) -> None:
    """Run all at the same time, each with a connection of its own."""
    start = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        start.wait(LEASE_S)
        try:
            work()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.django_db(transaction=True)
def test_two_workers_with_the_same_batch_count_it_once(project: Project) -> None:
    made = counting(project, batch(project, *(error_event() for _ in range(20))))
    at_once(lambda: process(made), lambda: process(made))
    assert outcomes() == {("event", "stored", ""): 20, UNUSED: 3}
    assert (Issue.objects.get().event_count, Event.objects.count()) == (20, 20)
