"""Registry of probes: what each kind of check does."""

from collections.abc import Callable

from edge.check import Check, Outcome
from edge.probes import http

Probe = Callable[[Check], Outcome]

PROBES: dict[str, Probe] = {"http": http.probe}
