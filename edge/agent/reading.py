"""Series keys and rates: counters of the kernel become values per second."""

from collections.abc import Mapping
from dataclasses import dataclass

MOST_LABEL = 200


@dataclass(frozen=True, order=True)
class Series:
    """Name (with its unit in mind), unit, and labels as sorted pairs."""

    name: str
    unit: str
    labels: tuple[tuple[str, str], ...] = ()


Readings = dict[Series, float]


def series(name: str, unit: str, **labels: str) -> Series:
    """A series key. A label's value is what a name of the system gives: any bytes, any length; cut to what is kept."""
    texts = {key: value.encode("utf-8", "replace").decode()[:MOST_LABEL] for key, value in labels.items()}
    return Series(name, unit, tuple(sorted(texts.items())))


class Rates:
    """Remembers counters; a counter gets a rate from its second reading on, and none across a reset."""

    def __init__(self) -> None:
        self._last: Mapping[Series, float] = {}
        self._last_at = 0.0

    def per_second(self, counters: Mapping[Series, float], at: float) -> Readings:
        """Increase per second since the reading before; `at` in seconds of a monotonic clock."""
        last, seconds = self._last, at - self._last_at
        self._last, self._last_at = counters, at
        if seconds <= 0:
            return {}
        return {
            key: (value - last[key]) / seconds for key, value in counters.items() if key in last and value >= last[key]
        }
