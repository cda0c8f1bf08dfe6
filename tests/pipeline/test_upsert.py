"""What is written as an array literal comes back as it was."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.pipeline.upsert import Column, _arrays, _execute, _places

pytestmark = pytest.mark.django_db


def back(kind: str, values: list[Any]) -> list[Any]:
    column = Column("c", kind)
    rows = _execute(f"SELECT * FROM unnest({_places([column])})", _arrays([column], [(value,) for value in values]))
    return [value for (value,) in rows]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=100)
@given(values=st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), min_size=1))
def test_any_text(values: list[str]) -> None:
    assert back("varchar", values) == values


def test_texts_that_mean_something_in_a_literal() -> None:
    values = ["", "NULL", "null", "{}", "a,b", '"', "\\", '\\"', " a ", "{a}", "'", "%s", "\n"]
    assert back("varchar", values) == values


def test_other_types() -> None:
    at = datetime(2026, 11, 22, 1, 2, 3, 456789, tzinfo=UTC)
    assert back("timestamptz", [at, at.astimezone(timezone(timedelta(hours=-9, minutes=-30)))]) == [at, at]
    assert back("date", [at.date(), None]) == [at.date(), None]
    assert back("bigint", [-(2**63), 2**63 - 1, 0, None]) == [-(2**63), 2**63 - 1, 0, None]
    assert back("uuid", [UUID(int=7)]) == [UUID(int=7)]
    assert [bytes(value) for value in back("bytea", [b"\0\\x\xff", b""])] == [b"\0\\x\xff", b""]
