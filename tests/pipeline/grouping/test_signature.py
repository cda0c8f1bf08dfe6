"""What went wrong: the same for engines, builds and occurrences, and no more the same than that."""

import pytest

from monitor.pipeline.grouping import kinds
from monitor.pipeline.grouping.kinds import chunk_name
from monitor.pipeline.grouping.signature import Signature, signature_of

CHUNKS = [
    ("TypeError", "Failed to fetch dynamically imported module: https://a.example/assets/Reports-Bh_vymj9.js"),
    ("TypeError", "error loading dynamically imported module: https://a.example/build/Reports-Ck3ja01Z.js"),
    ("ChunkLoadError", "Loading chunk 200 failed.\n(error: https://a.example/js/Reports.9d89d29f.chunk.js)"),
]


def test_a_chunk_is_known_by_its_name_not_its_hash() -> None:
    assert {signature_of(*chunk).what for chunk in CHUNKS} == {(kinds.CHUNK, "Reports")}
    assert signature_of("TypeError", "Importing a module script failed.").what == (kinds.CHUNK, "")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://a.example/js/export-panel.9d89d29f.chunk.js?v=2", "export-panel"),
        ("https://a.example/js/200.js", ""),
        ("https://a.example/_next/static/chunks/4bd1b696e2ab.js", ""),
        ("", ""),
    ],
)
def test_chunk_name(url: str, name: str) -> None:
    assert chunk_name(url) == name


@pytest.mark.parametrize(
    ("kind", "messages"),
    [
        (kinds.NETWORK, ["Failed to fetch (a.example)", "NetworkError when attempting to fetch resource. (a.example)"]),
        (kinds.NETWORK, ["Load failed (a.example)", "Failed to fetch (a.example)"]),
        (kinds.ALL_REJECTED, ["All promises were rejected", "No Promise in Promise.any was resolved"]),
        (kinds.SCRIPT_ERROR, ["Script error.", "Script error"]),
        (
            kinds.HYDRATION,
            ["Minified React error #418; visit https://react.dev/errors/418", "Hydration failed because x"],
        ),
        (kinds.RESIZE, ["ResizeObserver loop limit exceeded", "ResizeObserver loop completed with undelivered"]),
    ],
)
def test_known_kinds(kind: str, messages: list[str]) -> None:
    found = {signature_of("TypeError", message) for message in messages}
    assert {one.kind for one in found} == {kind}


def test_another_host_is_another_fault() -> None:
    assert signature_of("TypeError", "Failed to fetch (a.example)") != signature_of(
        "TypeError", "Failed to fetch (b.example)"
    )


def test_a_status_counts_with_its_path_without_ids() -> None:
    one, two, other = (
        signature_of("HttpError", f"HTTP {status} for /api/banks/{number}/feed")
        for status, number in ((503, 17), (503, 4711), (404, 17))
    )
    assert one == two != other


@pytest.mark.parametrize("kind", ["AbortError", "QuotaExceededError", "NotFoundError", "DataCloneError"])
def test_exceptions_of_the_browser_count_by_their_name(kind: str) -> None:
    assert signature_of(kind, "The object can not be found here.") == signature_of(
        kind, "Failed to execute 'x' on 'Node'"
    )


def test_older_sdks_write_the_name_into_the_message() -> None:
    old = signature_of("DOMException", "NotFoundError: The object can not be found here.")
    assert old == signature_of("NotFoundError", "The object can not be found here.")


@pytest.mark.parametrize("before", ["Import failed: ", "worker: Uncaught TypeError: "])
def test_an_engines_message_inside_of_another(before: str) -> None:
    one = signature_of("Error", f"{before}Cannot read properties of undefined (reading 'trim')")
    assert one == signature_of("Error", f"{before}undefined is not an object (evaluating 't[n].trim')")
    assert one != signature_of("TypeError", "Cannot read properties of undefined (reading 'trim')")


def test_react_tells_the_keys_of_the_object() -> None:
    url = "https://react.dev/errors/31?args[]=object%20with%20keys%20"
    one, two = (signature_of("Error", f"Minified React error #31; visit {url}%7B{key}%7D for") for key in ("id", "at"))
    assert one != two


def test_a_minified_class_is_no_name() -> None:
    assert signature_of("Bg", "Payment 7 failed") == signature_of("r", "Payment 8 failed")
    assert signature_of("OrderNotFoundError", "x").own_type == "OrderNotFoundError"
    assert signature_of("TypeError", "Cannot reconcile account").own_type == ""


@pytest.mark.parametrize(("kind", "is_telling"), [("OrderNotFoundError", True), ("HttpError", False), ("Error", False)])
def test_which_class_tells_enough_alone(kind: str, is_telling: bool) -> None:
    assert signature_of(kind, "some text").has_telling_type is is_telling


def test_common_properties_and_short_texts_do_not_tell() -> None:
    telling: list[Signature] = [
        signature_of("TypeError", "Cannot read properties of null (reading 'coupon')"),
        signature_of("Error", "the cart is empty"),
        signature_of("ReferenceError", "legacyTracker is not defined"),
    ]
    assert all(one.is_telling for one in telling)
    assert not signature_of("TypeError", "Cannot read properties of null (reading 'length')").is_telling
    assert not signature_of("Error", "Not found").is_telling


def test_only_an_answer_that_is_no_json_comes_without_a_stack() -> None:
    bare = signature_of("SyntaxError", "JSON.parse: unexpected character at line 1 column 1 of the JSON data")
    assert bare.without_stack() == signature_of("SyntaxError", "The string did not match the expected pattern.")
