"""What is fuzzed: each name stands for a strategy of requests and what must hold for them."""

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings

from tests.fuzz.oracle import check_encoded, check_envelope, check_event
from tests.fuzz.strategies import encoded, envelopes, events

PROPERTIES: dict[str, tuple[Any, Callable[[Any], None]]] = {
    "event": (events, check_event),
    "envelope": (envelopes, check_envelope),
    "encoded": (encoded, check_encoded),
}


def build(name: str, examples: int, count: Callable[[], object] = lambda: None) -> Any:
    """The property as Hypothesis runs it, with so many examples; `count` is called for each."""
    strategy, check = PROPERTIES[name]

    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(strategy)
    def holds(request: Any) -> None:
        count()
        check(request)

    return holds
