"""`farside probe`: arguments, parts, and the two ways to run (once, or on schedule)."""

import argparse
import json
import logging
import re
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any

from edge.account import require_project, with_project
from edge.check import MOST_NAME, Check, CheckError, Outcome
from edge.deliver import Delivery, Route
from edge.options import (
    UsageError,
    add_identity,
    add_project,
    add_server,
    add_spool,
    need_server,
    seconds,
    start_logging,
    stop_on_signals,
)
from edge.prober.assignments import Assignments
from edge.prober.result import PATH, encode, line, request_body, result
from edge.prober.run import Prober, execute
from edge.send import Client, SendError
from edge.spool import Spool

log = logging.getLogger(__name__)

Source = Callable[[], Sequence[Check]]


def main(argv: Sequence[str]) -> int:
    """Runs the command; returns its exit status."""
    arguments = _parser().parse_args(argv)
    start_logging("probe")
    checks = _checks(arguments)
    if arguments.once:
        return _once(arguments, checks)
    if not arguments.server and checks:
        log.info("no --server: results are only printed")
        return _watch(arguments.location, checks)
    return _serve(arguments, checks)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="farside probe",
        description="Executes HTTP checks from this place and reports the results. Without --url the server assigns.",
    )
    parser.add_argument("--url", action="append", default=[], help="URL to check; repeatable")
    parser.add_argument("--name", action="append", default=[], help="name of the check; one for each --url, in order")
    parser.add_argument("--every", type=seconds(1, 86_400), default=60.0, metavar="S", help="seconds (default 60)")
    parser.add_argument("--timeout", type=seconds(0.1, 60), default=10.0, metavar="S", help="seconds (default 10)")
    parser.add_argument("--expect-status", default="200-399", metavar="LIST", help="default %(default)s")
    parser.add_argument("--expect-body", default="", metavar="TEXT", help="text that the answer must contain")
    parser.add_argument("--once", action="store_true", help="check once, print, exit 0 when all hold, else 1")
    add_identity(parser, "--location", "FARSIDE_LOCATION", "name of this place")
    add_project(parser)
    add_server(parser)
    add_spool(parser)
    return parser


def _checks(arguments: argparse.Namespace) -> list[Check]:
    names = arguments.name or [url[:MOST_NAME] for url in arguments.url]
    if len(names) != len(arguments.url):
        raise UsageError(f"{len(arguments.url)} --url but {len(names)} --name: give one name for each URL, or none")
    try:
        return [
            Check(
                name=name, url=url, interval_s=arguments.every, timeout_s=arguments.timeout,
                expect_status=arguments.expect_status, expect_body=arguments.expect_body,
            )
            for name, url in zip(names, arguments.url, strict=True)
        ]  # fmt: skip
    except CheckError as error:
        raise UsageError(str(error)) from error


def _once(arguments: argparse.Namespace, checks: Sequence[Check]) -> int:
    if not checks:
        raise UsageError("--once needs at least one --url")
    results = []
    for check in checks:
        scheduled_at = time.time()
        outcome = execute(check, threading.Event())
        print(line(check, outcome), flush=True)
        results.append(result(check, outcome, scheduled_at))
    held = all(entry["ok"] for entry in results)
    return 0 if _sent(arguments, results) and held else 1


def _sent(arguments: argparse.Namespace, results: Sequence[dict[str, Any]]) -> bool:
    if not arguments.server:
        return True
    try:
        with closing(Client(*need_server(arguments))) as client:
            client.post(with_project(PATH, arguments.project), request_body(arguments.location, results, time.time()))
    except SendError as error:
        print(f"farside probe: the results were not sent: {error}", file=sys.stderr)
        return False
    return True


def _watch(location: str, checks: Sequence[Check]) -> int:
    def report(check: Check, outcome: Outcome, _scheduled_at: float) -> None:
        print(line(check, outcome), flush=True)

    Prober(location, lambda: checks, report).run(stop_on_signals())
    return 0


def _serve(arguments: argparse.Namespace, checks: Sequence[Check]) -> int:
    stop = stop_on_signals()
    place = re.sub(r"[^A-Za-z0-9._-]", "_", arguments.location)
    with (
        closing(Client(*need_server(arguments))) as client,
        closing(Spool(arguments.spool / f"prober-{place}")) as spool,
    ):
        require_project(client, arguments.project)
        source = _source(checks, Assignments(client, spool.folder / "assignments.json", arguments.project), stop)
        sender = _delivery(arguments, client, spool, stop)
        log.info("probing from %s, reporting to %s", arguments.location, client.server)
        Prober(arguments.location, source, _Reporter(spool).report).run(stop)
        sender.join(timeout=10)
    return 0


def _source(checks: Sequence[Check], assignments: Assignments, stop: threading.Event) -> Source:
    """The checks of the command line, or else those that the server assigns, pulled in a thread."""
    if checks:
        return lambda: checks
    threading.Thread(target=assignments.run, args=(stop,), daemon=True).start()
    return assignments.checks


def _delivery(arguments: argparse.Namespace, client: Client, spool: Spool, stop: threading.Event) -> threading.Thread:
    def compose(payloads: Sequence[bytes]) -> tuple[dict[str, Any], int]:
        results = [json.loads(payload) for payload in payloads]
        return request_body(arguments.location, results, time.time()), len(payloads)

    route = Route(with_project(PATH, arguments.project), compose, "results", spool.folder / "rejected.jsonl")
    sender = threading.Thread(target=Delivery(spool, client, route).run, args=(stop,), daemon=True)
    sender.start()
    return sender


class _Reporter:
    """Spools every outcome; tells the terminal about changes only."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._held: dict[str, bool] = {}

    def report(self, check: Check, outcome: Outcome, scheduled_at: float) -> None:
        self._spool.append(encode(result(check, outcome, scheduled_at)))
        holds = outcome.failure is None
        if self._held.get(check.key) is not holds:
            self._held[check.key] = holds
            log.info("%s", line(check, outcome))
