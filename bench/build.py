"""Makes a minified build with source maps of a realistic size, so that frames have something to be resolved to."""

import json
import random
import re
from dataclasses import dataclass
from pathlib import Path

# fmt: off
WORDS = [
    "cart", "order", "price", "customer", "voucher", "address", "payment", "delivery", "product", "catalogue", "review",
    "basket", "invoice", "refund", "session", "profile", "filter", "search", "result", "banner", "menu", "dialog",
    "stock", "currency", "country", "discount", "shipping", "parcel", "label", "receipt",
]
ACTS = [
    "load", "save", "parse", "render", "update", "merge", "collect", "format", "resolve", "apply", "check", "compute",
    "select", "open", "close", "sync",
]
_KEYWORDS = frozenset(("function", "const", "return", "throw", "new", "if", "for", "of", "RangeError"))
# fmt: on
VENDOR_MODULES, APP_MODULES, FUNCTIONS = 120, 160, 12
_TOKEN = re.compile(r"[A-Za-z_$][\w$]*|\d+|\"[^\"]*\"|=>|===|[^\sA-Za-z_$\d\"]|\s+")
_BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_FUNCTION = """\
/**
 * Takes what {subject} needs, and answers with what is left of it.
 */
export function {name}({first}, {second}) {{
  const entries = {first}.{subject}List.filter((entry) => entry.{detail} > {number});
  if (!entries.length) {{
    throw new RangeError("no {subject} with a {detail} in {name}");
  }}
  for (const entry of entries) {{
    {callee}(entry.{detail}, {second});
  }}
  return entries.map((entry) => entry.{subject}.{detail}.toString());
}}

"""


@dataclass(frozen=True)
class Point:
    """A place in a minified script that a frame may name: its function there, line and column from 1."""

    function: str
    line: int
    column: int


@dataclass(frozen=True)
class Script:
    """A minified script: the URL it is served at, its debug id, and the places calls and throws stand at."""

    url: str
    debug_id: str
    points: tuple[Point, ...]


@dataclass
class _Minified:
    """A script on one line, and what its map says of it."""

    letters: str
    code: list[str]
    mappings: list[str]
    names: dict[str, int]
    points: list[tuple[str, int]]
    column: int = 0
    last: tuple[int, int, int, int, int] = (0, 0, 0, 0, 0)


def write_build(folder: Path, edition: int) -> None:
    """Write assets/vendor.js and assets/index.js with their maps below `folder`, which is made.

    Editions are made of the same sources, and differ in every name and column, as releases do.
    """
    rng = random.Random(1)
    assets = folder / "assets"
    assets.mkdir(parents=True)
    for name, path, modules in (
        ("vendor", "../../node_modules/widgets/lib/{}.js", VENDOR_MODULES),
        ("index", "../../src/{}.js", APP_MODULES),
    ):
        sources = {path.format(f"{_two(rng)}{number}"): _module(rng) for number in range(modules)}
        code, source_map, points = _minify(sources, edition)
        (assets / f"{name}.js").write_text(f"{code}\n//# sourceMappingURL={name}.js.map\n")
        (assets / f"{name}.js.map").write_text(json.dumps(source_map))
        (assets / f"{name}.points").write_text(json.dumps(points))


def read_build(folder: Path, origin: str) -> list[Script]:
    """The vendor script and the application's, once the upload has injected their debug ids."""
    found = []
    for name in ("vendor", "index"):
        path = folder / "assets" / name
        injected = json.loads(path.with_suffix(".js.map").read_text())
        mappings = injected["mappings"]
        line = len(mappings) - len(mappings.lstrip(";")) + 1
        points = json.loads(path.with_suffix(".points").read_text())
        places = tuple(Point(function, line, column + 1) for function, column in points)
        found.append(Script(f"{origin}/assets/{name}.js", injected["debugId"], places))
    return found


def _two(rng: random.Random) -> str:
    return rng.choice(ACTS) + rng.choice(WORDS).capitalize()


def _module(rng: random.Random) -> str:
    names = [f"{_two(rng)}{rng.choice(WORDS).capitalize()}{number}" for number in range(FUNCTIONS)]
    return "".join(
        _FUNCTION.format(
            name=name,
            callee=rng.choice(names),
            subject=rng.choice(WORDS),
            detail=rng.choice(WORDS),
            first=rng.choice(WORDS) + "Input",
            second=rng.choice(WORDS) + "Options",
            number=rng.randrange(100),
        )
        for name in names
    )


def _minify(sources: dict[str, str], edition: int) -> tuple[str, dict[str, object], list[tuple[str, int]]]:
    out = _Minified("etnrioasl"[edition:], [], [], {}, [])
    _write(out, f'"edition {edition * "I"}";')
    for index, source in enumerate(sources.values()):
        _minify_module(out, index, source)
    source_map = {
        "version": 3,
        "sources": list(sources),
        "sourcesContent": list(sources.values()),
        "names": list(out.names),
        "mappings": ",".join(out.mappings),
    }
    return "".join(out.code), source_map, out.points


def _minify_module(out: _Minified, index: int, source: str) -> None:
    """Shorten the names, drop comments and white space, and map every word to its origin."""
    short: dict[str, str] = {}
    function, before = "", ""
    for line_number, line in enumerate(source.splitlines()):
        if line.lstrip().startswith(("/*", "*")):
            continue
        for match in _TOKEN.finditer(line.removeprefix("export ")):
            token = match[0]
            if token.isspace():
                continue
            column = match.start() + len(line) - len(line.removeprefix("export "))
            written = _shortened(token, before, short, out.letters, index)
            if (out.code and out.code[-1][-1:].isalnum()) and written[0].isalnum():
                _write(out, " ")
            if token[0].isalpha():
                function = written if before == "function" else function
                if before == "new" or (line[column + len(token) :].startswith("(") and before != "function"):
                    out.points.append((function, out.column))
                _map(out, index, line_number, column, token)
            _write(out, written)
            before = token


def _shortened(token: str, before: str, short: dict[str, str], letters: str, index: int) -> str:
    if not token[0].isalpha() or token in _KEYWORDS or before == ".":
        return token
    return short.setdefault(token, f"{letters[len(short) % len(letters)]}{index:x}{len(short):x}")


def _write(out: _Minified, text: str) -> None:
    out.code.append(text)
    out.column += len(text)


def _map(out: _Minified, *place: int | str) -> None:
    """Add a segment; `place` is source, line, column and name."""
    *numbers, name = place
    here = (out.column, *(int(number) for number in numbers), out.names.setdefault(str(name), len(out.names)))
    out.mappings.append("".join(_vlq(new - old) for new, old in zip(here, out.last, strict=True)))
    out.last = (here[0], here[1], here[2], here[3], here[4])


def _vlq(number: int) -> str:
    rest = (-number << 1) | 1 if number < 0 else number << 1
    digits = ""
    while True:
        rest, digit = rest >> 5, rest & 31
        digits += _BASE64[digit | (32 if rest else 0)]
        if not rest:
            return digits
