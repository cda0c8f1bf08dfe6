"""What became of everything that was sent: the page and its chart."""

from datetime import datetime, timedelta

from django.test import Client
from django.utils import timezone

from monitor.models import Outcome, Project
from monitor.views.reasons import KINDS
from tests.views.reading import read

PAGE = "/acme/web/received/"


def count(
    project: Project, outcome: str, items: int, reason: str = "", hours_ago: int = 0, of: str = "event"
) -> datetime:
    """Count items; returns the hour."""
    hour = timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=hours_ago)
    key = {"category": of, "outcome": outcome, "reason": reason}
    return Outcome.objects.create(project=project, hour=hour, items=items, **key).hour


def test_what_was_accepted_and_what_became_of_it(viewer: Client, project: Project) -> None:
    count(project, "stored", 1200)
    count(project, "dead", 4, "ValueError")
    assert "1,204 accepted: answered with 200 1,200 stored 4 dead letter" in read(viewer, PAGE)


def test_reasons_are_told_in_words(viewer: Client, project: Project) -> None:
    count(project, "limited", 7, "key_rate")
    count(project, "client_discard", 3, "network_error", of="error")
    text = read(viewer, PAGE)
    assert "Limited key_rate 7 The rate limit of its DSN key was used up" in text
    assert "Discarded by the client network_error 3 The request failed on its way" in text


def test_words_of_a_newer_door_stand_as_they_are(viewer: Client, project: Project) -> None:
    count(project, "set_aside", 7, "full_moon")
    assert "Set aside full_moon" in read(viewer, PAGE)


def test_limits_are_linked_for_who_may_change_them(viewer: Client, admin: Client, project: Project) -> None:
    count(project, "limited", 7, "key_rate")
    link = b'<a class="accent" href="/acme/web/settings/limits/">'
    assert link in admin.get(PAGE).content
    assert link not in viewer.get(PAGE).content


def test_the_range_is_chosen(viewer: Client, project: Project) -> None:
    count(project, "stored", 77, hours_ago=30)
    assert "77" not in read(viewer, PAGE)
    assert "77 stored" in read(viewer, PAGE, range="7d")
    assert "77" not in read(viewer, PAGE, range="ever")


def test_the_chart_stacks_the_outcomes_by_hour(viewer: Client, project: Project) -> None:
    hour = count(project, "stored", 5)
    count(project, "stored", 3, hours_ago=2)
    count(project, "limited", 2, "key_rate")
    count(project, "limited", 1, "project_rate")
    chart = viewer.get(f"{PAGE}chart/").json()
    assert (chart["kind"], chart["x"][-1]) == ("stack", hour.timestamp())
    lines = {line["label"]: line["values"] for line in chart["lines"]}
    assert list(lines) == ["Limited", "Stored"], "the first stands on top"
    assert (lines["Limited"][-1], lines["Stored"][-3:]) == (3, [3, 0, 5])
    assert len(chart["x"]) == len(lines["Stored"]) == 24


def test_a_retried_letter_is_drawn_as_what_became_of_it(viewer: Client, project: Project) -> None:
    for outcome, items in {"dead": 3, "retried": 2, "stored": 2}.items():
        count(project, outcome, items)
    lines = {line["label"]: line["values"][-1] for line in viewer.get(f"{PAGE}chart/").json()["lines"]}
    assert lines == {"Dead letter": 1, "Stored": 2}
    assert "3 accepted: answered with 200 2 stored 1 dead letter" in read(viewer, PAGE)


def test_longer_ranges_have_wider_steps(viewer: Client, project: Project) -> None:
    count(project, "stored", 5)
    chart = viewer.get(f"{PAGE}chart/", {"range": "30d"}).json()
    assert (len(chart["x"]), chart["x"][1] - chart["x"][0]) == (30, 86_400)
    assert chart["lines"][0]["values"][-1] == 5


def test_every_drawn_outcome_has_a_colour_of_its_own() -> None:
    colours = [kind.colour for kind in KINDS.values() if kind.colour]
    assert len(set(colours)) == len(colours) >= 8
