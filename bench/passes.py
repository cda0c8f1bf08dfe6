"""The passes of one run: our own door live and with paused workers, the limit and the peer, by turns."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.measure import memory_mb, sampling
from bench.stack import NOTHING, Held, Stack
from bench.target import Load, Pass, Target, running_limit, send_pass

ROUNDS = 3
CONNECTIONS = (1, 16, 64)
WARM_UP = 900
"""Events before the clock runs: every issue is made, every source map is open in every worker."""
PEER_WARM_UP, PEER_EVENTS = 200, 600
"""All below the 1,000 in five minutes that Bugsink takes by its defaults."""
LIVE, PAUSED, LIMIT, PEER = "live", "paused", "limit", "peer"


@dataclass
class Run:
    """All passes of a run by kind and connections, and what the system held and needed."""

    median_bytes: int
    passes: dict[tuple[str, int], list[Pass]] = field(default_factory=dict)
    memory: list[dict[str, float]] = field(default_factory=list)
    accepted: int = 0
    before: Held = NOTHING
    after: Held = NOTHING
    waiting: int = 0

    def add(self, kind: str, connections: int, done: Pass) -> None:
        """Keep a pass; what our own door accepted is added up."""
        self.passes.setdefault((kind, connections), []).append(done)
        self.accepted += done.accepted if kind in (LIVE, PAUSED) else 0


@dataclass(frozen=True)
class Backlog:
    """Events queued while the workers were paused, then drained: seconds, and megabytes by role on the way."""

    events: int
    drain_s: float
    before: dict[str, float]
    queued: dict[str, float]
    peak: dict[str, float]
    after: dict[str, float]


def many_of(events: int, kind: str, connections: int) -> int:
    """How many events one pass of a round sends."""
    if kind == LIVE and connections == 16:
        return events // ROUNDS
    return max(100, events // 60) if connections == 1 else max(400, events // 15)


def total_of(events: int, backlog: int) -> int:
    """How many events a run takes from its load."""
    each_round = sum(many_of(events, kind, connections) for kind in (LIVE, PAUSED) for connections in CONNECTIONS)
    return WARM_UP + ROUNDS * each_round + backlog


def measure(stack: Stack, load: Load, peer: Target | None, events: int) -> Run:
    """Warm up, then run the rounds."""
    run = Run(load.median_bytes())
    run.accepted += send_pass(stack.target, load, load.take(WARM_UP), 16, stored=True).accepted
    run.before = stack.held()
    if peer:
        send_pass(peer, load, load.span(PEER_EVENTS, PEER_WARM_UP), 16, stored=True)
    with sampling(lambda: memory_mb(stack.target.roots)) as run.memory, running_limit(stack.redis_url) as limit:
        for number in range(ROUNDS):
            print(f"round {number + 1} of {ROUNDS} …", flush=True)
            _run_round(run, stack, limit, peer, load, events, number)
    run.after, run.waiting = stack.held(), stack.waiting()
    return run


def _run_round(
    run: Run, stack: Stack, limit: Target, peer: Target | None, load: Load, events: int, number: int
) -> None:
    """One pass of each kind and number of connections; nothing of ours is queued at its end."""
    for connections in CONNECTIONS:
        span = load.take(many_of(events, LIVE, connections))
        run.add(LIVE, connections, send_pass(stack.target, load, span, connections, stored=True))
    with stack.workers_paused():
        for connections in CONNECTIONS:
            span = load.take(many_of(events, PAUSED, connections))
            run.add(PAUSED, connections, send_pass(stack.target, load, span, connections, stored=False))
            run.add(LIMIT, connections, send_pass(limit, load, span, connections, stored=True))
    stack.wait_drained()
    if peer:
        # It stores an event once, as we do; each round sends it events of its own.
        share = PEER_EVENTS // ROUNDS
        run.add(PEER, 16, send_pass(peer, load, load.span(number * share, share), 16, stored=True))


def drain_backlog(stack: Stack, load: Load, many: int) -> Backlog:
    """Queue events with the workers paused, then let them work."""
    before = memory_mb(stack.target.roots)
    with stack.workers_paused():
        sent = send_pass(stack.target, load, load.take(many), 64, stored=False)
        queued = memory_mb(stack.target.roots)
    with sampling(lambda: memory_mb(stack.target.roots)) as samples:
        seconds = stack.wait_drained()
    return Backlog(sent.accepted, seconds, before, queued, largest(samples), samples[-1])


def largest(samples: Sequence[dict[str, float]]) -> dict[str, float]:
    """The sample with the largest sum."""
    return max(samples, key=lambda sample: sum(sample.values()))
