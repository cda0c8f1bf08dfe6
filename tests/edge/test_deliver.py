"""Delivery: what the server took leaves the spool, what it refuses for good is set aside, the rest stays."""

import json
import logging
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from edge.deliver import Delivery, Route
from edge.send import Away, Client, Denied
from edge.spool import Spool


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    spool = Spool(tmp_path / "spool")
    yield spool
    spool.close()


@pytest.fixture
def delivery(spool: Spool, client: Client, tmp_path: Path) -> Delivery:
    def compose(payloads: Sequence[bytes]) -> tuple[dict[str, Any], int]:
        return {"numbers": [int(payload) for payload in payloads]}, len(payloads)

    return Delivery(spool, client, Route("/numbers", compose, "numbers", tmp_path / "rejected.jsonl"))


def fill(spool: Spool, count: int) -> None:
    for number in range(count):
        spool.append(b"%d" % number)


def numbers(server: Any) -> list[list[int]]:
    return [request.json["numbers"] for request in server.requests]


def test_delivered_records_leave_the_spool(spool: Spool, delivery: Delivery, server: Any) -> None:
    fill(spool, 700)
    while delivery.deliver_batch():
        pass
    assert numbers(server) == [list(range(500)), list(range(500, 700))]
    assert len(spool) == 0


@pytest.mark.parametrize(("status", "error"), [(500, Away), (429, Away), (401, Denied), (403, Denied)])
def test_nothing_leaves_the_spool_while_the_server_takes_nothing(
    spool: Spool, delivery: Delivery, server: Any, status: int, error: type[Exception]
) -> None:
    fill(spool, 3)
    server.answers = [(status, {}, b"{}"), (202, {}, b"{}")]
    with pytest.raises(error):
        delivery.deliver_batch()
    assert len(spool) == 3
    assert delivery.deliver_batch()
    assert numbers(server) == [[0, 1, 2], [0, 1, 2]]


def test_one_bad_record_is_set_aside_and_takes_no_other_with_it(
    spool: Spool, delivery: Delivery, server: Any, tmp_path: Path
) -> None:
    fill(spool, 20)
    server.route = lambda request: (
        (400, {}, b'{"detail": "13 is unlucky"}') if 13 in request.json["numbers"] else (202, {}, b"{}")
    )
    while delivery.deliver_batch():
        pass
    taken = [batch for batch in numbers(server) if 13 not in batch]
    assert sorted(number for batch in taken for number in batch) == [n for n in range(20) if n != 13]
    (rejected,) = [json.loads(line) for line in (tmp_path / "rejected.jsonl").read_text().splitlines()]
    assert (rejected["status"], rejected["body"]) == (400, {"numbers": [13]})
    assert "13 is unlucky" in rejected["reason"]


def test_too_large_batches_are_halved(spool: Spool, delivery: Delivery, server: Any) -> None:
    fill(spool, 10)
    server.route = lambda request: (413 if len(request.json["numbers"]) > 3 else 202, {}, b"{}")
    while delivery.deliver_batch():
        pass
    taken = [batch for batch in numbers(server) if len(batch) <= 3]
    assert [number for batch in taken for number in batch] == list(range(10))


def test_it_keeps_on_until_the_server_is_back(
    spool: Spool, delivery: Delivery, server: Any, caplog: pytest.LogCaptureFixture
) -> None:
    fill(spool, 2)
    stop = threading.Event()
    answers = iter([503, 503])

    def route(_request: Any) -> tuple[int, dict[str, str], bytes]:
        status = next(answers, 202)
        if status == 202:
            stop.set()
        return status, {}, b'{"detail": "busy"}'

    server.route = route
    delivery.run(stop, every_s=0.01)
    assert len(spool) == 0
    assert caplog.text.count("busy") == 1
    assert "the server takes numbers again" in caplog.text


def test_a_rejected_file_that_cannot_be_written_loses_nothing(
    spool: Spool, client: Client, server: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "rejected.jsonl").mkdir()
    delivery = Delivery(spool, client, Route("/x", lambda p: ({}, len(p)), "results", tmp_path / "rejected.jsonl"))
    fill(spool, 1)
    server.answers = [(400, {}, b"{}")]
    stop = threading.Event()
    stop.set()
    delivery.run(stop)
    assert len(spool) == 1
    assert "Is a directory" in caplog.text


def test_drops_are_told(server: Any, client: Client, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    spool = Spool(tmp_path / "small", max_bytes=2000)
    delivery = Delivery(spool, client, Route("/x", lambda p: ({}, len(p)), "results", tmp_path / "rejected.jsonl"))
    fill(spool, 200)
    stop = threading.Event()
    stop.set()
    with caplog.at_level(logging.ERROR):
        delivery.run(stop)
    assert f"dropped {spool.dropped['full']} results" in caplog.text
    spool.close()
