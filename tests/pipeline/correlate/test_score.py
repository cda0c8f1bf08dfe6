"""The robust score, on series whose moves are known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.pipeline.correlate.score import MOST_SHIFT, Floats, score

TIMES = np.arange(0.0, 9000.0, 60.0)
ONSET = 7200.0
seeds = st.integers(min_value=0, max_value=2**32 - 1)


def noise(seed: int, count: int, level: float = 100.0, size: float = 1.0) -> Floats:
    return np.random.default_rng(seed).normal(level, size, (len(TIMES), count))


def with_step(values: Floats, column: int, height: float, at: float = ONSET) -> Floats:
    values[at <= TIMES, column] += height
    return values


@settings(max_examples=60, deadline=None)
@given(seeds, st.floats(min_value=6, max_value=1000), st.sampled_from([-1, 1]))
def test_a_step_at_the_onset_ranks_first(seed: int, height: float, sign: int) -> None:
    values = with_step(noise(seed, 40), 17, sign * height * 2)
    found = score(values, TIMES, ONSET)
    assert found.score.argmax() == 17
    assert np.sign(found.shift[17]) == sign
    assert abs(found.moved_at[17] - ONSET) <= 120


@settings(max_examples=60, deadline=None)
@given(seeds, st.floats(min_value=1e-6, max_value=1e12))
def test_flat_series_never_outrank_a_step_whatever_the_unit(seed: int, unit: float) -> None:
    values = with_step(noise(seed, 20), 0, 12.0) * unit
    found = score(values, TIMES, ONSET)
    assert found.score[0] > 2 * found.score[1:].max()


@settings(max_examples=40, deadline=None)
@given(seeds, st.floats(min_value=600, max_value=6000))
def test_a_move_at_another_time_counts_for_little(seed: int, early: float) -> None:
    values = with_step(with_step(noise(seed, 2), 0, 12.0), 1, 12.0, at=ONSET - early)
    found = score(values, TIMES, ONSET)
    assert found.score[0] > 3 * found.score[1]


@settings(max_examples=40, deadline=None)
@given(seeds, st.floats(min_value=0, max_value=0.5))
def test_gaps_do_no_harm(seed: int, part: float) -> None:
    values = with_step(noise(seed, 30), 4, 15.0)
    values[np.random.default_rng(seed).random(values.shape) < part] = np.nan
    found = score(values, TIMES, ONSET)
    assert np.isfinite(found.score).all()
    assert found.score.argmax() == 4


@settings(max_examples=40, deadline=None)
@given(seeds, st.integers(min_value=121, max_value=149))
def test_single_spikes_are_no_move(seed: int, row: int) -> None:
    values = with_step(noise(seed, 2), 0, 12.0)
    values[row, 1] += 10_000
    found = score(values, TIMES, ONSET)
    assert found.score[0] > 2 * found.score[1]


def test_a_tiny_move_of_a_calm_series_is_none() -> None:
    values = with_step(noise(1, 2, level=8e9, size=10.0), 0, 1000.0)
    assert score(values, TIMES, ONSET).score.max() < 0.1


def test_a_series_that_was_always_zero_is_bounded() -> None:
    values = with_step(np.zeros((len(TIMES), 2)), 0, 3.0)
    found = score(values, TIMES, ONSET)
    assert list(found.score) == pytest.approx([MOST_SHIFT, 0.0], abs=1e-9)
    assert (found.before[0], found.after[0]) == (0.0, 3.0)


def test_levels_are_told_in_the_series_own_unit() -> None:
    found = score(with_step(noise(3, 1, level=0.2, size=0.01), 0, 0.1), TIMES, ONSET)
    assert (found.before[0], found.after[0]) == pytest.approx((0.2, 0.3), abs=0.02)


def test_too_little_data_is_not_judged() -> None:
    values = with_step(noise(5, 3), 0, 50.0)
    values[:115, 0] = np.nan
    values[TIMES >= ONSET, 1] = np.nan
    values[:, 2] = np.nan
    found = score(values, TIMES, ONSET)
    assert list(found.is_judged) == [False, False, False]
    assert list(found.score) == [0, 0, 0]


@pytest.mark.parametrize("shape", [(0, 0), (0, 4), (1, 4), (5, 0)])
def test_empty_input_is_answered(shape: tuple[int, int]) -> None:
    found = score(np.zeros(shape), np.arange(float(shape[0])), 0.5)
    assert len(found.score) == shape[1] and not found.is_judged.any()


def test_ten_thousand_series_keep_their_order() -> None:
    """Eight hosts' metric moves at the onset among 400 unrelated movers, as in the scale test of the design."""
    random = np.random.default_rng(0)
    values = random.normal(size=(len(TIMES), 10_000)) + np.cumsum(
        random.normal(size=(len(TIMES), 10_000)) * 0.02, axis=0
    )
    bad = random.choice(10_000, 8, replace=False)
    for column in np.setdiff1d(random.choice(10_000, 400, replace=False), bad):
        values[random.integers(10, len(TIMES) - 5) :, column] += random.normal() * 3
    values[np.ix_(TIMES >= ONSET, bad)] += 5
    top = np.argsort(-score(values, TIMES, ONSET).score)[:8]
    assert len(set(top) & set(bad)) >= 6
