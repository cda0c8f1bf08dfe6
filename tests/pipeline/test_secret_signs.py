"""No secret without a sign of it, whatever it stands in."""

import re
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.pipeline.scrub import LOOKS, NAMED, scrub_text, scrub_value
from monitor.pipeline.secret_signs import SECRET_NAME, is_secret, shows_a_secret
from tests.pipeline.test_scrub import objects, texts


def shows(value: Any) -> bool:
    return shows_a_secret(msgspec.json.encode(value))


@pytest.mark.parametrize("pattern", [pattern for pattern, _ in (*LOOKS, NAMED)])
def test_whatever_a_pattern_finds_shows(pattern: re.Pattern[str]) -> None:
    @settings(max_examples=40, deadline=None)
    @given(st.from_regex(pattern), texts)
    def check(found: str, before: str) -> None:
        for text in (found, before + found, before + "\n" + found, f"\x1f{found}\\", f'"{found}"'):
            assert shows([text]) or scrub_text(text) == text

    check()


@settings(max_examples=200, deadline=None)
@given(st.from_regex(SECRET_NAME) | st.text(max_size=3).map("token".__add__))
def test_whatever_is_a_secret_s_name_shows(name: str) -> None:
    assert is_secret(name)
    assert shows({name: "x"}) and shows({"a": {name: 7}}) and shows([name, "x"]) and shows(["x", "--" + name, 7])


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=2), st.from_regex(SECRET_NAME), st.text(max_size=2))
def test_parameters_show(before: str, name: str, after: str) -> None:
    for text in (f"{name}=x", f"/a?{before}&{name}=x{after}", f"{before}#{name}=x"):
        assert shows(text) or scrub_text(text) == text


@settings(max_examples=400, deadline=None)
@given(objects)
def test_what_scrubbing_changes_shows(value: dict[str, Any]) -> None:
    assert shows(value) or scrub_value(value) == value


@pytest.mark.parametrize(
    "text", ["monkey business", "pass the salt", "build 20261122 of key-value.js", "d4" * 16, "/zip?fields=id&page=2"]
)
def test_ordinary_words_are_no_sign(text: str) -> None:
    assert not shows({"message": text, "data": [text, 200], "at": 1795383709.008})
