"""The benchmarks' own parts: the load is what it claims to be, and figures are computed right."""

import json
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from typing import Any

import psutil
import pytest
import sourcemap

from bench.build import read_build, write_build
from bench.events import ISSUES, SENT_AT, Release, envelopes, sent_at
from bench.growth import figures_of
from bench.measure import members, parse_unit_s, percentile
from bench.report import Figure, write_json
from bench.send import Client, read_load, status_of, write_load
from bench.target import Load, Pass
from edge.sourcemaps.build import find_scripts
from edge.sourcemaps.inject import inject


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Release, Path]]:
    """Two editions of the build, injected as an upload does it."""
    made = []
    for edition in range(2):
        folder = tmp_path_factory.mktemp("build") / "dist"
        write_build(folder, edition)
        for script in find_scripts(folder):
            inject(script)
        made.append((Release(f"shop@1.{edition}", read_build(folder, "https://shop.example")), folder))
    return made


@pytest.fixture(scope="module")
def sent(releases: list[tuple[Release, Path]]) -> list[bytes]:
    return [body for _, body in envelopes([release for release, _ in releases], 1, 400)]


def _events(bodies: list[bytes]) -> list[dict[str, Any]]:
    return [json.loads(body.split(b"\n", 2)[2]) for body in bodies]


def _origins(release: Release, folder: Path, script: int) -> list[tuple[str, int, str]]:
    name = ("vendor", "index")[script]
    index = sourcemap.loads((folder / "assets" / f"{name}.js.map").read_text())
    found = [index.lookup(point.line - 1, point.column - 1) for point in release.scripts[script].points[::997]]
    return [(token.src, token.src_line, token.name) for token in found]


def test_every_edition_leads_to_the_same_places_in_the_source(releases: list[tuple[Release, Path]]) -> None:
    (first, first_folder), (second, second_folder) = releases
    assert _origins(first, first_folder, 1) == _origins(second, second_folder, 1)
    assert first.scripts[1].points != second.scripts[1].points
    assert _origins(first, first_folder, 0)[0][0].startswith("../../node_modules/")


def test_source_maps_are_of_a_realistic_size(releases: list[tuple[Release, Path]]) -> None:
    sizes = [path.stat().st_size for path in (releases[0][1] / "assets").glob("*.map")]
    assert min(sizes) > 1_000_000


def test_events_are_unique_and_of_the_promised_size(sent: list[bytes]) -> None:
    events = _events(sent)
    assert len({event["event_id"] for event in events}) == len(events)
    assert 11_000 < median(map(len, sent)) < 14_000
    assert all(20 <= len(event["breadcrumbs"]) <= 60 for event in events)
    assert all(20 <= len(event["exception"]["values"][0]["stacktrace"]["frames"]) <= 50 for event in events)


def test_events_come_from_many_browsers_users_and_errors(sent: list[bytes]) -> None:
    events = _events(sent)
    assert len({event["request"]["headers"]["User-Agent"] for event in events}) > 10
    assert len({event["user"]["id"] for event in events}) > 300
    routes = Counter(event["transaction"] for event in events)
    assert ISSUES / 2 < len(routes) <= ISSUES


def test_two_runs_send_the_same_but_never_the_same_ids(releases: list[tuple[Release, Path]]) -> None:
    (first,), (second,) = ([body for _, body in envelopes([releases[0][0]], 7, 1)] for _ in range(2))
    one, other = _events([first, second])
    assert one["breadcrumbs"][0]["category"] == other["breadcrumbs"][0]["category"]
    assert one["event_id"] != other["event_id"]


def test_the_client_can_write_when_it_sends(sent: list[bytes]) -> None:
    body = sent[0][: SENT_AT.start] + sent_at(0.5) + sent[0][SENT_AT.stop :]
    assert json.loads(body.split(b"\n")[0])["sent_at"] == "1970-01-01T00:00:00.500Z"


