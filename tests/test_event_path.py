"""POST an envelope -> issue row -> notification in the outbox, with every part real and nothing eager."""

import json
from typing import Any

import pytest

from monitor import batch
from monitor.broker import ATTEMPTS, EVENTS_QUEUE, PENDING
from monitor.models import Channel, Event, Issue, Notification, Project
from monitor.pipeline.pack import load_payload
from monitor.pipeline.process import process_batch
from tests.sending import envelope, error_event, post


def deliver(project: Project, *events: dict[str, Any]) -> None:
    """Send events to the door."""
    answer = post(f"/api/{project.pk}/envelope/?sentry_key={project.keys.get().public_key}", envelope(*events))
    assert answer.status == 200, answer.body


def work(valkey: Any) -> list[tuple[int, int]]:
    """Process every queued batch as a worker would; return the notifications to send."""
    told = []
    while message := valkey.rpop(EVENTS_QUEUE):
        told += process_batch(batch.batch_id_of(message))
    return told


@pytest.mark.django_db(transaction=True)
def test_an_event_becomes_an_issue_and_a_notification(project: Project, valkey: Any) -> None:
    Channel.objects.create(project=project, name="team", config={"webhook_url": "https://hooks.slack.com/services/x"})
    event = error_event()
    deliver(project, event)
    told = work(valkey)
    issue = Issue.objects.get(project=project)
    assert (issue.title(), issue.event_count, issue.user_count, issue.number) == (
        "TypeError: price is undefined",
        1,
        1,
        1,
    )
    stored = Event.objects.get(project=project)
    assert load_payload(stored).event_id == event["event_id"]
    assert [(one.project_id, one.id) for one in Notification.objects.all()] == told != []
    assert (valkey.zcard(PENDING), valkey.hlen(ATTEMPTS), valkey.keys("farside:batch:*")) == (0, 0, [])


@pytest.mark.django_db(transaction=True)
def test_sent_twice_is_stored_and_counted_once(project: Project, valkey: Any) -> None:
    event = error_event()
    deliver(project, event, event)
    deliver(project, event)
    work(valkey)
    deliver(project, event)
    work(valkey)
    assert Event.objects.filter(project=project).count() == 1
    assert Issue.objects.get(project=project).event_count == 1


@pytest.mark.django_db(transaction=True)
def test_a_second_event_of_an_issue_tells_nobody(project: Project, valkey: Any) -> None:
    Channel.objects.create(project=project, name="team", config={})
    deliver(project, error_event())
    assert len(work(valkey)) == 1
    deliver(project, error_event(user={"id": "8"}))
    assert work(valkey) == []
    issue = Issue.objects.get(project=project)
    assert (issue.event_count, issue.user_count) == (2, 2)


SECRETS = [
    "hunter2-pass",
    "tok_9f8a7b6c5d",
    "4111 1111 1111 1111",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.c2ln",
    "203.0.113.77",
]


def event_with_secrets() -> dict[str, Any]:
    """Secrets wherever a client may put one."""
    password, token, card, jwt, address = SECRETS
    event = error_event(
        message=f"login failed password={password}",
        user={"id": "7", "ip_address": address, "password": password},
        extra={"config": {"api_key": token, "deep": [{"secret": password}]}, "note": f"card {card}"},
        tags={"auth_token": token, "card": card},
        contexts={"state": {"accessToken": token, "jwt_text": f"Bearer {jwt}"}},
        transaction=f"/reset?token={token}",
    )
    event["request"] = {
        "url": f"https://bob:{password}@shop.example/pay?token={token}&card={card.replace(' ', '')}",
        "headers": {"Authorization": f"Bearer {token}", "Cookie": f"sid={token}", "X-Note": jwt},
        "cookies": {"sid": token},
        "data": {"password": password, "card_number": card},
        "query_string": f"token={token}",
    }
    event["breadcrumbs"] = [
        {"message": f'POST /login {{"password": "{password}"}}', "data": {"url": f"/x?api_key={token}"}}
    ]
    event["exception"]["values"][0]["value"] = f"401 for token={token} and {jwt} of {card}"
    return event


@pytest.mark.django_db(transaction=True)
def test_no_planted_secret_rests_anywhere(project: Project, valkey: Any) -> None:
    Channel.objects.create(project=project, name="team", config={})
    deliver(project, event_with_secrets())
    work(valkey)
    rows = [
        json.dumps(list(model.objects.values()), default=str)
        for model in (Issue, Notification, *Project._meta.apps.get_app_config("monitor").get_models())
    ]
    payload = repr(load_payload(Event.objects.get()))
    for secret in [*SECRETS, SECRETS[2].replace(" ", "")]:
        assert secret not in payload
        assert not [row for row in rows if secret in row]


@pytest.mark.django_db(transaction=True)
def test_resolving_an_old_copy_of_an_issue_keeps_the_workers_counts(project: Project, valkey: Any) -> None:
    deliver(project, error_event())
    work(valkey)
    old = Issue.objects.get(project=project)
    deliver(project, error_event())
    work(valkey)
    old.resolve(None)
    issue = Issue.objects.get(project=project)
    assert (issue.status, issue.event_count) == ("resolved", 2)
