"""Channels: the webhook stays secret, tests are queued, the log tells."""

import pytest
from django.test import Client

from monitor.models import Channel, Issue, Notification, Project
from monitor.views.alerts import masked
from tests.views.reading import read, said, text_of

PAGE = "/acme/web/channels/"
HOOK = "https://hooks.slack.com/services/T000/B000/very-secret-wxyz"
FORM = {"name": "#errors", "webhook_url": HOOK, "on_new": "on", "is_active": "on"}


@pytest.fixture
def channel(project: Project) -> Channel:
    return Channel.objects.create(project=project, name="#errors", config={"webhook_url": HOOK})


def test_an_admin_adds_a_channel(admin: Client, project: Project) -> None:
    text = said(admin, f"{PAGE}new/", **FORM)
    made = project.channels.get()
    assert made.config == {"webhook_url": HOOK}
    assert (made.on_new, made.on_regressed) == (True, False)
    assert "The channel “#errors” is saved." in text


def test_no_page_shows_the_webhook(admin: Client, channel: Channel) -> None:
    for page in (PAGE, f"{PAGE}{channel.pk}/"):
        body = admin.get(page).content.decode()
        assert "very-secret" not in body
        assert "https://hooks.slack.com/…wxyz" in body


@pytest.mark.parametrize(
    "url", ["http://hooks.slack.com/x", "hooks.slack.com/x", "javascript:alert(1)", "https://", ""]
)
def test_an_unsafe_webhook_is_refused(url: str, admin: Client, project: Project) -> None:
    answer = admin.post(f"{PAGE}new/", {**FORM, "webhook_url": url})
    assert "Webhook URL" in text_of(answer)
    assert not Channel.objects.exists()


def test_an_empty_webhook_keeps_the_stored_one(admin: Client, channel: Channel) -> None:
    said(admin, f"{PAGE}{channel.pk}/", **{**FORM, "webhook_url": "", "name": "#renamed"})
    channel.refresh_from_db()
    assert (channel.name, channel.config["webhook_url"]) == ("#renamed", HOOK)


def test_a_channel_is_removed(admin: Client, channel: Channel) -> None:
    assert "is removed" in said(admin, f"{PAGE}{channel.pk}/remove/")
    assert not Channel.objects.exists()


def test_a_test_message_is_stored_and_queued(admin: Client, channel: Channel, valkey: object) -> None:
    text = said(admin, f"{PAGE}{channel.pk}/test/")
    assert "is on its way" in text
    assert Notification.objects.get(channel=channel).kind == "test"
    assert valkey.llen("upkeep") == 1  # type: ignore[attr-defined]


def test_the_log_tells_every_attempt(viewer: Client, channel: Channel, issue: Issue) -> None:
    log = [{"at": "", "outcome": "unavailable", "detail": "hooks.slack.com answered 503"}]
    Notification.objects.create(
        project=channel.project, channel=channel, issue_id=issue.id, kind="new", dedupe_key="k",
        content={"title": "TypeError"}, attempts=1, attempts_log=log,
    )  # fmt: skip
    told = "Pending #errors new TypeError 1 attempt; unavailable: hooks.slack.com answered 503"
    assert told in read(viewer, f"{PAGE}log/")
    assert "#errors: new" in read(viewer, "/acme/web/issues/1/")


def test_members_change_no_channel(member: Client, channel: Channel) -> None:
    for action in ("", "remove/", "test/"):
        assert member.post(f"{PAGE}{channel.pk}/{action}", FORM).status_code == 403


def test_channels_of_others_are_not_found(admin: Client, project: Project, elsewhere: Project) -> None:
    other = Channel.objects.create(project=elsewhere, name="#other", config={"webhook_url": HOOK})
    assert admin.post(f"{PAGE}{other.pk}/test/").status_code == 404


@pytest.mark.parametrize(
    ("url", "shown"),
    [("https://user:pw@hooks.example/a/b/abcdef", "https://hooks.example/…cdef"), ("", "no address")],
)
def test_masked(url: str, shown: str) -> None:
    assert masked(url) == shown
