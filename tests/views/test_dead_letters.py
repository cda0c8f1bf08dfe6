"""The dead letters of a project: looked at, retried, dropped."""

import json
import uuid
from typing import Any

from django.test import Client
from django.utils import timezone

from monitor.broker import EVENTS_QUEUE
from monitor.models import DeadLetter, Project
from tests.views.reading import read, said

PAGE = "/acme/web/dead-letters/"
CHANGE = PAGE + "change/"


NONSENSE = '{"message": nonsense}'


def dead(
    project: Project, reason: str = "nested too deeply", item: bytes = b'{"message": "<b>caf\xc3\xa9</b>"}'
) -> int:
    """A dead letter; returns its id."""
    row = {"event_id": uuid.uuid4(), "received_at": timezone.now(), "reason": reason, "item": item}
    DeadLetter.objects.create(project=project, **row)
    return DeadLetter.objects.of(project.pk)[0].id


def test_the_latest_stands_first(viewer: Client, project: Project) -> None:
    dead(project, "the older")
    dead(project, "the newer")
    text = read(viewer, PAGE)
    assert text.index("the newer") < text.index("the older")


def test_long_lists_come_in_pages(viewer: Client, project: Project) -> None:
    for number in range(51):
        dead(project, f"reason number {number};")
    assert "reason number 0;" not in read(viewer, PAGE)
    assert "reason number 0;" in read(viewer, PAGE, page="2")


def test_a_letter_shows_its_event(viewer: Client, project: Project) -> None:
    text = read(viewer, f"{PAGE}{dead(project)}/")
    assert "nested too deeply" in text
    assert '"message": "<b>café</b>"' in text


def test_what_is_no_json_is_shown_as_it_came(viewer: Client, project: Project) -> None:
    assert '{"message": nonsense}' in read(viewer, f"{PAGE}{dead(project, item=json.dumps(NONSENSE).encode())}/")


def test_a_huge_event_is_cut(viewer: Client, project: Project) -> None:
    letter = dead(project, item=b'{"message": "%s"}' % (b"x" * 300_000))
    text = read(viewer, f"{PAGE}{letter}/")
    assert "characters are left out here" in text
    assert len(text) < 210_000


def test_a_viewer_only_looks(viewer: Client, project: Project) -> None:
    letter = dead(project)
    assert "Retry" not in read(viewer, PAGE)
    assert viewer.post(CHANGE, {"letter": letter, "change": "drop"}).status_code == 403
    assert DeadLetter.objects.exists()


def test_a_member_retries_one(member: Client, project: Project, valkey: Any) -> None:
    letter, other = dead(project), dead(project, "the other")
    assert "Queued again: 1 event." in said(member, CHANGE, letter=letter, change="retry")
    assert [one.id for one in DeadLetter.objects.all()] == [other]
    assert valkey.llen(EVENTS_QUEUE) == 1


def test_a_member_drops_all_shown(member: Client, project: Project, valkey: Any) -> None:
    letters = [dead(project), dead(project)]
    assert "Dropped for good: 2 events." in said(member, CHANGE, letter=letters, change="drop")
    assert not DeadLetter.objects.exists()


def test_nothing_is_lost_while_the_broker_is_away(member: Client, project: Project, unreachable_broker: None) -> None:
    letter = dead(project)
    assert "Nothing was retried: the broker (Valkey)" in said(member, CHANGE, letter=letter, change="retry")
    assert DeadLetter.objects.get().id == letter


def test_letters_of_others_are_left_alone(member: Client, project: Project, elsewhere: Project, valkey: Any) -> None:
    letter = dead(elsewhere)
    assert "Nothing was changed" in said(member, CHANGE, letter=letter, change="drop")
    assert "Nothing was changed" in said(member, CHANGE, letter="1; --", change="drop")
    assert DeadLetter.objects.exists()


def test_one_that_is_gone_is_told(member: Client, project: Project) -> None:
    answer = member.get(f"{PAGE}4711/")
    assert answer.status_code == 404
