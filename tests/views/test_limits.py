"""Limits of a project and its keys: shown with what is used, changed by admins."""

import time
from typing import Any

from django.test import Client

from monitor.broker import LIMIT
from monitor.models import Project
from tests.views.reading import read, said, text_of

PAGE = "/acme/web/settings/limits/"
FORM = {"rate_limit": "500", "rate_window_s": "60", "quota": "", "quota_period": "month"}


def count(valkey: Any, scope: str, begin: int, used: int) -> None:
    """As the doors count."""
    valkey.set(LIMIT.format(scope, begin), used)


def test_the_projects_limits_are_changed(admin: Client, project: Project, valkey: Any) -> None:
    form = {**FORM, "quota": "10000", "quota_period": "day", "keeps_addresses": "on"}
    assert "The doors know it within a minute" in said(admin, PAGE, **form)
    project.refresh_from_db()
    assert (project.rate_limit, project.rate_window_s) == (500, 60)
    assert (project.quota, project.quota_period, project.keeps_addresses) == (10_000, "day", True)


def test_an_empty_limit_is_none(admin: Client, project: Project, valkey: Any) -> None:
    Project.objects.update(rate_limit=5, quota=5)
    said(admin, PAGE, **{**FORM, "rate_limit": ""})
    project.refresh_from_db()
    assert (project.rate_limit, project.quota) == (None, None)


def test_a_keys_limit_is_changed(admin: Client, project: Project, valkey: Any) -> None:
    key = project.keys.get()
    said(admin, f"{PAGE}keys/{key.pk}/", rate_limit="7", rate_window_s="1")
    key.refresh_from_db()
    assert (key.rate_limit, key.rate_window_s) == (7, 1)


def test_what_makes_no_sense_is_refused(admin: Client, project: Project, valkey: Any) -> None:
    answer = admin.post(PAGE, {**FORM, "rate_window_s": "0"})
    assert (answer.status_code, "greater than or equal to 1" in text_of(answer)) == (422, True)
    key = project.keys.get()
    answer = admin.post(f"{PAGE}keys/{key.pk}/", {"rate_limit": "-1", "rate_window_s": "90000"})
    assert (answer.status_code, "less than or equal to 86400" in text_of(answer)) == (422, True)
    assert project.keys.get().rate_limit is None


def test_what_is_used_is_told(admin: Client, project: Project, valkey: Any) -> None:
    day, hour, key = 86_400, 3_600, project.keys.get()
    Project.objects.update(rate_limit=500, rate_window_s=hour, quota=9000, quota_period="day")
    project.keys.update(rate_limit=70, rate_window_s=day)
    now = int(time.time())
    count(valkey, f"p{project.pk}", now // hour * hour, 321)
    count(valkey, f"q{project.pk}", now // day * day, 4321)
    count(valkey, f"k{key.pk}", now // day * day, 55)
    text = read(admin, PAGE)
    assert "321 of 500 events in 3,600 s" in text
    assert "4,321 of 9,000 events" in text
    assert "55 of 70 events in 86,400 s" in text


def test_a_window_without_a_count_is_unused(admin: Client, project: Project, valkey: Any) -> None:
    Project.objects.update(quota=9000)
    assert "0 of 9,000 events" in read(admin, PAGE)


def test_without_broker_limits_can_be_changed_all_the_same(
    admin: Client, project: Project, unreachable_broker: None
) -> None:
    assert "what is used is unknown" in said(admin, PAGE, **FORM)
    project.refresh_from_db()
    assert project.rate_limit == 500
