"""Dictionaries make payloads small, are trained when it pays, and stay as long as an event needs them."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from monitor.models import Dictionary, Event, Outcome, Project
from monitor.pipeline import dictionaries
from monitor.pipeline.dictionaries import decompress, drop_dictionaries, find_compressors, forget_dictionaries
from monitor.pipeline.pack import load_payload
from monitor.pipeline.process import process
from tests.sending import batch, error_event

pytestmark = pytest.mark.django_db


def event(number: int) -> dict[str, Any]:
    crumbs = [
        {"category": "fetch", "data": {"url": f"https://shop.example/api/v2/orders/{number}{step}", "status_code": 200}}
        for step in range(20)
    ]
    return error_event(breadcrumbs=crumbs, extra={"basket": number})


@pytest.fixture
def trained(project: Project, settings: Any) -> Project:
    """A project with 300 events, and the dictionary that they gave."""
    settings.FARSIDE_HOT_ISSUE_EVENTS = 0
    process(batch(project, *(event(number) for number in range(300))))
    assert dictionaries.train_dictionaries() == 1
    forget_dictionaries()
    return project


def sizes() -> list[int]:
    return [len(one.payload) for one in Event.objects.order_by("processed_at")]


def test_payloads_become_much_smaller_and_come_back_whole(trained: Project) -> None:
    process(batch(trained, event(1000)))
    newest = Event.objects.order_by("processed_at").last()
    assert newest
    assert len(newest.payload) < sizes()[0] * 0.7
    payload = load_payload(newest)
    assert payload.breadcrumbs[3].data["url"] == "https://shop.example/api/v2/orders/10003"
    assert payload.extra == {"basket": 1000}


def test_older_payloads_stay_readable(trained: Project) -> None:
    process(batch(trained, event(1000)))
    assert sorted(load_payload(one).extra["basket"] for one in Event.objects.all()) == [*range(300), 1000]


def test_no_second_one_before_ten_times_as_many_events(trained: Project) -> None:
    assert dictionaries.train_dictionaries() == 0
    Outcome.objects.filter(outcome="stored").update(items=3000)
    assert dictionaries.train_dictionaries() == 1
    assert [one.trained_on for one in Dictionary.objects.all()] == [3000]  # of the same payloads, so the same one


def test_after_a_week_a_project_that_goes_on_gets_a_new_one(trained: Project) -> None:
    Dictionary.objects.update(created_at=timezone.now() - timedelta(days=8))
    assert dictionaries.train_dictionaries() == 0
    Outcome.objects.filter(outcome="stored").update(items=800)
    assert dictionaries.train_dictionaries() == 1


def test_too_few_events_give_none(project: Project) -> None:
    process(batch(project, *(event(number) for number in range(20))))
    assert dictionaries.train_dictionaries() == 0


def test_what_cannot_be_trained_on_gives_none_and_fails_nothing(project: Project) -> None:
    process(batch(project, event(1)))
    Outcome.objects.filter(outcome="stored").update(items=300)
    assert dictionaries.train_dictionaries() == 0


def test_one_is_dropped_when_no_event_can_need_it(trained: Project, settings: Any) -> None:
    now = timezone.now()
    days = timedelta(days=settings.FARSIDE_RETENTION_DAYS)
    first = Dictionary.objects.get()
    Dictionary.objects.update(created_at=now - 2 * days)
    second = Dictionary.objects.create(project_id=trained.pk, id=7, trained_on=1, content=b"")
    drop_dictionaries(now)
    assert Dictionary.objects.count() == 2
    Dictionary.objects.filter(id=second.id).update(created_at=now - days - timedelta(days=2))
    drop_dictionaries(now)
    assert not Dictionary.objects.filter(id=first.id).exists()


def test_a_dictionary_of_another_project_is_not_asked(trained: Project) -> None:
    stored = find_compressors([trained.pk])[trained.pk].compress(b"x" * 100)
    assert decompress(trained.pk, stored) == b"x" * 100
    with pytest.raises(LookupError, match="is not stored"):
        decompress(trained.pk + 1, stored)
