"""Engines' messages: three wordings, one class."""

import pytest

from monitor.pipeline.grouping import wordings
from monitor.pipeline.grouping.message_class import INDEX, MessageClass, classify

MESSAGES = [
    (
        wordings.READ,
        "title",
        "Cannot read properties of undefined (reading 'title')",
        'can\'t access property "title", e[t] is undefined',
        "undefined is not an object (evaluating 'e[t].title')",
    ),
    (
        wordings.READ,
        "textContent",
        "Cannot set properties of null (setting 'textContent')",
        'can\'t access property "textContent", document.querySelector(...) is null',
        'null is not an object (evaluating \'document.querySelector("#l-"+n(5)).textContent="a=b"\')',
    ),
    (
        wordings.READ,
        INDEX,
        "Cannot read properties of null (reading '0')",
        "can't access property 0, e is null",
        "null is not an object (evaluating 'e[0]')",
    ),
    (
        wordings.CALL,
        "redraw",
        "this.chart.redraw is not a function",
        "this.chart.redraw is not a function",
        "this.chart.redraw is not a function. (In 'this.chart.redraw()', 'this.chart.redraw' is null)",
    ),
    (
        wordings.NOT_ITERABLE,
        "",
        "n is not iterable",
        "can't access property Symbol.iterator, n is undefined",
        "undefined is not an object (evaluating '[s,...a]')",
    ),
    (
        wordings.BIGINT,
        "",
        "Cannot mix BigInt and other types, use explicit conversions",
        "can't convert BigInt to number",
        "Invalid mix of BigInt and other type in addition.",
    ),
    (
        wordings.ARGUMENT,
        "appendChild",
        "Failed to execute 'appendChild' on 'Node': parameter 1 is not of type 'Node'.",
        "Node.appendChild: Argument 1 is not an object.",
        "Argument 1 ('node') to Node.appendChild must be an instance of Node",
    ),
]


@pytest.mark.parametrize(("kind", "name", "v8", "spider_monkey", "java_script_core"), MESSAGES)
def test_type_errors(kind: str, name: str, v8: str, spider_monkey: str, java_script_core: str) -> None:
    for message in (v8, spider_monkey, java_script_core):
        assert classify("TypeError", message) == MessageClass(kind, name)


@pytest.mark.parametrize(
    ("error", "kind", "messages"),
    [
        ("ReferenceError", wordings.UNDECLARED, ["fx is not defined", "Can't find variable: fx"]),
        ("ReferenceError", wordings.TOO_EARLY, ["Cannot access 'fx' before initialization"]),
        ("RangeError", wordings.RECURSION, ["Maximum call stack size exceeded", "Maximum call stack size exceeded."]),
        ("InternalError", wordings.RECURSION, ["too much recursion"]),
        ("RangeError", wordings.LENGTH, ["Invalid array length", "Array length must be a positive integer of safe"]),
        ("RangeError", wordings.DIGITS, ["toFixed() digits argument must be between 0", "precision 125 out of range"]),
        ("RangeError", wordings.TIME, ["Invalid time value", "invalid date", "Invalid Date"]),
        ("SyntaxError", wordings.PATTERN, ["Invalid regular expression: /[/: x", "unterminated character class"]),
        (
            "SyntaxError",
            wordings.SELECTOR,
            ["Document.querySelector: '#' is not a valid selector", "'#' is not a valid selector."],
        ),
        (
            "URIError",
            wordings.URI,
            ["URI malformed", "malformed URI sequence", "String contained an illegal UTF-16 sequence."],
        ),
    ],
)
def test_other_errors(error: str, kind: str, messages: list[str]) -> None:
    assert {found.kind for message in messages if (found := classify(error, message))} == {kind}


def test_json_that_ends_too_early_is_told_from_a_page_in_its_place() -> None:
    cut = [
        "Unexpected end of JSON input",
        "JSON.parse: unexpected end of data at line 1",
        "JSON Parse error: Unexpected EOF",
    ]
    assert len({classify("SyntaxError", message) for message in cut}) == 1
    assert classify("SyntaxError", cut[0]) != classify(
        "SyntaxError", "Unexpected token '<', \"<!doctype\" is not valid JSON"
    )


@pytest.mark.parametrize("message", ["Cannot reconcile account 38862", "", "undefined", "is not a functio"])
def test_what_applications_write_is_no_engines(message: str) -> None:
    assert classify("TypeError", message) is None


def test_a_type_that_no_engine_throws_is_none() -> None:
    assert classify("Error", "Cannot read properties of null (reading 'id')") is None
