"""Fuzzing in its short form, and every request that once made trouble; `make fuzz` is the long form."""

from pathlib import Path

import pytest

from tests.fuzz.oracle import check_envelope, check_event
from tests.fuzz.properties import PROPERTIES, build

FOUND = sorted((Path(__file__).parent.parent / "payloads" / "found").iterdir())


@pytest.mark.parametrize("name", PROPERTIES)
def test_whatever_is_sent_is_refused_or_stored(name: str) -> None:
    build(name, examples=150)()


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.name)
def test_what_once_made_trouble_makes_none(path: Path) -> None:
    check = check_envelope if path.suffix == ".envelope" else check_event
    check(path.read_bytes())
