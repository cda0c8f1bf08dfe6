"""`farside agent`: arguments, parts, and the loop that reads every few seconds."""

import argparse
import logging
import re
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from typing import Any

from edge.account import require_project, with_project
from edge.agent.collect import Collector
from edge.agent.reading import MOST_LABEL, Readings, series
from edge.agent.samples import PATH, decode, encode, fitting, request_body
from edge.clock import slot_after
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
from edge.send import Client, SendError
from edge.spool import Spool

log = logging.getLogger(__name__)

MOST_LABELS = 20
_FIRST_PAUSE_S = 1.0
_TELL_EVERY_S = 3600.0
_EARLY_S = 0.1  # a wait may end a little early by the wall clock: the same moment must not come twice


def main(argv: Sequence[str]) -> int:
    """Runs the command; returns its exit status."""
    arguments = _parser().parse_args(argv)
    start_logging("agent")
    if len(dict(arguments.label)) > MOST_LABELS:
        raise UsageError(f"{len(arguments.label)} labels: at most {MOST_LABELS} are kept")
    return _once(arguments) if arguments.once else _serve(arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="farside agent", description="Reports this machine's CPU, memory, disk, network and load."
    )
    parser.add_argument("--every", type=seconds(1, 3600), default=10.0, metavar="S", help="seconds (default 10)")
    parser.add_argument("--label", type=_label, action="append", default=[], metavar="K=V", help="repeatable")
    parser.add_argument("--once", action="store_true", help="read once, print, send when a server is given, and exit")
    add_identity(parser, "--host", "FARSIDE_HOST", "name of this machine")
    add_project(parser)
    add_server(parser)
    add_spool(parser)
    return parser


def _label(text: str) -> tuple[str, str]:
    key, separator, value = text.partition("=")
    if not separator or not 1 <= len(value) <= MOST_LABEL or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}", key):
        raise argparse.ArgumentTypeError(f"{text!r} is not a label such as role=web")
    return key, value


def _once(arguments: argparse.Namespace) -> int:
    collector = Collector()
    collector.collect()
    time.sleep(_FIRST_PAUSE_S)
    moment = (time.time(), collector.collect())
    for key, value in sorted(moment[1].items()):
        labels = ",".join(f"{name}={text}" for name, text in key.labels)
        print(f"{key.name + (f'{{{labels}}}' if labels else ''):<50} {value:>20,.3f} {key.unit}")
    if not arguments.server:
        return 0
    try:
        body = request_body(arguments.host, dict(arguments.label), [moment], time.time())
        with closing(Client(*need_server(arguments))) as client:
            client.post(with_project(PATH, arguments.project), body)
    except SendError as error:
        print(f"farside agent: the values were not sent: {error}", file=sys.stderr)
        return 1
    return 0


def _serve(arguments: argparse.Namespace) -> int:
    stop = stop_on_signals()
    with closing(Client(*need_server(arguments))) as client, closing(Spool(arguments.spool / "agent")) as spool:
        require_project(client, arguments.project)
        delivery = Delivery(spool, client, _route(arguments, spool))
        sender = threading.Thread(target=delivery.run, args=(stop,), daemon=True)
        sender.start()
        log.info("reporting %s every %g s to %s", arguments.host, arguments.every, client.server)
        _read_until(stop, arguments, spool)
        sender.join(timeout=10)
    return 0


def _route(arguments: argparse.Namespace, spool: Spool) -> Route:
    def compose(payloads: Sequence[bytes]) -> tuple[dict[str, Any], int]:
        moments = [decode(payload) for payload in payloads]
        taken = fitting(moments)
        return request_body(arguments.host, dict(arguments.label), moments[:taken], time.time()), taken

    return Route(with_project(PATH, arguments.project), compose, "moments", spool.folder / "rejected.jsonl")


def _read_until(stop: threading.Event, arguments: argparse.Namespace, spool: Spool) -> None:
    collector = Collector()
    collector.collect()
    began, tell_at = time.monotonic(), time.monotonic() + 60
    while True:
        moment = slot_after(arguments.host, arguments.every, time.time() + _EARLY_S)
        if stop.wait(max(0.0, moment - time.time())):
            return
        readings = collector.collect() | _about(spool)
        spool.append(encode((moment, readings)))
        if time.monotonic() >= tell_at:
            tell_at = time.monotonic() + _TELL_EVERY_S
            _tell_own_use(readings, time.monotonic() - began)


def _about(spool: Spool) -> Readings:
    return {
        series("agent.waiting", "moments"): float(len(spool)),
        series("agent.dropped", "moments"): float(sum(spool.dropped.values())),
    }


def _tell_own_use(readings: Readings, running_s: float) -> None:
    rss = readings[series("agent.rss", "bytes")]
    log.info(
        "this agent uses %.1f MB of memory and %.2f %% of one CPU (%.1f CPU seconds in %.0f s)",
        rss / 1e6, 100 * time.process_time() / running_s, time.process_time(), running_s,
    )  # fmt: skip
