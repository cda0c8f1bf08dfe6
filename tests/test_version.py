"""The order of releases, by properties and by cases."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.models.version import Dated, is_newer, newest, parse_semver

START = datetime(2026, 1, 1, tzinfo=UTC)


def dated(version: str, day: int = 0) -> Dated:
    return Dated(version, START + timedelta(days=day))


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("web@1.0.0", "web@1.0.1"),
        ("web@1.9.0", "web@1.10.0"),
        ("1.0.0-rc.1", "1.0.0"),
        ("1.0.0-alpha", "1.0.0-beta"),
        ("v1.2", "v1.2.1"),
    ],
)
def test_semver_counts_whatever_the_dates_say(older: str, newer: str) -> None:
    assert is_newer(dated(newer, day=0), dated(older, day=9))
    assert not is_newer(dated(older, day=9), dated(newer, day=0))


def test_dates_count_where_versions_cannot() -> None:
    assert is_newer(dated("9c1f00d", day=2), dated("f00dbeef", day=1))
    assert is_newer(dated("9c1f00d", day=2), dated("1.0.0", day=1))
    assert is_newer(dated("api@1.0.0", day=2), dated("web@2.0.0", day=1))


def test_build_metadata_makes_nothing_newer() -> None:
    assert not is_newer(dated("1.0.0+2", day=2), dated("1.0.0+1", day=1))


def test_no_release_is_newer_than_itself() -> None:
    assert not is_newer(dated("1.0.0", day=2), dated("1.0.0", day=1))


def test_a_package_name_is_split_off() -> None:
    assert parse_semver("@scope/web@1.2.3") == ("@scope/web", parse_semver("1.2.3")[1])  # type: ignore[index]
    assert parse_semver("2026-11-22") is None


releases = st.builds(
    dated,
    st.one_of(
        st.from_regex(r"(web@)?(0|[1-9]\d?)\.(0|[1-9]\d?)\.(0|[1-9]\d?)(-rc\.[1-9])?", fullmatch=True),
        st.from_regex(r"[0-9a-f]{7}", fullmatch=True),
    ),
    st.integers(0, 30),
)


@given(releases, releases)
def test_never_both_newer(one: Dated, other: Dated) -> None:
    assert not (is_newer(one, other) and is_newer(other, one))


@given(st.lists(releases, max_size=8))
def test_the_newest_is_one_of_them(found: list[Dated]) -> None:
    assert (newest(found) in found) if found else newest(found) is None
