"""Checks: what is accepted, and what a wrong one is told."""

from typing import Any

import pytest

from edge.check import Check, CheckError, parse_check

ASSIGNED = {
    "id": "12", "name": "shop", "kind": "http", "url": "https://shop.example/", "method": "HEAD",
    "interval_s": 30, "timeout_s": 5, "expect_status": "200,301-399", "expect_body": "",
}  # fmt: skip


def test_an_assigned_check() -> None:
    check = parse_check(ASSIGNED)
    assert (check.key, check.method, check.interval_s, check.timeout_s) == ("12", "HEAD", 30, 5)
    assert [status for status in (200, 204, 300, 301, 399, 404) if check.expects(status)] == [200, 301, 399]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"url": "ftp://shop.example/"}, "not an http"),
        ({"url": "https://shop.example/a b"}, "write %20"),
        ({"url": "https://shop.example/" + "x" * 1000}, "too long"),
        ({"name": ""}, "0 characters: 1 to 100 fit"),
        ({"url": "https:///path"}, "with a host"),
        ({"url": "https://shop.example:99999/"}, "not a valid URL"),
        ({"url": "https://me:secret@shop.example/"}, "user name or password"),
        ({"method": "DELETE"}, "only GET and HEAD"),
        ({"interval_s": 0}, "interval_s must be"),
        ({"interval_s": "often"}, "'often' is not a number"),
        ({"timeout_s": True}, "True is not a number"),
        ({"timeout_s": 600}, "timeout_s"),
        ({"expect_status": "2xx"}, "expected status '2xx'"),
        ({"expect_status": "399-200"}, "expected status"),
    ],
)
def test_a_wrong_check_is_told_why(change: dict[str, Any], message: str) -> None:
    with pytest.raises(CheckError, match=message) as caught:
        parse_check({**ASSIGNED, **change})
    assert "secret" not in str(caught.value)


def test_a_missing_field_is_named() -> None:
    with pytest.raises(CheckError, match="has no url"):
        parse_check({"id": "1", "name": "shop"})


def test_a_check_of_the_command_line_has_a_key_of_its_own() -> None:
    assert Check("a", "http://a.example/").key != Check("b", "http://a.example/").key
