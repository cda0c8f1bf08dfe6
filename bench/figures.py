"""From the passes of a run to the figures that are reported, each with its target."""

from collections.abc import Sequence
from statistics import median

from bench.measure import percentile
from bench.passes import CONNECTIONS, LIMIT, LIVE, PAUSED, PEER, Backlog, Run, largest
from bench.report import Figure
from bench.target import Pass

TARGET_BYTES = 1500 / 12_000
"""Bytes stored of a payload's byte received."""


def figures_of(run: Run) -> list[Figure]:
    """Every figure of a run, those with a target first."""
    return [*_judged(run), *_rates(run), *_latencies(run), *_cpu(run), *_sizes(run)]


def _judged(run: Run) -> list[Figure]:
    live, paused, limit = run.passes[LIVE, 16], run.passes[PAUSED, 16], run.passes[LIMIT, 16]
    lost = run.accepted - run.after.events - run.after.sampled
    figures = [
        Figure("cpu_units", _units(live), "units", "CPU of an event, all processes, in parse units", 40),
        Figure("door_units", _units(live, "web"), "units", "CPU of an event at the door, in parse units", 12),
        Figure("accept_share", _share(paused, limit), "", "accept rate, workers paused / limit", 0.8, least=True),
        Figure("p99_ms_16", 1000 * _latency(live, 99), "ms", "p99 at 16 connections, workers busy", 50),
        Figure("pss_mb", sum(largest(run.memory).values()), "MB", "memory of all processes (PSS), peak", 700),
        Figure("payload_share", _stored_share(run), "", "bytes of a stored payload / bytes received", TARGET_BYTES),
        Figure("left_queued", run.waiting, "batches", "left queued", 0),
        Figure("lost", lost, "events", "accepted and not stored", 0),
        Figure("miscounted", abs(run.after.counted - run.accepted), "events", "accepted and not counted once", 0),
    ]
    if peer := run.passes.get((PEER, 16)):
        figures += [
            Figure("times_peer", _end_to_end(live) / _end_to_end(peer), "", "end to end / Bugsink's", 20, least=True),
            Figure("cpu_peer_times", _units(peer) / _units(live), "", "Bugsink's CPU of an event / ours"),
        ]
    return figures


def _units(passes: Sequence[Pass], *roles: str) -> float:
    return median(one.units(*roles) for one in passes)


def _share(ours: Sequence[Pass], limit: Sequence[Pass]) -> float:
    """Of neighbours in time, for the machine's speed drifts."""
    return median(one.rate() / other.rate() for one, other in zip(ours, limit, strict=True))


def _latency(passes: Sequence[Pass], percent: float) -> float:
    return percentile([latency for one in passes for latency in one.latencies], percent)


def _end_to_end(passes: Sequence[Pass]) -> float:
    return sum(one.accepted for one in passes) / sum(one.stored_seconds for one in passes)


def _stored_share(run: Run) -> float:
    return (run.after.payload_bytes - run.before.payload_bytes) / _stored(run) / run.median_bytes


def _stored(run: Run) -> int:
    """Events whose payload was stored since the warm-up."""
    return run.after.events - run.before.events


def _rates(run: Run) -> list[Figure]:
    live = run.passes[LIVE, 16]
    figures = [
        Figure("accepted_per_s", _rate(run, PAUSED, 16), "/s", "accepted, workers paused"),
        Figure("limit_per_s", _rate(run, LIMIT, 16), "/s", "the limit: read, parse, one push a request"),
        Figure("accepted_per_s_64", _rate(run, PAUSED, 64), "/s", "accepted at 64 connections, workers paused"),
        Figure("limit_per_s_64", _rate(run, LIMIT, 64), "/s", "the limit at 64 connections"),
        Figure("live_accepted_per_s", _rate(run, LIVE, 16), "/s", "accepted, workers busy"),
        Figure("end_to_end_per_s", _end_to_end(live), "/s", "end to end: stored and counted"),
        Figure("refused", _refused(run), "events", "refused"),
    ]
    if peer := run.passes.get((PEER, 16)):
        figures += [
            Figure("peer_accepted_per_s", _rate(run, PEER, 16), "/s", "Bugsink: accepted"),
            Figure("peer_end_to_end_per_s", _end_to_end(peer), "/s", "Bugsink: end to end"),
            Figure("peer_cpu_ms", median(one.cpu_ms() for one in peer), "ms", "Bugsink: CPU of an event"),
            Figure("peer_units", _units(peer), "units", "Bugsink: CPU of an event, in parse units"),
        ]
    return figures