def test_a_load_gives_each_event_once(tmp_path: Path) -> None:
    load = Load(tmp_path / "load", ((b"agent", b"h\nt\n%d" % number) for number in range(5)))
    content = load.path.read_bytes()
    taken = [list(read_load(content, *load.take(many))) for many in (2, 3)]
    assert [[body[-1:] for _, body in part] for part in taken] == [[b"0", b"1"], [b"2", b"3", b"4"]]
    with pytest.raises(ValueError, match="5 are taken, 1 wanted"):
        load.take(1)


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Le", None),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{", None),
        (b"HTTP/1.1 429 Too Many\r\ncontent-length: 2\r\n\r\n{}", 429),
    ],
)
def test_an_answer_counts_once_it_is_complete(answer: bytes, status: int | None) -> None:
    assert status_of(answer) == status


class _Door(BaseHTTPRequestHandler):
    """Takes bodies that end in an even number, closes the connection after the others."""

    protocol_version = "HTTP/1.1"
    taken: list[bytes] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.taken.append(body)
        is_even = body[-1] % 2 == 0
        self.send_response(200 if is_even else 429)
        self.send_header("Content-Length", "0")
        self.send_header("Connection", "keep-alive" if is_even else "close")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def door() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Door) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield int(server.server_address[1])
        server.shutdown()


def test_the_client_sends_all_and_counts_the_answers(door: int, tmp_path: Path) -> None:
    places = write_load(tmp_path / "load", ((b"agent", b"%0120d" % number) for number in range(20)))
    client = Client(door, "/", 3)
    client.run(read_load((tmp_path / "load").read_bytes(), 0, places[-1]))
    client.close()
    assert client.statuses == {200: 10, 429: 10}
    assert len(client.latencies) == len(set(_Door.taken)) == 20


def test_percentiles_are_values_that_occurred() -> None:
    assert [percentile(range(1, 101), percent) for percent in (50, 99, 100)] == [50, 99, 100]
    assert percentile([7.0], 99) == 7.0


def test_a_process_belongs_to_the_nearest_role() -> None:
    own = psutil.Process()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        found = members({"up": own, "web": psutil.Process(child.pid)})
        assert [process.pid for process in found["web"]] == [child.pid]
        assert own in found["up"] and child.pid not in {process.pid for process in found["up"]}
        child.communicate()


def test_the_cost_of_an_event_is_told_in_units() -> None:
    done = Pass(100, 90, 2.0, 5.0, [0.1], 0.0, {"web": 0.1, "worker": 0.3}, 0.0001)
    assert (done.rate(), done.cpu_ms("web")) == (45.0, 1.0)
    assert (done.units("web"), done.units()) == pytest.approx((10, 40))


def test_the_unit_grows_with_the_event() -> None:
    small, large = (parse_unit_s([b'{}\n{}\n{"a":[' + b"1," * many + b"1]}"] * 20) for many in (10, 10_000))
    assert 0 < small < large


def test_figures_say_whether_their_target_is_reached(tmp_path: Path) -> None:
    figures = [
        Figure("a", 41, "units", "most", 40),
        Figure("b", 0.9, "", "least", 0.8, least=True),
        Figure("c", 1, "", ""),
    ]
    assert [figure.is_reached() for figure in figures] == [False, True, None]
    assert "MISSED" in figures[0].line() and "reached" in figures[1].line()
    write_json(tmp_path / "out.json", "ingest", figures)
    assert json.loads((tmp_path / "out.json").read_text()) == {"ingest.a": 41, "ingest.b": 0.9, "ingest.c": 1}


def test_growth_is_told_as_a_ratio_to_the_first_size() -> None:
    costs = [(1000, 20.0, 8.0), (10_000, 30.0, 8.0), (1000, 40.0, 8.0), (10_000, 56.0, 8.0), (1000, 9.0, 8.0)]
    costs.append((10_000, 18.0, 8.0))  # a machine that hesitated moves no median
    measured = [dict(zip(("size", "ingest", "issue_list"), cost, strict=True)) for cost in costs]
    found = {figure.name: figure for figure in figures_of(measured)}
    assert found["ingest_ratio_10000"].value == 1.5 and found["ingest_ratio_10000"].is_reached() is False
    assert found["issue_list_ratio_10000"].is_reached() is True
