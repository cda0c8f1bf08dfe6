"""A result as the server takes it, and as a line to read."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from edge import __version__
from edge.check import PHASES, Check, Outcome
from edge.clock import iso

PATH = "/api/v1/probe/results"


def result(check: Check, outcome: Outcome, scheduled_at: float) -> dict[str, Any]:
    """One entry of `results`; phases that were not reached are null."""
    failure = outcome.failure
    return {
        "check": {"id": check.id, "name": check.name, "url": check.url},
        "scheduled_at": iso(scheduled_at),
        "started_at": iso(outcome.started_at),
        "ok": failure is None,
        "status_code": outcome.status_code,
        "duration_ms": outcome.duration_ms,
        "phases": {f"{phase}_ms": outcome.phases.get(phase) for phase in PHASES},
        "error": {"kind": failure.kind, "message": failure.message} if failure else None,
        "remote_address": outcome.remote_address,
        "attempts": outcome.attempts,
    }


def request_body(location: str, results: Sequence[Mapping[str, Any]], sent_at: float) -> dict[str, Any]:
    """The body of one POST to `PATH`."""
    prober = {"location": location, "version": __version__}
    return {"prober": prober, "sent_at": iso(sent_at), "results": list(results)}


def encode(entry: Mapping[str, Any]) -> bytes:
    """A result as spooled."""
    return json.dumps(entry, separators=(",", ":")).encode()


def line(check: Check, outcome: Outcome) -> str:
    """One readable line."""
    phases = ", ".join(f"{name.replace('_', ' ')} {ms:.0f}" for name, ms in outcome.phases.items())
    target = check.url if check.name == check.url else f"{check.name} {check.url}"
    measured = f"{outcome.duration_ms:.0f} ms ({phases}) {outcome.remote_address or ''}".rstrip()
    tries = f" [attempt {outcome.attempts}]" if outcome.attempts > 1 else ""
    if outcome.failure is None:
        return f"{target}: ok, {outcome.status_code} in {measured}{tries}"
    return f"{target}: FAILED, {outcome.failure.kind}: {outcome.failure.message}; {measured}{tries}"
