"""The page of inbound filters: chosen, checked, kept, applied."""

from typing import Any

import pytest
from django.test import Client

from monitor.models import Event, Outcome, Project
from monitor.pipeline.process import process
from tests.sending import batch, error_event
from tests.views.reading import read, said, text_of

PAGE = "/acme/web/settings/filters/"


def test_what_is_chosen_is_kept_and_shown(admin: Client, project: Project) -> None:
    assert "Saved." in said(admin, PAGE, crawlers="on", releases=" shop@0.* \r\n\r\n*-dev\r\n*-dev")
    project.refresh_from_db()
    assert project.filters["releases"] == ["shop@0.*", "*-dev"]
    assert [name for name, value in project.filters.items() if value is True] == ["crawlers"]
    body = admin.get(PAGE).content.decode()
    assert "shop@0.*\n*-dev</textarea>" in body
    assert body.count(" checked") == 1


def test_what_is_chosen_applies_to_the_next_event(admin: Client, project: Project) -> None:
    said(admin, PAGE, messages="*price is undefined*")
    process(batch(project, error_event()))
    assert Event.objects.count() == 0
    assert Outcome.objects.get(outcome="filtered").reason == "message"


def test_everything_is_switched_off_again(admin: Client, project: Project) -> None:
    said(admin, PAGE, localhost="on", urls="*x*")
    said(admin, PAGE)
    project.refresh_from_db()
    assert not any(project.filters.values())


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"messages": "*\nfine"}, "“*” would match everything"),
        ({"urls": "*://*"}, "“*://*” would match everything"),
        ({"releases": "r" * 201}, "has 201 characters; 200 are the most"),
        ({"urls": "\n".join(f"*{n}*" for n in range(51))}, "51 patterns; 50 are the most"),
        ({"messages": "a\x00b"}, "Null characters are not allowed"),
    ],
)
def test_a_bad_pattern_is_refused_with_its_reason(admin: Client, project: Project, form: Any, error: str) -> None:
    answer = admin.post(PAGE, {"crawlers": "on", **form})
    assert answer.status_code == 422
    assert error in text_of(answer)
    project.refresh_from_db()
    assert project.filters == {}


def test_what_was_refused_stands_in_the_form_to_mend(admin: Client, project: Project) -> None:
    answer = admin.post(PAGE, {"messages": "*\n*mend <me>*", "crawlers": "on"})
    assert "*\n*mend &lt;me&gt;*</textarea>" in answer.content.decode()


def test_members_do_not_see_it(member: Client, project: Project) -> None:
    assert member.get(PAGE).status_code == 403


def test_the_settings_lead_there(admin: Client, project: Project) -> None:
    assert PAGE in admin.get("/acme/web/settings/").content.decode()
    assert "all are off until you choose" in read(admin, PAGE)
