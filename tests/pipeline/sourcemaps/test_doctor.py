"""The doctor's rules, each from findings made by hand; the whole way is in tests/api/test_made_mistakes.py."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from monitor.pipeline.sourcemaps.doctor import REMEDIES, diagnose
from monitor.pipeline.sourcemaps.findings import Attempt, Findings, Reading, Upload

URL = "https://shop.example/assets/app.js"
A, B = UUID(int=10), UUID(int=11)
SCRIPT = Upload("minified_source", "~/assets/app.js", "1.0", source_map_url="app.js.map")
MAP = Upload("source_map", "~/assets/app.js.map", "1.0", blob="m")
GOOD = Reading(source="src/cart.js:3:12")
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def kind(**changes: Any) -> str:
    """The diagnosis of a frame of release 1.0; "" for none."""
    found = diagnose(Findings(**{"url": URL, "release": "1.0", **changes}))
    return found.kind if found else ""


def kind_with_map(**changes: Any) -> str:
    """The same, of a frame whose map was found and opened."""
    return kind(**{"map": MAP, "of_release": [SCRIPT, MAP], "is_resolved": True, "reading": GOOD, **changes})


def script(url: str, **changes: Any) -> Upload:
    return Upload("minified_source", url, "1.0", **changes)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"url": "[native code]"}, ""),
        ({"url": "chrome-extension://abc/x.js"}, "extension"),
        ({}, "nothing_uploaded"),
        ({"release": ""}, "unnamed_build"),
        ({"release": "", "debug_id": A}, "nothing_uploaded"),
        ({"elsewhere": [script("~/assets/app.js")]}, "other_release"),
        ({"attempts": [Attempt("created", has_all_parts=False)]}, "upload_broken_off"),
        ({"attempts": [Attempt("ok"), Attempt("created")]}, "upload_pending"),
        ({"attempts": [Attempt("ok"), Attempt("error", "no zip")]}, "upload_failed"),
        ({"of_release": [SCRIPT], "dist": "7"}, "wrong_dist"),
        ({"of_release": [SCRIPT]}, "map_missing"),
        ({"of_release": [script("~/assets/app.js")]}, "no_map_named"),
        ({"of_release": [script("~/x.js")]}, "not_uploaded"),
        ({"of_release": [script("~/x.js")], "attempts": [Attempt("error"), Attempt("ok")]}, "upload_failed"),
    ],
)
def test_why_there_is_no_map(changes: dict[str, Any], expected: str) -> None:
    assert kind(**changes) == expected


@pytest.mark.parametrize(
    ("uploaded", "asked", "expected"),
    [
        ("~/app.js", "/assets/app.js", "renamed"),
        ("~/js/index-BxQ81_zd.js", "/js/index-Zk2ap0Wm.js", "wrong_build"),
        ("~/js/index-BxQ81_zd.js", "/js/start-BxQ81_zd.js", "renamed"),
        ("~/js/main.5f3a9c1b.min.js", "/js/main.0d77e6aa.min.js", "wrong_build"),
        ("~/js/main.js", "/js/main.5f3a9c1b.js", "renamed"),
        ("~/js/main.js", "/js/cart.js", "not_uploaded"),
        ("~/js/checkout-page.js", "/js/checkout-form.js", "not_uploaded"),
    ],
)
def test_what_names_tell(uploaded: str, asked: str, expected: str) -> None:
    assert kind(url=f"https://shop.example{asked}", of_release=[script(uploaded)]) == expected


def test_a_file_with_the_same_content_was_renamed() -> None:
    before = Upload("minified_source", "~/assets/app.js", "0.9", sha1="s")
    found = diagnose(
        Findings(URL, release="1.0", elsewhere=[before], of_release=[script("~/x.js"), script("~/bundle.js", sha1="s")])
    )
    assert found
    assert (found.kind, "~/bundle.js is, with the same content" in found.reason) == ("renamed", True)


def test_debug_ids_tell_builds_apart() -> None:
    assert kind(debug_id=A, of_release=[script("~/assets/app.js", debug_id=B)]) == "wrong_build"
    two = [script("~/assets/app.js", debug_id=A), Upload("source_map", "~/assets/app.js.map", "1.0", debug_id=B)]
    assert kind(of_release=two) == "wrong_build"
    assert kind_with_map(debug_id=A, reading=Reading(source="x:1:1", map_debug_id=B)) == "wrong_build"
    assert kind_with_map(reading=Reading(source="x:1:1", script_debug_id=A, map_debug_id=B)) == "wrong_build"
    assert kind_with_map(debug_id=A, reading=Reading(source="x:1:1", map_debug_id=A)) == ""


@pytest.mark.parametrize(
    ("reading", "expected"),
    [
        (GOOD, ""),
        (Reading("it is HTML", looks_like_html=True, looks_like_json=False), "html_as_map"),
        (Reading("it is not JSON", looks_like_json=False), "not_a_map"),
        (Reading("it is larger than 128 bytes"), "map_refused"),
        (Reading(source="x:1:1", maps_snippet=True), "map_before_injection"),
        (Reading(source="x:1:1", script_lines=1, line_length=4), "column_past_end"),
        (Reading(source="x:1:1", script_lines=0), "line_past_end"),
        (Reading(), "wrong_build"),
        (Reading(source="x:99:1", is_inside_source=False), "wrong_build"),
        (Reading(source="x:1:1", fit=0.39), "wrong_build"),
        (Reading(source="x:1:1", fit=0.4), ""),
        (Reading(source="x:1:1", dissent="x:2:1"), "readers_disagree"),
        (Reading(source="x:1:1", has_contents=False), "no_contents"),
    ],
)
def test_what_opening_the_map_tells(reading: Reading, expected: str) -> None:
    assert kind_with_map(reading=reading, column=6) == expected


def test_a_column_right_behind_the_line_is_its_end() -> None:
    assert kind_with_map(reading=Reading(source="x:1:1", script_lines=1, line_length=5), column=6) == ""


@pytest.mark.parametrize("changes", [{"line": None}, {"column": None}, {"column": 0}])
def test_without_a_position_no_map_helps(changes: dict[str, Any]) -> None:
    assert kind_with_map(**changes, reading=None) == "no_position"


@pytest.mark.parametrize(("minutes", "words"), [(1, "uploaded after this event"), (-1, "could not be applied")])
def test_a_good_map_came_late(minutes: int, words: str) -> None:
    late = Upload("source_map", "~/assets/app.js.map", "1.0", at=NOON + timedelta(minutes=minutes))
    found = diagnose(Findings(URL, release="1.0", received_at=NOON, map=late, reading=GOOD))
    assert found
    assert (found.kind, words in found.reason) == ("uploaded_late", True)


def test_the_documentation_has_every_kind() -> None:
    page = Path(__file__).resolve().parents[3] / "docs" / "sourcemaps.md"
    table = page.read_text().partition("| kind |")[2].partition("\n\n")[0]
    cells = "".join(re.findall(r"^\| ([^|]+) \|", table, re.MULTILINE))
    assert set(re.findall(r"`(\w+)`", cells)) == set(REMEDIES)


def test_a_long_list_of_names_is_cut() -> None:
    found = diagnose(Findings(URL, release="1.0", of_release=[script(f"~/{n}.js") for n in range(12)]))
    assert found
    assert found.reason.endswith("uploaded were ~/0.js, ~/1.js, ~/2.js, ~/3.js, ~/4.js and 7 more.")
    assert found.remedy == REMEDIES["not_uploaded"]
