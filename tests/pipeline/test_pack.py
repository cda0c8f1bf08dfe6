"""Events at rest: stacks once a day, payloads with a dictionary, and all of it back as it was."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from monitor.models import Event, Project, Stack
from monitor.pipeline.pack import digest_of, forget_stacks, load_payload, load_payloads
from monitor.pipeline.payload import Frame
from monitor.pipeline.process import process
from tests.sending import batch, error_event

pytestmark = pytest.mark.django_db


def test_events_with_the_same_stack_share_it(project: Project) -> None:
    process(batch(project, *(error_event() for _ in range(3))))
    assert (Event.objects.count(), Stack.objects.count()) == (3, 1)
    payloads = load_payloads(list(Event.objects.all()))
    assert [[frame.function for frame in one.exceptions[0].frames] for one in payloads] == [["checkout", "total"]] * 3


def test_the_frames_of_a_chain_come_back_each_to_its_exception(project: Project) -> None:
    def value(kind: str, *lines: int) -> dict[str, Any]:
        frames = [{"filename": "https://shop.example/a.js", "function": "f", "lineno": line} for line in lines]
        return {"type": kind, "value": kind, **({"stacktrace": {"frames": frames}} if frames else {})}

    chain = {"values": [value("Cause", 1, 2), value("Bare"), value("Thrown", 3)]}
    process(batch(project, error_event(exception=chain)))
    payload = load_payload(Event.objects.get())
    found = [(one.type, [frame.lineno for frame in one.frames], one.stack) for one in payload.exceptions]
    assert found == [("Cause", [1, 2], ""), ("Bare", [], ""), ("Thrown", [3], "")]


def test_a_list_of_events_takes_one_query_for_all_stacks(project: Project) -> None:
    process(batch(project, *(error_event() for _ in range(5))))
    events = list(Event.objects.all())
    with CaptureQueriesContext(
        connection,
    ) as queries:
        load_payloads(events)
    assert len(queries) == 1


def test_a_stack_that_another_process_has_stored_is_no_trouble(project: Project) -> None:
    process(batch(project, error_event()))
    forget_stacks()
    process(batch(project, error_event()))
    assert Stack.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_only_committed_stacks_are_believed_to_be_stored(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as failing:
        failing.setattr("monitor.pipeline.process.evaluate", lambda stored: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            process(batch(project, error_event()))
    process(batch(project, error_event()))
    with CaptureQueriesContext(connection) as queries:
        process(batch(project, error_event()))
    assert Stack.objects.count() == 1
    assert not any("monitor_stack" in query["sql"] for query in queries)


def test_digests_tell_frames_apart() -> None:
    assert digest_of((Frame("a", lineno=1),)) != digest_of((Frame("a", lineno=2),))
    assert digest_of((Frame("a"),)) == digest_of((Frame("a"),))
