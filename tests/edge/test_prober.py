"""The prober: schedule, retry, assignments, and the whole way into the server."""

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from edge.check import Check, Outcome
from edge.prober.assignments import Assignments
from edge.prober.result import line, result
from edge.prober.run import Prober, execute
from edge.send import Away, Client

CHECKS = {"checks": [{"id": "12", "name": "shop", "kind": "http", "url": "http://shop.example/", "interval_s": 60}]}


def nothing(*_: Any) -> None:
    pass


def test_a_failure_is_tried_once_more_and_the_second_outcome_counts(server: Any) -> None:
    server.answers = [(500, {}, b""), (200, {}, b"")]
    outcome = execute(Check("x", server.url), threading.Event(), retry_after_s=0)
    assert (outcome.failure, outcome.attempts, len(server.requests)) == (None, 2, 2)


def test_a_success_is_not_repeated(server: Any) -> None:
    assert execute(Check("x", server.url), threading.Event(), retry_after_s=0).attempts == 1
    assert len(server.requests) == 1


def test_a_stopping_prober_does_not_wait_for_the_retry(closed_port: int) -> None:
    stop = threading.Event()
    stop.set()
    outcome = execute(Check("x", f"http://127.0.0.1:{closed_port}"), stop, retry_after_s=3600)
    assert outcome.attempts == 1


def test_each_check_is_due_once_in_its_interval() -> None:
    checks = [Check(f"c{number}", "http://a.example/", interval_s=10) for number in range(5)]
    prober = Prober("fra-1", lambda: checks, nothing)
    moments = [moment for now in range(1000, 1031) for _, moment in prober.due(now)]
    assert len(moments) == len(set(moments)) == 15
    assert all(1000 <= moment <= 1030 for moment in moments)


def test_moments_are_the_same_after_a_restart() -> None:
    check = Check("c", "http://a.example/", interval_s=10)
    runs = [Prober("fra-1", lambda: [check], nothing) for _ in range(2)]
    for prober in runs:
        prober.due(1000)
    assert runs[0].due(1011) == runs[1].due(1013) != []


def test_a_sleeping_machine_does_not_catch_up() -> None:
    check = Check("c", "http://a.example/", interval_s=10)
    prober = Prober("fra-1", lambda: [check], nothing)
    prober.due(1000)
    ((_, moment),) = prober.due(5000)
    assert 4990 < moment <= 5000


def test_a_clock_set_back_does_not_silence_a_check() -> None:
    check = Check("c", "http://a.example/", interval_s=10)
    prober = Prober("fra-1", lambda: [check], nothing)
    prober.due(9000)
    prober.due(1000)
    assert prober.due(1011) != []


def test_a_removed_check_stops() -> None:
    checks = [Check("c", "http://a.example/", interval_s=10)]
    prober = Prober("fra-1", lambda: checks, nothing)
    prober.due(1000)
    checks.clear()
    assert prober.due(1011) == []


def test_a_check_under_way_is_not_started_again(server: Any, caplog: pytest.LogCaptureFixture) -> None:
    release, stop, began = threading.Event(), threading.Event(), threading.Event()

    def route(_request: Any) -> tuple[int, dict[str, str], bytes]:
        began.set()
        release.wait(5)
        return 200, {}, b""

    server.route = route
    prober = Prober("fra-1", lambda: [Check("slow", server.url, interval_s=1)], nothing)
    runner = threading.Thread(target=prober.run, args=(stop,))
    runner.start()
    assert began.wait(5)
    while "left out" not in caplog.text and runner.is_alive():
        time.sleep(0.02)
    assert len(server.requests) == 1
    release.set()
    stop.set()
    runner.join()


def test_assignments_are_pulled_with_etag(server: Any, client: Client, tmp_path: Path) -> None:
    server.answers = [(200, {"ETag": '"v1"'}, json.dumps(CHECKS).encode()), (304, {}, b"")]
    assignments = Assignments(client, tmp_path / "assignments.json")
    assert assignments.pull() is True
    assert assignments.pull() is False
    assert server.requests[1].headers["If-None-Match"] == '"v1"'
    assert [check.id for check in assignments.checks()] == ["12"]


def test_assignments_outlive_the_server_and_a_restart(server: Any, client: Client, tmp_path: Path) -> None:
    server.answers = [(200, {}, json.dumps(CHECKS).encode()), (503, {}, b"")]
    first = Assignments(client, tmp_path / "assignments.json")
    first.pull()
    with pytest.raises(Away):
        first.pull()
    again = Assignments(client, tmp_path / "assignments.json")
    assert first.checks() == again.checks() != []


def test_an_unusable_assignment_is_told_and_the_others_run(
    server: Any, client: Client, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bad = [{"id": "13", "name": "n", "url": "http://a.example/", "kind": "dns"}, {"id": "14", "name": "m"}, 7]
    server.answers = [(200, {}, json.dumps({"checks": bad + CHECKS["checks"]}).encode())]
    assignments = Assignments(client, tmp_path / "assignments.json")
    assignments.pull()
    assert [check.id for check in assignments.checks()] == ["12"]
    assert "13 is left out: kind 'dns' is unknown" in caplog.text
    assert "14 is left out: has no url" in caplog.text


def test_a_result_on_the_wire(closed_port: int) -> None:
    check = Check("shop", f"http://127.0.0.1:{closed_port}/", id="12")
    entry = result(check, execute(check, threading.Event(), retry_after_s=0), scheduled_at=60.0)
    assert entry["check"] == {"id": "12", "name": "shop", "url": check.url}
    assert entry["scheduled_at"] == "1970-01-01T00:01:00.000Z"
    assert (entry["ok"], entry["status_code"], entry["attempts"]) == (False, None, 2)
    assert entry["error"]["kind"] == "connect"
    assert entry["phases"]["tls_ms"] is None
    assert set(entry["phases"]) == {"dns_ms", "connect_ms", "tls_ms", "first_byte_ms", "download_ms"}


def test_a_line_to_read() -> None:
    outcome = Outcome(0.0, {"dns": 1.2, "first_byte": 10.0}, 11.3, 200, "192.0.2.1")
    told = line(Check("shop", "https://shop.example/"), outcome)
    assert told == "shop https://shop.example/: ok, 200 in 11 ms (dns 1, first byte 10) 192.0.2.1"
