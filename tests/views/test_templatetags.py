"""Filters and tags: times, numbers, small drawings."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from monitor.templatetags.farside import exactly, initials, line, milliseconds, number, person, span, spark, when


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "now"), (45, "45 s"), (360, "6 min"), (7300, "2 h"), (86400 * 3, "3 d"), (86400 * 400, "1 y")],
)
def test_span(seconds: float, text: str) -> None:
    assert span(seconds) == text


def test_when_tells_both_times() -> None:
    at = timezone.now() - timedelta(minutes=6, seconds=2)
    assert ">6 min ago</time>" in when(at)
    assert f'title="{exactly(at)}"' in when(at)


def test_when_looks_ahead_and_bears_nothing() -> None:
    assert ">in 1 min</time>" in when(timezone.now() + timedelta(seconds=90))
    assert when(None) == "–"


@pytest.mark.parametrize(("value", "text"), [(3182, "3,182"), (1234.56, "1,234.6"), (None, "–")])
def test_number(value: float | None, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(("value", "text"), [(87.4, "87 ms"), (1240, "1.24 s"), (None, "–")])
def test_milliseconds(value: float | None, text: str) -> None:
    assert milliseconds(value) == text


def test_people_have_names_or_e_mails() -> None:
    assert (person(User(username="a@b.c")), person(None)) == ("a@b.c", "Farside")
    assert initials(User(username="ann.kaya@example.com")) == "AK"
    assert initials(User(username="x", first_name="Max", last_name="Stein")) == "MS"


def test_a_spark_draws_a_bar_a_count_and_none_for_zero() -> None:
    drawn = spark([0, 5, 10], hot_from=2)
    assert [(bar["x"], bar["height"], bar["hot"]) for bar in drawn["bars"]] == [(5, 13.0, False), (10, 26.0, True)]


def test_a_line_needs_two_samples() -> None:
    assert line([(1.0, 2.0), (2.0, None)], 1.5)["path"] == ""
    assert line([(0.0, 0.0), (10.0, 5.0)], 5.0) == {"path": "M0.0 28.0 L110.0 2.0", "mark": 55.0}
