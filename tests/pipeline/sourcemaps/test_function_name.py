"""Names of enclosing functions in original sources."""

import pytest

from monitor.pipeline.sourcemaps.function_name import MAX_CHARACTERS, Scopes

JAVASCRIPT = """\
HERE_module();
function declared() { HERE_declared() }
const arrow = (a) => HERE_arrow(a);
const expression = function () { HERE_expression() };
const named = function inner() { HERE_inner() };
shop.cart.add = () => { HERE_add() };
const api = { load: async () => HERE_load(), save() { HERE_save() }, 'quoted-key': () => HERE_quoted() };
[1].map(() => HERE_anonymous());
class Cart {
  field = () => HERE_field();
  #secret() { HERE_secret() }
  static of() { HERE_of() }
  constructor() { HERE_constructor() }
  get size() { return HERE_size() }
  total() { return this.lines.map((line) => HERE_callback(line)) }
  value = HERE_initial();
}
const Box = class { open() { HERE_open() } };
async function* generate() { HERE_generate() }
function outer() { function nested() { HERE_nested() } }
const 名前 = '😀', after = () => HERE_after();
"""


def name_at(source: str, marker: str, filename: str = "a.js") -> str:
    lines = source.split("\n")
    line = next(number for number, text in enumerate(lines) if marker in text)
    before = lines[line].split(marker)[0]
    return Scopes(lines, filename).name_at(line, len(before.encode("utf-16-le")) // 2)


@pytest.mark.parametrize(
    ("marker", "name"),
    [
        ("module", "<module>"),
        ("declared", "declared"),
        ("arrow", "arrow"),
        ("expression", "expression"),
        ("inner", "inner"),
        ("add", "add"),
        ("load", "load"),
        ("save", "save"),
        ("quoted", "quoted-key"),
        ("anonymous", "<anonymous>"),
        ("field", "Cart.field"),
        ("secret", "Cart.secret"),
        ("of", "Cart.of"),
        ("constructor", "Cart.constructor"),
        ("size", "Cart.size"),
        ("callback", "Cart.total/<anonymous>"),
        ("open", "Box.open"),
        ("generate", "generate"),
        ("nested", "nested"),
        ("after", "after"),
    ],
)
def test_javascript(marker: str, name: str) -> None:
    assert name_at(JAVASCRIPT, f"HERE_{marker}(") == name


@pytest.mark.parametrize("filename", ["a.ts", "a.mts", "a.tsx"])
def test_typescript(filename: str) -> None:
    source = (
        "abstract class A<T> {\n  private run(x: T): void { HERE }\n  go = async (): Promise<void> => { THERE };\n}"
    )
    assert name_at(source, "HERE", filename) == "A.run"
    assert name_at(source, "THERE", filename) == "A.go"


def test_tsx_and_jsx() -> None:
    source = "export const Button = ({ label }: Props) => <b onClick={() => HERE}>{THERE}</b>;"
    assert name_at(source, "THERE", "a.tsx") == "Button"
    assert name_at(source, "HERE", "a.tsx") == "Button/<anonymous>"
    assert name_at(source.replace(": Props", ""), "THERE", "a.jsx") == "Button"


@pytest.mark.parametrize(("attributes", "kind"), [("setup", ""), ('setup lang="ts"', ": number")])
@pytest.mark.parametrize("suffix", ["vue", "svelte"])
def test_components(suffix: str, attributes: str, kind: str) -> None:
    script = f"<script {attributes}>\nfunction 名(a{kind}) {{ HERE }}\n</script>"
    source = f'<template>\n  <p @click="go">😀 {{{{ a => OUTSIDE }}}}</p>\n</template>\n{script}\n<style>p {{}}</style>'
    assert name_at(source, "HERE", f"App.{suffix}") == "名"
    assert name_at(source, "OUTSIDE", f"App.{suffix}") == "<module>"


def test_a_component_that_was_compiled_already() -> None:
    assert name_at("export default { setup() { HERE } }", "HERE", "App.vue") == "setup"


def test_a_cast_does_not_hide_the_name() -> None:
    assert name_at("const run = (() => { HERE }) as Run;", "HERE", "a.ts") == "run"


def test_a_syntax_error_spoils_only_its_surroundings() -> None:
    assert name_at("function good() { HERE }\nconst = = ;\n", "HERE") == "good"


@pytest.mark.parametrize("position", [(0, 0), (99, 0), (0, 9999)])
def test_positions_outside_of_the_file(position: tuple[int, int]) -> None:
    assert Scopes(["let a = 1"], "a.js").name_at(*position) == "<module>"


def test_a_huge_file_is_not_parsed() -> None:
    assert Scopes(["x" * (MAX_CHARACTERS + 1)], "a.js").name_at(0, 0) == ""


@pytest.mark.parametrize("bomb", ["(", "a=>(", "{[", "`${", "<a>", "class{a=()=>{"])
def test_hostile_nesting_is_survived(bomb: str) -> None:
    text = bomb * (100_000 // len(bomb))
    assert isinstance(Scopes([text], "a.jsx").name_at(0, len(text) - 1), str)
