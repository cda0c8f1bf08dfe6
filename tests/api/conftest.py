"""Partitions that a test made go with its transaction; what is remembered of them must go, too."""

import pytest

from monitor.pipeline import retain


@pytest.fixture(autouse=True)
def _forget_partitions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retain, "_known", set())