def _rate(run: Run, kind: str, connections: int) -> float:
    return median(one.rate() for one in run.passes[kind, connections])


def _refused(run: Run) -> int:
    return sum(one.events - one.accepted for passes in run.passes.values() for one in passes)


def _latencies(run: Run) -> list[Figure]:
    return [
        Figure(
            f"{kind}_p{percent}_ms_{connections}",
            1000 * _latency(run.passes[kind, connections], percent),
            "ms",
            f"p{percent} at {connections} connections, {words}",
        )
        for kind, words in ((LIVE, "workers busy"), (PAUSED, "workers paused"), (LIMIT, "the limit"))
        for connections in CONNECTIONS
        for percent in (50, 99)
    ]


def _cpu(run: Run) -> list[Figure]:
    live, every = run.passes[LIVE, 16], [one for passes in run.passes.values() for one in passes]
    by_role = [
        Figure(f"cpu_ms_{role}", median(one.cpu_ms(role) for one in live), "ms", f"CPU of an event: {role}")
        for role in live[0].cpu
    ]
    paused, limit = run.passes[PAUSED, 16], run.passes[LIMIT, 16]
    return [
        *by_role,
        Figure("cpu_ms", median(one.cpu_ms() for one in live), "ms", "CPU of an event: all"),
        Figure("paused_door_units", _units(paused, "web"), "units", "CPU at the door, workers paused"),
        Figure("limit_units", _units(limit), "units", "CPU of the limit's process"),
        Figure("client_cpu_ms", _client_ms(live), "ms", "CPU of the load client (not in ours)"),
        Figure("unit_us", 1e6 * median(one.unit_s for one in every), "µs", "the parse unit: orjson for such an event"),
    ]


def _client_ms(passes: Sequence[Pass]) -> float:
    return 1000 * median(one.client_cpu_s / one.events for one in passes)


def _sizes(run: Run) -> list[Figure]:
    payload = (run.after.payload_bytes - run.before.payload_bytes) / _stored(run)
    counted = run.after.counted - run.before.counted
    everything = (run.after.database_bytes - run.before.database_bytes) / counted
    memory = largest(run.memory)
    return [
        Figure("bytes_received", run.median_bytes, "bytes", "an envelope as received, median"),
        Figure("stored_share", _stored(run) / counted, "", "events whose payload is stored"),
        Figure("bytes_payload", payload, "bytes", "a stored payload, average"),
        Figure("bytes_database", everything, "bytes", "growth of the database an event, tables and indexes"),
        *(Figure(f"pss_mb_{role}", value, "MB", f"memory at the peak: {role}") for role, value in memory.items()),
    ]


def backlog_figures(backlog: Backlog) -> list[Figure]:
    """What draining a backlog took."""
    own = [role for role in backlog.before if role not in ("valkey", "postgres")]
    growth = sum(backlog.peak[role] - backlog.before[role] for role in own)
    moments = {"before": backlog.before, "queued": backlog.queued, "peak": backlog.peak, "after": backlog.after}
    return [
        Figure("backlog_growth_mb", growth, "MB", "growth of web, worker, beat while draining", 50),
        Figure("backlog_events", backlog.events, "events", "queued with the workers paused"),
        Figure("backlog_per_s", backlog.events / backlog.drain_s, "/s", "drained"),
        *(
            Figure(f"backlog_{moment}_mb_{role}", value, "MB", f"memory {moment}: {role}")
            for moment, sample in moments.items()
            for role, value in sample.items()
        ),
    ]
