"""Generates the events of a load: unique, seeded, of the size and shape that browsers' SDKs send."""

import random
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from bench.build import ACTS, WORDS, Script

ORIGIN = "https://shop.example"
ISSUES = 150
USERS = 3000
STACKS = 4
"""How many ways lead to an issue: outer frames differ, the innermost ones do not."""
TYPES = ("TypeError", "RangeError", "ReferenceError", "SyntaxError", "NetworkError", "ApiError")
SDK = {"name": "sentry.javascript.browser", "version": "11.12.0"}
INTEGRATIONS = "EventFilters FunctionToString BrowserApiErrors Breadcrumbs Console GlobalHandlers LinkedErrors Dedupe"
_WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
AGENTS = (
    *(
        f"Mozilla/5.0 ({system}) {_WEBKIT} Chrome/{version}.0.0.0 {end}"
        for system, end in (
            ("Windows NT 10.0; Win64; x64", "Safari/537.36"),
            ("Macintosh; Intel Mac OS X 10_15_7", "Safari/537.36"),
            ("X11; Linux x86_64", "Safari/537.36"),
            ("Linux; Android 10; K", "Mobile Safari/537.36"),
            ("Windows NT 10.0; Win64; x64", "Safari/537.36 Edg/154.0.0.0"),
        )
        for version in (152, 153, 154)
    ),
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 "
    "Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 "
    "Safari/605.1.15",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
)


@dataclass(frozen=True)
class Release:
    """A version of the monitored shop: its vendor script and its own."""

    name: str
    scripts: Sequence[Script]


@dataclass(frozen=True)
class Problem:
    """What all events of an issue share: the error, and the places in the source where its frames stand."""

    type: str
    message: str
    route: str
    inner: tuple[int, ...]
    outer: tuple[tuple[int, ...], ...]


def envelopes(releases: Sequence[Release], seed: int, many: int) -> Iterator[tuple[bytes, bytes]]:
    """`many` pairs of a browser's User-Agent and an envelope with one event of it; the same for the same arguments,
    but for the ids' first half and the times, so that two runs against one server send different events.
    """
    rng = random.Random(seed)
    problems = [_problem(random.Random(number), releases[0]) for number in range(ISSUES)]
    started, run = time.time(), uuid.uuid4().hex[:16]
    for number in range(many):
        # Few issues have most of the events, as everywhere.
        problem = problems[int(ISSUES * rng.random() ** 2)]
        agent = rng.choice(AGENTS)
        event = _event(rng, problem, rng.choice(releases), agent, started - rng.random() * 600)
        event["event_id"] = f"{run}{number:06x}{rng.getrandbits(40):010x}"
        yield agent.encode(), _envelope(event)


SENT_AT = slice(len('{"event_id":"","sent_at":"') + 32, len('{"event_id":"","sent_at":"') + 32 + 24)
"""Where an envelope of `envelopes` says when it was sent: whoever sends it writes `sent_at(now)` there."""


def sent_at(now: float) -> bytes:
    """A time as SDKs write it: 2026-11-22T08:02:11.306Z."""
    return f"{datetime.fromtimestamp(now, UTC):%Y-%m-%dT%H:%M:%S.%f}"[:23].encode() + b"Z"


def _envelope(event: Mapping[str, Any]) -> bytes:
    trace = {"environment": event["environment"], "release": event["release"], "public_key": "0" * 32}
    header = {"event_id": event["event_id"], "sent_at": sent_at(event["timestamp"]).decode(), "sdk": SDK}
    header["trace"] = {**trace, "trace_id": event["contexts"]["trace"]["trace_id"]}
    return orjson.dumps(header) + b'\n{"type":"event"}\n' + orjson.dumps(event)


