"""The set-up page: snippets that work, and the wait for the first error."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from monitor.models import Issue, Project
from tests.views.reading import read

PAGE = "/acme/web/setup/"


def test_every_snippet_names_the_dsn(viewer: Client, project: Project) -> None:
    snippets = re.findall(r"<code>(.*?)</code></pre>", viewer.get(PAGE).content.decode(), flags=re.S)
    assert sum(project.dsn() in snippet for snippet in snippets) == 5


def test_the_script_tag_loads_what_the_server_serves(viewer: Client, client: Client, project: Project) -> None:
    text = read(viewer, PAGE)
    file = re.search(r"/sdk/(farside-[\d.]+\.min\.js)", text)
    assert file
    assert client.get(file[0]).status_code == 200
    assert 'integrity="sha384-' in text


def test_a_project_without_active_key_says_so(viewer: Client, project: Project) -> None:
    project.keys.update(is_active=False)
    assert "Every key of this project is switched off" in read(viewer, PAGE)


def test_it_asks_again_until_the_first_error_came(viewer: Client, project: Project) -> None:
    answer = viewer.get(f"{PAGE}waiting/")
    assert b'hx-trigger="every 2s"' in answer.content


def test_the_first_error_ends_the_wait(viewer: Client, issue: Issue) -> None:
    answer = viewer.get(f"{PAGE}waiting/")
    assert b"hx-trigger" not in answer.content
    assert b'href="/acme/web/issues/1/"' in answer.content


MMDB = str(Path(__file__).parent.parent / "payloads" / "mmdb" / "asn.mmdb")


@pytest.mark.parametrize(
    ("files", "says"), [([], "names no file"), ([MMDB, "/nowhere.mmdb"], "is not there"), ([MMDB], "")]
)
def test_it_says_why_events_tell_no_place(
    viewer: Client, project: Project, settings: Any, files: list[str], says: str
) -> None:
    settings.FARSIDE_MMDB = files
    text = read(viewer, PAGE)
    assert says in text
    assert ("FARSIDE_MMDB" in text) == bool(says)
