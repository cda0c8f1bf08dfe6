"""Names the function around a position of an original JavaScript or TypeScript file."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from functools import cache
from pathlib import PurePosixPath

import tree_sitter_javascript
import tree_sitter_typescript
from tree_sitter import Language, Node, Parser, Query, QueryCursor, Tree

ANONYMOUS = "<anonymous>"
MODULE = "<module>"
MAX_CHARACTERS = 2_000_000
FUNCTION_BYTES = 300
"""What a function takes in memory, about."""

_GRAMMARS = {
    "javascript": tree_sitter_javascript.language,
    "typescript": tree_sitter_typescript.language_typescript,
    "tsx": tree_sitter_typescript.language_tsx,
}
_TYPESCRIPT = {".ts", ".mts", ".cts"}
_COMPONENTS = {".vue", ".svelte", ".astro"}
_SCRIPT = re.compile(r"(<script\b[^>]*>)(.*?)</script", re.DOTALL | re.IGNORECASE)
_IS_TYPESCRIPT = re.compile(r"\blang\s*=\s*[\"']?tsx?\b")
_VISIBLE = re.compile(r"[^\n]")
_FUNCTIONS = {
    "arrow_function",
    "function_declaration",
    "function_expression",
    "generator_function",
    "generator_function_declaration",
    "method_definition",
}
_CLASSES = {"abstract_class_declaration", "class", "class_declaration"}
_NAMING = {  # type of the node around a function -> the field that names it
    "variable_declarator": "name",
    "assignment_expression": "left",
    "assignment_pattern": "left",
    "pair": "key",
    "field_definition": "property",
    "public_field_definition": "name",
}
_TRANSPARENT = {"as_expression", "parenthesized_expression", "satisfies_expression"}


Point = tuple[int, int]
"""Line and byte of UTF-16, both from 0."""


class Scopes:
    """The functions of one file: where each begins and ends, its name, and the one around it.

    The tree that they come from takes thirty times the room of the text, so it is not kept.
    """

    def __init__(self, lines: Sequence[str], filename: str) -> None:
        """Parse a file; more than MAX_CHARACTERS are not parsed. A syntax error spoils only what is around it."""
        self._begins: list[Point] = []
        self._ends: list[Point] = []
        self._names: list[str] = []
        self._outer: list[int] = []
        text = "\n".join(lines)
        self.is_parsed = len(text) <= MAX_CHARACTERS
        if self.is_parsed:
            suffix = PurePosixPath(filename).suffix.lower()
            grammar, text = _scripts_of(text) if suffix in _COMPONENTS else (_grammar(suffix), text)
            # UTF-16, because that is what source maps count columns in
            tree = Parser(_language(grammar)).parse(text.encode("utf-16-le", "replace"), encoding="utf16le")
            found = QueryCursor(_functions(grammar)).captures(tree.root_node).get("function", [])
            for node in sorted(found, key=lambda node: (node.start_byte, -node.end_byte)):
                self._add(node, _name(_around(tree, node)))

    def _add(self, node: Node, name: str) -> None:
        """Functions come in the order of their beginnings, an outer one before those in it."""
        outer = len(self._ends) - 1
        while outer >= 0 and self._ends[outer] <= tuple(node.start_point):
            outer = self._outer[outer]
        self._begins.append((node.start_point.row, node.start_point.column))
        self._ends.append((node.end_point.row, node.end_point.column))
        self._names.append(name)
        self._outer.append(outer)

    def weight(self) -> int:
        """Bytes in memory, about."""
        return FUNCTION_BYTES * len(self._names)

    def name_at(self, line: int, column: int) -> str:
        """`Class.method`, a function's name, `<module>`; for a function without a name `outer/<anonymous>`, by the
        named one around it; "" if the file was too large to parse. `line` and `column` (in UTF-16 units) count from 0.
        """
        if not self.is_parsed:
            return ""
        point = (line, 2 * column)
        inner = bisect_right(self._begins, point) - 1
        while inner >= 0 and self._ends[inner] <= point:
            inner = self._outer[inner]
        if inner < 0:
            return MODULE
        if self._names[inner] != ANONYMOUS:
            return self._names[inner]
        while inner >= 0 and self._names[inner] == ANONYMOUS:
            inner = self._outer[inner]
        return f"{self._names[inner]}/{ANONYMOUS}" if inner >= 0 else ANONYMOUS


def _scripts_of(text: str) -> tuple[str, str]:
    """The grammar and the scripts of a component, every other character but line ends made a space.

    What does not begin with a tag was compiled already and is all script.
    """
    if not text.lstrip().startswith("<"):
        return "typescript", text
    found = list(_SCRIPT.finditer(text))
    parts, end = [], 0
    for script in found:
        parts += [_VISIBLE.sub(" ", text[end : script.start(2)]), script[2]]
        end = script.end(2)
    is_typescript = any(_IS_TYPESCRIPT.search(script[1]) for script in found)
    return "typescript" if is_typescript else "javascript", "".join(parts)


def _grammar(suffix: str) -> str:
    return "typescript" if suffix in _TYPESCRIPT else "tsx" if suffix == ".tsx" else "javascript"


@cache
def _language(grammar: str) -> Language:
    return Language(_GRAMMARS[grammar]())


@cache
def _functions(grammar: str) -> Query:
    """Finds every function of a tree, in the compiled library."""
    return Query(_language(grammar), f"[{' '.join(f'({kind})' for kind in sorted(_FUNCTIONS))}] @function")


def _around(tree: Tree, function: Node) -> list[Node]:
    """The nodes around a function, outermost first, itself last. Node.parent searches from the root each time."""
    cursor = tree.walk()
    path: list[Node] = []
    while cursor.node is not None:
        path.append(cursor.node)
        if cursor.node == function or cursor.goto_first_child_for_byte(function.start_byte) is None:
            break
    return path


def _name(path: list[Node]) -> str:
    """The name of the last node of the path, a function, seen from its surroundings."""
    function = path[-1]
    around = [node for node in path[:-1] if node.type not in _TRANSPARENT]
    named = function.child_by_field_name("name")
    if named is None and around and (field := _NAMING.get(around[-1].type)):
        named = around[-1].child_by_field_name(field)
    if named is not None and named.type in ("member_expression", "subscript_expression"):
        named = named.child_by_field_name("property")
    if named is None:
        return ANONYMOUS
    owner = _class_of(around)
    return f"{owner}.{_text(named)}" if owner else _text(named)


def _class_of(around: list[Node]) -> str:
    """The name of the class that the function is a member of; "" for other functions."""
    if len(around) < 2 or around[-1].type not in ("class_body", "field_definition", "public_field_definition"):
        return ""
    for position in range(len(around) - 1, -1, -1):
        if around[position].type in _CLASSES:
            return _class_name(around[position], around[position - 1] if position else None)
    return ""


def _class_name(found: Node, outer: Node | None) -> str:
    named = found.child_by_field_name("name")
    if named is None and outer is not None and outer.type == "variable_declarator":
        named = outer.child_by_field_name("name")
    return _text(named) if named is not None else ""


def _text(node: Node) -> str:
    text = (node.text or b"").decode("utf-16-le", "replace")
    return text.strip("'\"`#[]")[:200] or ANONYMOUS