def _problem(rng: random.Random, release: Release) -> Problem:
    vendor, own = (len(script.points) for script in release.scripts)
    # Calls through the framework lie outside, those of the application inside; negative: a place in the vendor's.
    inner = tuple(rng.randrange(own) for _ in range(rng.randint(4, 9)))
    total = min(50, max(20, round(rng.gauss(32, 8))))
    outer = tuple(tuple(-1 - rng.randrange(vendor) for _ in range(total - len(inner))) for _ in range(STACKS))
    subject, detail = rng.choice(WORDS), rng.choice(WORDS)
    message = rng.choice(
        (
            f"Cannot read properties of undefined (reading '{detail}')",
            f"{subject}.{detail} is not a function",
            f"the {subject} has no {detail}",
            f'can\'t access property "{detail}", {subject} is undefined',
        )
    )
    return Problem(rng.choice(TYPES), message, f"/{subject}/{detail}", inner, outer)


def _event(rng: random.Random, problem: Problem, release: Release, agent: str, at: float) -> dict[str, Any]:
    number = rng.randrange(USERS)
    thrown = {
        "type": problem.type,
        "value": problem.message,
        "stacktrace": {"frames": [_frame(release, place) for place in (*rng.choice(problem.outer), *problem.inner)]},
        "mechanism": {"type": "onerror", "handled": rng.random() < 0.3},
    }
    return {
        "exception": {"values": [thrown]},
        "level": "error",
        "event_id": "",
        "platform": "javascript",
        "timestamp": round(at, 3),
        "environment": "production" if rng.random() < 0.9 else "staging",
        "release": release.name,
        "sdk": {**SDK, "integrations": INTEGRATIONS.split(), "packages": [{"name": "npm:@sentry/browser", **SDK}]},
        "transaction": problem.route,
        "request": {
            "url": f"{ORIGIN}{problem.route}?id={rng.randrange(100_000)}",
            "headers": {"Referer": f"{ORIGIN}/", "User-Agent": agent},
        },
        "user": {"id": f"u{number}", "email": f"customer{number}@shop.example", "ip_address": "{{auto}}"},
        "tags": {"feature": problem.route.split("/")[1], "plan": rng.choice(("free", "basic", "pro"))},
        "contexts": {
            "trace": {"trace_id": f"{rng.getrandbits(128):032x}", "span_id": f"{rng.getrandbits(64):016x}"},
            "culture": {"locale": rng.choice(("en-US", "de-DE", "fr-FR")), "timezone": "Europe/Berlin"},
        },
        "extra": {"basket": {"lines": rng.randrange(12), "total": round(rng.random() * 500, 2)}},
        "breadcrumbs": [_breadcrumb(rng, at - 90 * rng.random()) for _ in range(rng.randint(20, 60))],
        "debug_meta": {
            "images": [
                {"type": "sourcemap", "code_file": script.url, "debug_id": script.debug_id}
                for script in release.scripts
            ]
        },
    }


def _frame(release: Release, place: int) -> dict[str, Any]:
    script = release.scripts[place >= 0]
    point = script.points[place if place >= 0 else -1 - place]
    return {
        "filename": script.url,
        "function": point.function,
        "in_app": True,
        "lineno": point.line,
        "colno": point.column,
    }


def _breadcrumb(rng: random.Random, at: float) -> dict[str, Any]:
    subject, number = rng.choice(WORDS), rng.randrange(1_000_000)
    kind = rng.random()
    if kind < 0.45:
        url = f"{ORIGIN}/api/v2/{subject}s/{number}?fields={rng.choice(WORDS)},{rng.choice(WORDS)}"
        status = 404 if number % 10 == 0 else 200
        data = {"method": "GET", "url": url, "status_code": status, "size": number % 9999}
        return {"timestamp": round(at, 3), "type": "http", "category": "fetch", "level": "info", "data": data}
    if kind < 0.75:
        message = f"body > div#app > main.{subject}-page > form.{rng.choice(WORDS)} > button#{subject}-{number}.primary"
        return {"timestamp": round(at, 3), "category": "ui.click", "level": "info", "message": message}
    if kind < 0.9:
        message = f"{rng.choice(ACTS)} {subject} {number} took {number % 1700} ms"
        data = {"arguments": [message], "logger": "console"}
        return {"timestamp": round(at, 3), "category": "console", "level": "log", "message": message, "data": data}
    data = {"from": f"/{subject}/{number}", "to": f"/{rng.choice(WORDS)}/{number % 1000}"}
    return {"timestamp": round(at, 3), "category": "navigation", "level": "info", "data": data}
