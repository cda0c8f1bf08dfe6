"""Decoding mappings: what was encoded comes back, however it falls into chunks."""

from itertools import groupby

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.pipeline.sourcemaps import decode_mappings as step
from monitor.pipeline.sourcemaps.decode_mappings import decode_mappings

DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
SOURCES, NAMES = 5, 7
MOST = (1 << 31) - 1

Segment = tuple[int, ...]
"""Generated line and column; then source, line, column; then a name."""
positions = st.tuples(st.integers(0, 40), st.one_of(st.integers(0, 300), st.integers(0, MOST)))
places = st.tuples(st.integers(0, SOURCES - 1), *[st.one_of(st.integers(0, 300), st.integers(0, MOST))] * 2)
names = st.tuples(st.integers(0, NAMES - 1))
rest = st.one_of(st.just(()), places, st.builds(lambda place, name: place + name, places, names))
segments = st.lists(st.builds(lambda at, more: at + more, positions, rest), max_size=60).map(sorted)


def vlq(number: int) -> str:
    rest, digits = (-number << 1) | 1 if number < 0 else number << 1, ""
    while True:
        rest, digit = rest >> 5, rest & 31
        digits += DIGITS[digit | (32 if rest else 0)]
        if not rest:
            return digits


def encoded(found: list[Segment]) -> str:
    lines = [""] * (found[-1][0] + 1 if found else 0)
    last = [0, 0, 0, 0]
    for line, group in groupby(found, key=lambda segment: segment[0]):
        column, parts = 0, []
        for segment in group:
            text = vlq(segment[1] - column)
            column = segment[1]
            for field, value in enumerate(segment[2:]):
                text += vlq(value - last[field])
                last[field] = value
            parts.append(text)
        lines[line] = ",".join(parts)
    return ";".join(lines)


def decoded(mappings: str) -> list[Segment]:
    found = []
    for piece in decode_mappings(np.frombuffer(mappings.encode(), np.uint8), SOURCES, NAMES):
        for key, record in zip(piece.keys.tolist(), piece.records.tolist(), strict=True):
            found.append((key >> 32, key & MOST, *(value for value in record if value >= 0)))
    return found


@pytest.mark.parametrize("chunk", [40, 97, 1 << 18])
@given(segments)
def test_what_was_encoded_comes_back(chunk: int, found: list[Segment]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(step, "CHUNK", chunk)
        assert decoded(encoded(found)) == found
