"""Frames in a form that engines and builds share: whose code they are, and what function and file they name."""

import re
from typing import NamedTuple

from monitor.pipeline.payload import Frame

ANONYMOUS = "<anonymous>"
MODULE = "<module>"

_NATIVE = re.compile(r"\[native code\]|<anonymous>|native |\(native\)|<native", re.IGNORECASE)
_EXTENSION = re.compile(r"(?:chrome|moz|safari|safari-web)-extension:|webkit-masked-url:|resource://|user-script:")
_WRAPPER = re.compile(
    r"(?:sentryWrapped|__sentry\w*|_wrapped?\w*(?:Function|RAF|Timer)|captureException|zoneAwareCallback|withScope)$"
)
_VENDOR_CHUNK = re.compile(r"(?:^|/)(?:vendors?|chunk-vendors|polyfills?|framework|runtime)(?:[.~-][\w.~-]*)?\.m?js$")
_LIBRARY = re.compile(
    r"(?:^|/)(?:node_modules|bower_components|\.pnpm|\.yarn|jspm_packages)/|^webpack/(?:bootstrap|runtime)"
)
_AUTHORED = re.compile(r"\.(?!(?:m?js|cjs|html?|php|aspx?|jsp)$)[A-Za-z]\w{0,6}$")
_PREFIX = re.compile(
    r"^(?:(?:async|new|get|set|static|bound|global code|setTimeout handler|EventHandlerNonNull)[ *]+)+"
)
_OWNER = re.compile(r"^(?:Object|Proxy|Module|Function|HTML\w*)\.")
_ALIAS = re.compile(r" \[as (?P<name>[\w$#.]+)\]$")
_READABLE = re.compile(r"[A-Za-z_$#][\w$#]{3,}")
_HASHED = re.compile(r"[.-](?=[\w-]*[\dA-Z_])[\w-]{6,20}(?=\.|$)|[.-][0-9a-f]{6,40}(?=\.|$)")
_ERROR_CLASS = re.compile(r"(?:Error|Exception|Failure)$")
_CLASS_LINE = re.compile(r"\s*(?:export\s+)?(?:default\s+)?(?:abstract\s+)?class\b")
_GENERIC_WORDS = (
    "constructor render setup onclick onchange onsubmit oninput onload onerror onmessage handler callback default "
    "anonymous value next then emit call apply dispatch invoke execute init main index run start update "
    "htmlbuttonelement htmldocument window object array proxy function module"
)
_GENERIC = frozenset(_GENERIC_WORDS.split())
"""Names of functions that many files have."""


class Spot(NamedTuple):
    """A function of a file. `function` and `file` are "" where they are minified or do not last."""

    function: str
    file: str

    @property
    def is_distinct(self) -> bool:
        """Whether the function's name says where it is even without its file."""
        owner, _, name = self.function.rpartition(".")
        return len(self.function) > 3 and (len(owner) > 3 or name.lower() not in _GENERIC)

    def words(self) -> str:
        """For people."""
        return f"{self.function or 'a function'} ({self.file})" if self.file else self.function


def is_own_code(frame: Frame) -> bool:
    """Whether the application's authors wrote it: no engine's, browser extension's, package's or SDK's frame."""
    address = frame.abs_path or frame.filename
    if not frame.in_app or is_native(frame) or _EXTENSION.match(address):
        return False
    if _WRAPPER.search(frame.function) or _LIBRARY.search(frame.filename):
        return False
    return is_source(frame) or not _VENDOR_CHUNK.search(frame.filename)


def is_source(frame: Frame) -> bool:
    """Whether the frame names things as their author did: resolved by a map, or of no script that a bundler makes."""
    return frame.raw is not None or bool(_AUTHORED.search(frame.filename))


def is_native(frame: Frame) -> bool:
    """Whether an engine's own function stands there."""
    where = frame.filename or frame.abs_path
    return not where or bool(_NATIVE.match(where))


def is_constructor(frame: Frame, is_own_class: bool) -> bool:
    """Whether the frame is the constructor of an error's class, which only some engines put on its stack.

    `is_own_class`: the error's class is the application's own, so that any constructor on top is its or its parent's.
    """
    owner = frame.function.removeprefix("new ").removesuffix(".constructor")
    if owner != frame.function or frame.function == "constructor":
        return is_own_class or bool(_ERROR_CLASS.search(owner))
    return frame.function in (MODULE, "") and bool(frame.context_line and _CLASS_LINE.match(frame.context_line))


def spot_of(frame: Frame) -> Spot:
    """Where a frame is, without what a build, a deploy or an engine adds."""
    if is_source(frame):
        return Spot(_source_function(frame.function), _stem(frame.module or frame.filename))
    function = _raw_function(frame.function)
    return Spot(function, _stem(frame.module or frame.filename)) if function else Spot("", "")


def _source_function(name: str) -> str:
    """The named function around a callback stands for it: inlining and minifiers leave no better."""
    name = _OWNER.sub("", _PREFIX.sub("", name.split("/")[0]))
    return "" if name in (ANONYMOUS, MODULE, "?") else name


def _raw_function(name: str) -> str:
    """The name that a minifier had to leave, such as a method's; "" for what it made up or an engine wrote."""
    if alias := _ALIAS.search(name):
        name = alias["name"]
    name = _PREFIX.sub("", name)
    if "/" in name or "<" in name or "(" in name:
        return ""
    name = name.rpartition(".")[2]
    return name if _READABLE.fullmatch(name) else ""


def _stem(path: str) -> str:
    """`cart` of `src/shop/cart.ts`: a file keeps its name, as a rule, when it moves."""
    name = re.split(r"[?#]", path)[0].rpartition("/")[2]
    name = _HASHED.sub("", name)
    return name.split(".")[0] if "." in name[1:] else name
