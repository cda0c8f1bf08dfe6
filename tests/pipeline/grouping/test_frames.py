"""Frames: whose code they are, and the names that last."""

import pytest

from monitor.pipeline.grouping.frames import Spot, is_constructor, is_native, is_own_code, spot_of
from monitor.pipeline.payload import Frame, RawFrame

RAW = RawFrame("/assets/app-BxK3_9aZ.js", "t", 1, 900)


@pytest.mark.parametrize(
    "frame",
    [
        Frame(filename="[native code]", function="forEach"),
        Frame(function="Array.map"),
        Frame(filename="/x.js", abs_path="moz-extension://1/x.js", function="inject"),
        Frame(filename="node_modules/vue/index.js", function="run", raw=RAW),
        Frame(filename="/js/vendors.aeab5638.js", function="t"),
        Frame(filename="src/app.ts", function="sentryWrapped", raw=RAW),
        Frame(filename="src/app.ts", function="go", in_app=False, raw=RAW),
    ],
)
def test_what_the_application_did_not_write(frame: Frame) -> None:
    assert not is_own_code(frame)


@pytest.mark.parametrize(
    "frame", [Frame(filename="src/vendors.ts", function="list", raw=RAW), Frame(filename="/assets/index-1a2b3c4d.js")]
)
def test_what_it_did_write(frame: Frame) -> None:
    assert is_own_code(frame)
    assert not is_native(frame)


@pytest.mark.parametrize(
    ("function", "module", "spot"),
    [
        ("Cart.total", "src/shop/cart", Spot("Cart.total", "cart")),
        ("Cart.total/<anonymous>", "lib/cart", Spot("Cart.total", "cart")),
        ("<module>", "src/Row", Spot("", "Row")),
    ],
)
def test_a_resolved_frame_is_its_named_function_and_its_file(function: str, module: str, spot: Spot) -> None:
    assert spot_of(Frame(filename=f"{module}.ts", module=module, function=function, raw=RAW)) == spot


@pytest.mark.parametrize("filename", ["app/views.py", "/src/App.vue", "lib/models/order.rb"])
def test_files_that_no_bundler_makes_name_things_as_their_author_did(filename: str) -> None:
    assert spot_of(Frame(filename=filename, function="get")).function == "get"
    assert spot_of(Frame(filename="/static/app.js", function="get")).function == ""


@pytest.mark.parametrize(
    ("engine", "name"),
    [
        ("Ws.ticks", "ticks"),
        ("ticks", "ticks"),
        ("async*setRefresh", "setRefresh"),
        ("get total", "total"),
        ("wl [as parse]", "parse"),
        ("Ws", ""),
        ("render/<", ""),
        ("709/postEntry/<", ""),
        ("onClick.n.<computed>", ""),
        ("?", ""),
    ],
)
def test_a_minified_frame_is_the_name_that_a_minifier_leaves(engine: str, name: str) -> None:
    found = spot_of(Frame(filename="/assets/index-CJwZ9e-U.js", function=engine))
    assert found == Spot(name, "index" if name else "")


@pytest.mark.parametrize(
    ("spot", "is_distinct"),
    [
        (Spot("formatMoney", "money"), True),
        (Spot("QueryPanel.render", "query"), True),
        (Spot("render", "query"), False),
        (Spot("onClick", "Cart"), False),
        (Spot("go", "nav"), False),
    ],
)
def test_names_that_many_files_have_need_their_file(spot: Spot, is_distinct: bool) -> None:
    assert spot.is_distinct is is_distinct


@pytest.mark.parametrize(
    ("function", "line", "of_own_class", "of_plain_error"),
    [
        ("StockError.constructor", "super(text);", True, True),
        ("new Widget", None, True, False),
        ("<module>", "export class StockError extends Error {", True, True),
        ("checkStock", "throw new StockError();", False, False),
    ],
)
def test_constructors_of_errors(function: str, line: str | None, of_own_class: bool, of_plain_error: bool) -> None:
    frame = Frame(filename="src/a.ts", function=function, context_line=line)
    assert (is_constructor(frame, True), is_constructor(frame, False)) == (of_own_class, of_plain_error)
