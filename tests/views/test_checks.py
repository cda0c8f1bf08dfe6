"""Checks: state, results, and changing them."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from monitor.models import Check, Location, Project, Result
from monitor.pipeline.retain import ensure_partitions
from tests.views.reading import read, said, text_of

PAGE = "/acme/web/checks/"
FORM = {
    "name": "API", "url": "https://api.example/", "method": "GET", "interval_s": 60, "timeout_s": 10,
    "expect_status": "200-299, 304", "expect_body": "", "is_active": "on",
}  # fmt: skip


@pytest.fixture
def check(project: Project) -> Check:
    return Check.objects.create(project=project, name="Home", url="https://shop.example/")


def report(check: Check, location: str = "frankfurt", ok: bool = True, minutes_ago: float = 0.5, **fields: Any) -> None:
    at = timezone.now() - timedelta(minutes=minutes_ago)
    ensure_partitions("monitor_result", {at.date()})
    times = {"day": at.date(), "scheduled_at": at, "started_at": at, "received_at": at}
    outcome = {"is_ok": ok, "duration_ms": 87.0, "error_kind": "" if ok else "timeout"}
    Result.objects.create(project=check.project, check_id=check.pk, location=location, **times, **outcome, **fields)


def test_a_check_without_result(viewer: Client, check: Check) -> None:
    assert "No result yet" in read(viewer, PAGE)


@pytest.mark.parametrize(
    ("outcomes", "state"),
    [
        ({"a": True, "b": True}, "Holds"),
        ({"a": True, "b": False}, "Failing in 1"),
        ({"a": False, "b": False}, "Failing"),
    ],
)
def test_the_state_is_that_of_the_worst_location(
    outcomes: dict[str, bool], state: str, viewer: Client, check: Check
) -> None:
    for location, ok in outcomes.items():
        report(check, location, ok)
    assert f"every 60 s {state} a b" in read(viewer, PAGE)


def test_the_latest_result_counts(viewer: Client, check: Check) -> None:
    report(check, ok=False, minutes_ago=5)
    report(check, ok=True)
    assert "Holds" in read(viewer, PAGE)


def test_a_location_that_stopped_reporting_is_silent(viewer: Client, check: Check) -> None:
    report(check, minutes_ago=10)
    assert "Silent" in read(viewer, PAGE)


def test_failures_are_listed_with_their_reason(viewer: Client, check: Check) -> None:
    report(check, ok=False, minutes_ago=120, error_message="no answer began within 10 s")
    assert "timeout no answer began within 10 s" in read(viewer, f"{PAGE}{check.pk}/")


def test_the_latency_chart_has_a_line_a_location_and_the_failures(viewer: Client, check: Check) -> None:
    report(check, "frankfurt")
    report(check, "virginia", ok=False)
    chart = viewer.get(f"{PAGE}{check.pk}/latency/").json()
    lines = {line["label"]: [value for value in line["values"] if value] for line in chart["lines"]}
    assert lines == {"frankfurt": [87.0], "virginia": [], "failed probes": [1]}


def test_locations_are_told(viewer: Client, project: Project) -> None:
    Location.objects.create(project=project, name="frankfurt", version="0.1.0", last_seen_at=timezone.now())
    assert "frankfurt 0.1.0" in read(viewer, PAGE)


def test_an_admin_adds_a_check(admin: Client, project: Project) -> None:
    assert "The check “API” is saved." in said(admin, f"{PAGE}new/", **FORM)
    assert project.checks.get().expect_status == "200-299,304"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"url": "ftp://shop.example/"}, "Enter a valid URL|http:// or https://"),
        ({"url": "https://user:secret@shop.example/"}, "Leave user name and password out"),
        ({"expect_status": "fine"}, "Write codes and ranges"),
        ({"expect_status": "99"}, "Write codes and ranges"),
        ({"timeout_s": 60, "interval_s": 30}, "must not exceed the interval"),
        ({"interval_s": 1}, "greater than or equal to 10"),
        ({"name": "Home"}, "Another check of this project has this name"),
    ],
)
def test_a_wrong_check_is_refused_with_the_reason(
    change: dict[str, Any], told: str, admin: Client, check: Check
) -> None:
    text = text_of(admin.post(f"{PAGE}new/", {**FORM, **change}))
    assert any(part in text for part in told.split("|"))


def test_a_check_is_changed_and_removed(admin: Client, check: Check) -> None:
    assert "is saved" in said(admin, f"{PAGE}{check.pk}/edit/", **FORM)
    assert "is removed" in said(admin, f"{PAGE}{check.pk}/remove/")
    assert not Check.objects.exists()


def test_members_change_no_check(member: Client, check: Check) -> None:
    assert member.post(f"{PAGE}{check.pk}/remove/").status_code == 403
    assert member.post(f"{PAGE}new/", FORM).status_code == 403


def test_checks_of_others_are_not_found(admin: Client, project: Project, elsewhere: Project) -> None:
    other = Check.objects.create(project=elsewhere, name="Other", url="https://other.example/")
    assert admin.get(f"{PAGE}{other.pk}/").status_code == 404
