"""Delivery of notifications, against a receiver that misbehaves as Slack does."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from monitor.models import Channel, Issue, Notification, Organisation, Project
from monitor.pipeline import notify as step
from monitor.pipeline.announce import message_of
from monitor.pipeline.notify import MOST_ATTEMPTS, build, due, notify, queue_test
from monitor.pipeline.payload import ExceptionValue, Frame, Payload
from tests import fake_slack

pytestmark = pytest.mark.django_db
NOW = timezone.now()
LIBRARY = Frame(filename="node_modules/react.js", function="commit", in_app=False, lineno=3)
OWN = Frame(filename="src/cart.js", function="total", lineno=12, context_line="  sum(items)")
EVENT = Payload(
    event_id="a" * 32,
    day=date(2026, 3, 1),
    occurred_at=NOW,
    received_at=NOW,
    release="1.3.0",
    environment="production",
    exceptions=(ExceptionValue(type="TypeError", value="x", frames=(OWN, LIBRARY)),),
    user={"email": "someone@example.com"},
    extra={"note": "not for Slack"},
)


@pytest.fixture
def slack(settings: Any) -> Iterator[fake_slack.FakeSlack]:
    settings.FARSIDE_ALLOW_PRIVATE_TARGETS = True
    with fake_slack.running() as server:
        yield server


@pytest.fixture
def channel(slack: fake_slack.FakeSlack) -> Channel:
    organisation = Organisation.objects.create(name="Acme", slug="acme")
    project = Project.objects.create(organisation=organisation, name="Shop", slug="shop")
    return Channel.objects.create(project=project, name="#errors", config={"webhook_url": slack.url})


def make_issue(channel: Channel, number: int = 7, **fields: Any) -> Issue:
    seen = {"first_seen": NOW, "last_seen": NOW, "event_count": 1, "user_count": 1, **fields}
    return Issue.objects.create(project=channel.project, number=number, type="TypeError", value="x", **seen)


def queue(channel: Channel, issue: Issue, kind: str = "new") -> Notification:
    notification = build(channel.project, channel, issue, EVENT, kind)
    notification.save()
    return notification


def attempt(notification: Notification) -> str:
    return notify(notification.project_id, notification.id)


def reread(notification: Notification) -> Notification:
    return Notification.objects.get(project_id=notification.project_id, id=notification.id)


def let_time_pass(notification: Notification) -> None:
    rows = Notification.objects.filter(project_id=notification.project_id, id=notification.id)
    rows.update(next_attempt_at=timezone.now() - timedelta(seconds=1))


def test_a_new_issue_is_told_once(channel: Channel, slack: fake_slack.FakeSlack) -> None:
    notification = queue(channel, make_issue(channel))
    assert due() == [(channel.project_id, notification.id)]
    assert (attempt(notification), attempt(notification)) == ("sent", "not due")
    assert slack.texts() == ["New issue in Shop: TypeError: x"]
    row = reread(notification)
    assert (row.state, row.attempts, row.attempts_log[0]["outcome"], due()) == ("sent", 1, "sent", [])
    assert row.sent_at is not None


def test_the_message_names_the_first_own_frame_and_nothing_private(channel: Channel) -> None:
    content = build(channel.project, channel, make_issue(channel), EVENT, "new").content
    assert content["place"] == {"filename": "src/cart.js", "lineno": 12, "function": "total", "code": "  sum(items)"}
    assert content["link"].endswith("/acme/shop/issues/7/")
    assert "someone@example.com" not in str(content) and "not for Slack" not in str(content)


def test_counts_are_those_at_sending(channel: Channel) -> None:
    issue = make_issue(channel)
    notification = queue(channel, issue)
    Issue.objects.filter(project_id=issue.project_id, id=issue.id).update(event_count=40, user_count=9)
    message = message_of(reread(notification))
    assert (message.events, message.users) == (40, 9)


@pytest.mark.parametrize(
    ("how", "says"),
    [("now", "when the newest was 1.2.0"), ("release", "in 1.2.0"), ("next", "in the release after 1.2.0")],
)
def test_a_regression_says_what_was_resolved_and_by_whom(how: str, says: str, channel: Channel) -> None:
    issue = make_issue(channel, resolution=how, resolved_release="1.2.0", status="regressed")
    issue.record("resolved", User.objects.create(username="ann", first_name="Ann"))
    why = message_of(reread(queue(channel, issue, "regressed"))).why
    assert why == f"Seen again in release 1.3.0 after it was resolved {says}. Ann had resolved it."


def test_one_fact_has_one_key(channel: Channel) -> None:
    issue = make_issue(channel)
    keys = [build(channel.project, channel, issue, EVENT, kind).dedupe_key for kind in ("new", "regressed")]
    assert keys == [f"new:{issue.id}", f"regressed:{issue.id}:1.3.0"]


@pytest.mark.parametrize("behaviour", ["broken", "close", "limited"])
def test_trouble_is_tried_again_later(behaviour: str, channel: Channel, slack: fake_slack.FakeSlack) -> None:
    slack.script = [behaviour, "ok"]
    notification = queue(channel, make_issue(channel))
    assert attempt(notification) == "pending"
    row = reread(notification)
    assert row.next_attempt_at and row.next_attempt_at > timezone.now() + timedelta(seconds=20)
    assert (row.attempts_log[0]["outcome"], due()) == ("unavailable", [])
    let_time_pass(notification)
    assert (attempt(notification), len(slack.messages)) == ("sent", 1)


def test_retry_after_is_honoured(channel: Channel, slack: fake_slack.FakeSlack) -> None:
    slack.script = ["limited"]
    notification = queue(channel, make_issue(channel))
    attempt(notification)
    assert due(timezone.now() + timedelta(seconds=110)) == []
    assert due(timezone.now() + timedelta(seconds=121)) == [(channel.project_id, notification.id)]


@pytest.mark.parametrize("behaviour", ["gone", "forbidden", "archived", "invalid", "redirect"])
def test_a_refusal_fails_at_once_with_its_reason(behaviour: str, channel: Channel, slack: fake_slack.FakeSlack) -> None:
    slack.script = [behaviour]
    notification = queue(channel, make_issue(channel))
    assert attempt(notification) == "failed"
    entry = reread(notification).attempts_log[0]
    assert entry["outcome"] == "refused" and entry["detail"]
    assert due(timezone.now() + timedelta(days=9)) == []


def test_a_private_target_is_refused(channel: Channel, slack: fake_slack.FakeSlack, settings: Any) -> None:
    settings.FARSIDE_ALLOW_PRIVATE_TARGETS = False
    notification = queue(channel, make_issue(channel))
    assert (attempt(notification), slack.hosts) == ("failed", [])


def test_a_receiver_that_hangs_is_tried_again(
    channel: Channel, slack: fake_slack.FakeSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.channels.outgoing.TIMEOUT_S", 0.3)
    slack.script = ["hang"]
    notification = queue(channel, make_issue(channel))
    assert attempt(notification) == "pending"
    assert "did not answer" in reread(notification).attempts_log[0]["detail"]


def test_it_gives_up_after_twelve_attempts(channel: Channel, slack: fake_slack.FakeSlack) -> None:
    slack.script = ["broken"]
    notification = queue(channel, make_issue(channel))
    states = []
    for _ in range(MOST_ATTEMPTS):
        let_time_pass(notification)
        states.append(attempt(notification))
    assert states == ["pending"] * (MOST_ATTEMPTS - 1) + ["failed"]
    log = reread(notification).attempts_log
    assert len(log) == MOST_ATTEMPTS and "given up" in log[-1]["detail"]


def test_twelve_attempts_span_about_a_day() -> None:
    hours = sum(step._delay_s(attempts, None) for attempts in range(1, MOST_ATTEMPTS)) / 3600
    assert 15 < hours < 30


def test_an_older_message_of_the_issue_goes_first(channel: Channel, slack: fake_slack.FakeSlack) -> None:
    slack.script = ["broken", "ok"]
    issue = make_issue(channel)
    first, second, other = (
        queue(channel, issue),
        queue(channel, issue, "regressed"),
        queue(channel, make_issue(channel, 8)),
    )
    assert [attempt(first), attempt(second), attempt(other)] == ["pending", "not due", "sent"]
    let_time_pass(first)
    assert due() == [(channel.project_id, first.id)]
    assert [attempt(first), attempt(second)] == ["sent", "sent"]
    assert [text.split(" in")[0] for text in slack.texts()] == ["New issue", "New issue", "Issue came back"]


def test_a_claim_keeps_other_workers_out_until_its_lease_ends(channel: Channel) -> None:
    notification = queue(channel, make_issue(channel))
    assert step._claim(channel.project_id, notification.id) is not None
    assert (step._claim(channel.project_id, notification.id), due()) == (None, [])
    assert due(timezone.now() + step.LEASE) == [(channel.project_id, notification.id)]


def test_a_dead_workers_attempt_is_made_again_and_shown(channel: Channel, slack: fake_slack.FakeSlack) -> None:
    notification = queue(channel, make_issue(channel))
    step._claim(channel.project_id, notification.id)
    let_time_pass(notification)
    assert attempt(notification) == "sent"
    assert [entry["outcome"] for entry in reread(notification).attempts_log] == ["interrupted", "sent"]


def test_a_worker_whose_lease_ran_out_changes_nothing(channel: Channel) -> None:
    notification = queue(channel, make_issue(channel))
    slow = step._claim(channel.project_id, notification.id)
    let_time_pass(notification)
    assert slow and attempt(notification) == "sent"
    step._record(slow, "failed", "unavailable", "too late", next_attempt_at=None)
    assert reread(notification).state == "sent"


def test_a_switched_off_channel_is_told_nothing_but_tests(channel: Channel, slack: fake_slack.FakeSlack) -> None:
    notification = queue(channel, make_issue(channel))
    Channel.objects.update(is_active=False)
    assert (attempt(notification), attempt(queue_test(channel))) == ("failed", "sent")
    assert slack.texts() == ["Test message from Farside for Shop: The channel “#errors” works"]


def test_every_test_message_is_one_of_its_own(channel: Channel, slack: fake_slack.FakeSlack) -> None:
    assert [attempt(queue_test(channel)), attempt(queue_test(channel))] == ["sent", "sent"]
    assert len(slack.messages) == 2


@pytest.mark.django_db(transaction=True)
def test_eight_workers_at_once_send_one_message(channel: Channel, slack: fake_slack.FakeSlack) -> None:
    notification = queue(channel, make_issue(channel))

    def work(_: int) -> str:
        try:
            return attempt(notification)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as workers:
        states = sorted(workers.map(work, range(8)))
    assert states == ["not due"] * 7 + ["sent"]
    assert len(slack.messages) == 1
