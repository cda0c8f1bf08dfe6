"""What went wrong, in a form that engines, builds and occurrences share."""

import re
from functools import lru_cache
from typing import NamedTuple

from monitor.pipeline.grouping import kinds
from monitor.pipeline.grouping.message_class import ANSWER, INDEX, MessageClass, classify
from monitor.pipeline.grouping.parameterize import parameterize
from monitor.pipeline.grouping.wordings import JSON, RECURSION, UNDECLARED

MOST_CHARACTERS = 1000
ENOUGH_WORDS = 3
"""A text with so many words besides its parameters is hardly written twice for different faults."""

_BUILT_IN_WORDS = (
    "Error EvalError RangeError ReferenceError SyntaxError TypeError URIError InternalError AggregateError "
    "DOMException UnhandledRejection Event ErrorEvent PromiseRejectionEvent"
)
BUILT_IN = frozenset(_BUILT_IN_WORDS.split())
_EVERYWHERE_WORDS = (
    "length map forEach filter push find join then id name value type data key x y toString style indexOf split"
)
_EVERYWHERE = frozenset(_EVERYWHERE_WORDS.split())
"""Properties that many places of one application read."""
_NAMED_TYPE = re.compile(r"[A-Z]\w{3,}|\w*(?:Error|Exception)")
_EMBEDDED = re.compile(r"(?:^|: )(?:Uncaught )?(?:\(in promise\):? )?(?:(\w*Error): )?")
_NAMED_MESSAGE = re.compile(r"(\w+Error): (.*)", re.DOTALL)
_PARAMETER = re.compile(r"<\w+>")
_WORD = re.compile(r"[^\W\d_]{2,}")
_CAMEL = re.compile(r"[A-Z][a-z0-9]+|[A-Z]+(?![a-z])")
_FIRST_PATH = re.compile(r"\"path\":\s*\[\s*\"([^\"]+)\"")
_JSON_TEXT = re.compile(r"\s*[\[{]\s*[\[{\"\]}]")


class Signature(NamedTuple):
    """`is_telling`: whether an application makes it in one place, as a rule. `own_type`: a class of the application's
    own, which tells the fault even where the text is reworded; "" for the language's and the browsers' classes.
    `is_engines`: the engine made it, no `throw` of the application's.
    """

    kind: str
    detail: str
    is_telling: bool
    own_type: str = ""

    is_engines: bool = False

    def words(self) -> str:
        """For people."""
        return f"{self.kind}: {self.detail}" if self.detail else self.kind

    @property
    def what(self) -> tuple[str, str]:
        """The part of a key."""
        return self.kind, self.detail

    @property
    def has_telling_type(self) -> bool:
        """Whether the class's own name says what is wrong: `OrderNotFoundError` does, `HttpError` does not."""
        return len(_CAMEL.findall(self.own_type)) > 2

    def without_stack(self) -> "Signature":
        """The same, of an exception that came without a frame: of text that is not JSON, an answer's says nothing
        else in Firefox and Safari, while JSON.parse() always has a stack.
        """
        return self._replace(detail=ANSWER) if self.kind == JSON and not self.detail else self

    @property
    def is_recursion(self) -> bool:
        """Whether the stack is a cycle cut off anywhere."""
        return self.kind == RECURSION


@lru_cache(maxsize=1024)
def signature_of(kind: str, message: str) -> Signature:
    """The signature of an exception of the type `kind`."""
    message = message[:MOST_CHARACTERS]
    if kind == "DOMException" and (named := _NAMED_MESSAGE.match(message)):  # as older SDKs send them
        kind, message = named.groups()
    known = kinds.known_kind(kind, message)
    if known:
        return _of_known(known, _own_type(kind))
    found = classify(kind, message)
    if found:
        return _of_class(found)
    return _embedded(kind, message) or _of_text(kind, message)


def _own_type(kind: str) -> str:
    """The class's name where the application or a library gave it; minified ones are none."""
    is_own = kind not in BUILT_IN and kind not in kinds.DOM_EXCEPTIONS and _NAMED_TYPE.fullmatch(kind)
    return kind if is_own else ""


def _of_known(known: kinds.Kind, own_type: str) -> Signature:
    if known.name == kinds.STATUS:
        status, _, rest = known.target.partition(" ")
        return Signature(known.name, f"{own_type} {status} {_shape(rest)}".strip(), "/" in rest)
    target = _shape(known.target) if known.name == kinds.REJECTED_VALUE else known.target
    return Signature(known.name, target, bool(target) and known.name not in (kinds.DOM, kinds.FRAMEWORK))


def _of_class(found: MessageClass) -> Signature:
    is_name = found.kind != JSON and found.name not in ("", INDEX) and found.name not in _EVERYWHERE
    is_telling = is_name and (found.kind != UNDECLARED or len(found.name) > 2)
    return Signature(found.kind, found.name, is_telling, is_engines=True)


def _embedded(kind: str, message: str) -> Signature | None:
    """An engine's message inside of another: what a worker reported, what was caught and thrown again."""
    for place in list(_EMBEDDED.finditer(message))[:4]:
        if not place[0] and not place[1]:
            continue
        named, rest = place[1], message[place.end() :]
        tried = (named,) if named else ("TypeError", "ReferenceError", "RangeError", "SyntaxError")
        for one in tried:
            if found := classify(one, rest):
                before = _shape(message[: place.start()])
                return Signature(found.kind, f"{found.name} in “{before}”" if before else found.name, True)
    return None


def _of_text(kind: str, message: str) -> Signature:
    own_type = _own_type(kind)
    if _JSON_TEXT.match(message):
        paths = _FIRST_PATH.search(message)
        return Signature("structured message", f"{kind} {paths[1] if paths else ''}".strip(), False)
    shape = _shape(message)
    is_telling = len(_WORD.findall(shape)) >= ENOUGH_WORDS
    label = own_type or (kind if kind in BUILT_IN else "Error")
    return Signature(label, shape, is_telling, own_type)


def _shape(message: str) -> str:
    """The words of a text without its parameters."""
    return " ".join(_PARAMETER.sub("…", parameterize(message)).split())
