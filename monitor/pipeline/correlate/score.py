"""Scores how far each of many series moved, and how near to an onset: pure functions over arrays."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.intp]

LEAST_BEFORE = 10
LEAST_AFTER = 3
"""Values a series needs before and after the onset; with fewer it is not judged."""
MOST_SHIFT = 20.0
"""Beyond this many scales a shift says no more: a series that was constant would outrank all others."""
NOISE_FLOOR = 0.01
"""Part of the median that counts as noise, so that a tiny move of a calm series is none."""
CLOSE = 0.03
"""τ as a part of the whole time span: how far from the onset a move may be and still be near it."""


@dataclass(frozen=True)
class Scores:
    """One entry a series. `score` = |shift| × closeness, 0 where the data do not suffice (`is_judged` False).

    `shift` is signed, in the series' own scales; `moved_at` in the unit of `times`; `before` and `after` are the levels
    on both sides of the move, in the series' own unit.
    """

    score: Floats
    shift: Floats
    moved_at: Floats
    before: Floats
    after: Floats
    is_judged: npt.NDArray[np.bool_]


def score(values: Floats, times: Floats, onset: float) -> Scores:
    """Score the columns of `values` (moments × series, NaN for gaps) at rising `times` against an onset.

    1. Scale: the larger of MAD and P10-90 of what was before the onset, plus 1 % of the median.
    2. Move: where, near the onset, the series splits best in two levels (CUSUM).
    3. Shift: the difference of both levels, as medians of the values next to the move, so that no single spike counts.
    4. Closeness: exp(-|moved_at - onset| / τ).
    """
    count, is_before = values.shape[1], times < onset
    finite = np.isfinite(values)
    judged = (finite[is_before].sum(axis=0) >= LEAST_BEFORE) & (finite[~is_before].sum(axis=0) >= LEAST_AFTER)
    empty = np.zeros(count)
    if not judged.any():
        return Scores(empty, empty, np.full(count, onset), np.full(count, np.nan), np.full(count, np.nan), judged)
    center, scale = _scale(values[:, judged], is_before)
    filled = _filled(values[:, judged], center)
    moves = _moves(np.clip((filled - center) / scale, -MOST_SHIFT, MOST_SHIFT), times, onset)
    before, after = _levels(filled, moves, length=max(LEAST_AFTER, int((~is_before).sum()) // 3))
    shift = np.clip((after - before) / scale, -MOST_SHIFT, MOST_SHIFT)
    closeness = np.exp(-np.abs(times[moves] - onset) / (CLOSE * (times[-1] - times[0])))
    return Scores(
        score=_spread_out(judged, np.abs(shift) * closeness, 0.0),
        shift=_spread_out(judged, shift, 0.0),
        moved_at=_spread_out(judged, times[moves], onset),
        before=_spread_out(judged, before, np.nan),
        after=_spread_out(judged, after, np.nan),
        is_judged=judged,
    )


def _scale(values: Floats, is_before: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Median and scale of each series before the onset; the scale is never 0."""
    past = values[is_before]
    low, center, high = _quantiles(past, (0.1, 0.5, 0.9))
    (deviation,) = _quantiles(np.abs(past - center), (0.5,))
    scale = np.maximum(1.4826 * deviation, (high - low) / 2.56) + NOISE_FLOOR * np.abs(center)
    # A series that was constantly 0 has neither noise nor median: its own later height is the only measure there is.
    height = np.nanmax(np.abs(values), axis=0)
    scale = np.where(scale > 0, scale, NOISE_FLOOR * height)
    return center, np.where(scale > 0, scale, 1.0)


def _quantiles(values: Floats, parts: Sequence[float]) -> list[Floats]:
    """Quantiles of each column by nearest rank, NaN left out (numpy's own would go column by column)."""
    ordered = np.sort(values, axis=0)
    last = np.isfinite(ordered).sum(axis=0) - 1
    ranks = [np.rint(part * last).astype(np.intp) for part in parts]
    return [np.take_along_axis(ordered, rank[None, :], axis=0)[0] for rank in ranks]


def _filled(values: Floats, center: Floats) -> Floats:
    """Gaps filled with the last value before them; those at the beginning with the median."""
    finite = np.isfinite(values)
    rows = np.arange(len(values))[:, None]
    last = np.maximum.accumulate(np.where(finite, rows, -1), axis=0)
    found = np.take_along_axis(values, np.maximum(last, 0), axis=0)
    return np.where(last >= 0, found, center)


def _moves(levels: Floats, times: Floats, onset: float) -> Integers:
    """For each series the row at which its new level begins; looked for near the onset only."""
    count = len(levels)
    sums = np.cumsum(levels - levels.mean(axis=0), axis=0)[:-1]
    rows = np.arange(1, count)[:, None]
    strength = np.abs(sums) / np.sqrt(rows * (count - rows) / count)
    reach = max(times[-1] - onset, 4 * CLOSE * (times[-1] - times[0]))
    strength[np.abs(times[1:] - onset) > reach] = -1.0
    return np.asarray(strength.argmax(axis=0) + 1)


def _levels(filled: Floats, moves: Integers, length: int) -> tuple[Floats, Floats]:
    """Medians of the `length` rows before and from each move."""
    steps = np.arange(length)[:, None]
    before = np.clip(moves - 1 - steps, 0, None)
    after = np.clip(moves + steps, None, len(filled) - 1)
    return (
        np.median(np.take_along_axis(filled, before, axis=0), axis=0),
        np.median(np.take_along_axis(filled, after, axis=0), axis=0),
    )


def _spread_out(judged: npt.NDArray[np.bool_], found: Floats, otherwise: float) -> Floats:
    """`found` at the judged series' places, `otherwise` at the others'."""
    everywhere = np.full(len(judged), otherwise)
    everywhere[judged] = found
    return everywhere
