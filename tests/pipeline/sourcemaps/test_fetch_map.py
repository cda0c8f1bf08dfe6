"""Public maps are fetched where that is switched on: from public addresses, bounded, once."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from monitor.broker import client
from monitor.channels.errors import ChannelError, Refused
from monitor.models import Artifact, Project
from monitor.pipeline.sourcemaps import fetch_map
from monitor.pipeline.sourcemaps.fetch_map import NotFetched, fetch_wanted, want
from monitor.pipeline.sourcemaps.find_map import Build
from tests.builds import SHOP, minify
from tests.pipeline.test_symbolicate import frame, resolved

Answers = dict[str, tuple[int, dict[str, str], bytes]]
SCRIPT, MAP = minify(SHOP)


class Site:
    """A web server with the files of a build; `asked` are the paths it was asked for."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.asked: list[str] = []
        named = SCRIPT + b"//# sourceMappingURL=app.js.map?v=1\n"
        self.answers: Answers = {"/app.js": (200, {}, named), "/app.js.map?v=1": (200, {}, MAP)}


@pytest.fixture
def site() -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.asked.append(self.path)
            status, headers, content = told.answers.get(self.path, (404, {}, b""))
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told = Site(http.server_port)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield told
    http.shutdown()
    http.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def _switched_on(settings: Any, tmp_path: Path, valkey: Any) -> None:
    settings.FARSIDE_DATA, settings.MEDIA_ROOT = tmp_path, tmp_path / "blobs"
    settings.FARSIDE_FETCH_MAPS = settings.FARSIDE_ALLOW_PRIVATE_TARGETS = True


def test_an_event_without_map_has_it_fetched(project: Project, site: Site) -> None:
    event = frame(url=f"{site.url}/app.js?v=2", colno=SCRIPT.index(b"address") + 1)
    assert resolved(project, event).raw is None
    assert fetch_wanted() == 1
    assert resolved(project, event).filename == "src/shop.js"
    assert sorted(row.url for row in Artifact.objects.all()) == [f"{site.url}/app.js", f"{site.url}/app.js.map"]
    assert site.asked == ["/app.js", "/app.js.map?v=1"]


def test_it_is_off_by_default(project: Project, site: Site, settings: Any) -> None:
    settings.FARSIDE_FETCH_MAPS = False
    resolved(project, frame(url=f"{site.url}/app.js"))
    settings.FARSIDE_FETCH_MAPS = True
    assert (fetch_wanted(), site.asked) == (0, [])


def test_a_url_is_tried_once_in_a_while(project: Project, site: Site) -> None:
    site.answers = {}
    for _ in range(3):
        resolved(project, frame(url=f"{site.url}/gone.js"))
        assert fetch_wanted() == 0
    assert site.asked == ["/gone.js"]


def test_private_addresses_are_never_asked(project: Project, site: Site, settings: Any) -> None:
    settings.FARSIDE_ALLOW_PRIVATE_TARGETS = False
    resolved(project, frame(url=f"{site.url}/app.js"))
    assert (fetch_wanted(), site.asked) == (0, [])


def test_a_map_at_a_private_address_is_not_asked_either(site: Site, settings: Any, monkeypatch: Any) -> None:
    site.answers["/app.js"] = (200, {"SourceMap": "http://10.0.0.1/inside"}, SCRIPT)
    script = fetch_map.get_file(f"{site.url}/app.js", 10_000)
    settings.FARSIDE_ALLOW_PRIVATE_TARGETS = False
    with pytest.raises(Refused, match="no public address"):
        fetch_map._map_of(f"{site.url}/app.js", script.headers["sourcemap"])


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ((302, {"Location": "http://10.0.0.1/"}, b""), "redirect"),
        ((404, {}, b"no"), "404"),
        ((500, {}, b"no"), "500"),
        ((200, {"Content-Encoding": "gzip"}, b"x"), "not asked for"),
        ((200, {}, b"x" * 2000), "larger than 1,000 bytes"),
        ((200, {}, b"<html>"), "names none"),
        ((200, {"SourceMap": "http://[bad"}, b"x"), "no URL"),
        ((200, {"SourceMap": "file:///etc/passwd"}, b"x"), "must begin with https"),
        ((200, {"SourceMap": "page"}, b"x"), "no source map"),
    ],
)
def test_what_is_not_taken(site: Site, monkeypatch: pytest.MonkeyPatch, answer: Any, why: str) -> None:
    monkeypatch.setattr(fetch_map, "MOST_SCRIPT_BYTES", 1000)
    site.answers = {"/app.js": answer, "/page": (200, {}, b"<html>")}
    with pytest.raises((NotFetched, ChannelError), match=why):
        fetch_map.fetch_map(f"{site.url}/app.js")


def test_a_project_wants_so_many_an_hour(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch_map, "MOST_AN_HOUR", 3)
    for number in range(9):
        want(Build(project.pk, "1.0", "", {}), f"https://shop.example/{number}.js")
    assert client().llen(fetch_map._WANTED) == 3


@pytest.mark.parametrize("url", ["http://[bad", "app:///x.js", "ftp://shop.example/a.js"])
def test_what_cannot_be_fetched_is_not_wanted(project: Project, url: str) -> None:
    want(Build(project.pk, "1.0", "", {}), url)
    want(Build(project.pk, "", "", {}), "https://shop.example/a.js")
    assert fetch_wanted() == 0


def test_a_broker_that_is_away_fails_no_event(project: Project, unreachable_broker: None) -> None:
    assert "nothing was uploaded" in resolved(project).note
