"""The engines' own errors in one form: V8, SpiderMonkey and JavaScriptCore word the same mistake differently.

The wordings are those of V8's messages.h (`src/common/message-template.h`), SpiderMonkey's `js.msg` and
JavaScriptCore's `ExceptionHelpers.cpp`, as the browsers report them; older wordings that still arrive are listed too.
"""

import re
from typing import NamedTuple

READ = "use of a property of null or undefined"
CALL = "call of what is no function"
NEW = "construction of what is no constructor"
UNDECLARED = "use of an undeclared variable"
TOO_EARLY = "use of a variable before its initialization"
NOT_ITERABLE = "iteration over what is not iterable"
CONSTANT = "assignment to a constant"
READ_ONLY = "assignment to a read-only property"
NOT_EXTENSIBLE = "new property on an object that is not extensible"
NOT_DELETABLE = "deletion of a property that is not deletable"
NOT_OBJECT = "null or undefined in place of an object"
IN_OPERATOR = "`in` on what is no object"
CLASS_CALL = "call of a class without new"
RECEIVER = "call on an object of the wrong kind"
BIGINT = "BigInt mixed with another type"
CYCLIC = "cyclic structure in JSON"
EMPTY_REDUCE = "reduce of an empty array"
RECURSION = "too much recursion"
LENGTH = "invalid array length"
DIGITS = "number of digits out of range"
REPEAT = "invalid count of repetitions"
TIME = "invalid date"
PATTERN = "invalid regular expression"
JSON = "text that is not JSON"
SELECTOR = "invalid selector"
URL = "invalid URL"
CODE = "code that does not parse"


class MessageClass(NamedTuple):
    """What an engine complains of; `name` is the property, callee or variable, "" where the message does not tell."""

    kind: str
    name: str = ""


_TYPE_ERRORS = (
    # V8
    (READ, r"Cannot (?:read|set) properties of (?:null|undefined)(?: \((?:reading|setting) '(?P<name>.*)'\))?"),
    (READ, r"Cannot (?:read|set) property '?(?P<name>.*?)'? of (?:null|undefined)"),
    (READ, r"Cannot destructure property '(?P<name>[^']*)' of "),
    (READ, r"Cannot destructure '.*' as it is (?:null|undefined)"),
    (NOT_ITERABLE, r"(?:object )?(?:null|undefined) is not iterable"),
    (NOT_ITERABLE, r"(?P<expression>.+?) is not iterable"),
    (NOT_ITERABLE, r"Spread syntax requires \.\.\.iterable|.* is not a function or its return value is not iterable"),
    (NOT_ITERABLE, r"Invalid attempt to (?:spread|destructure|iterate) non-iterable instance"),
    (CLASS_CALL, r"Class constructor (?P<name>\S+) cannot be invoked without 'new'"),
    (CONSTANT, r"Assignment to constant variable"),
    (READ_ONLY, r"Cannot assign to read only property '(?P<name>[^']*)'"),
    (READ_ONLY, r"Cannot set property (?P<name>\S+) of .* which has only a getter"),
    (NOT_EXTENSIBLE, r"Cannot (?:add|define) property (?P<name>[^,]*), object is not extensible"),
    (NOT_DELETABLE, r"Cannot delete property '(?P<name>[^']*)' of "),
    (NOT_OBJECT, r"Cannot convert undefined or null to object|Object prototype may only be an Object or null"),
    (IN_OPERATOR, r"Cannot use 'in' operator to search for '(?P<name>.*?)' in"),
    (RECEIVER, r"Illegal invocation|Method (?P<name>[\w.]+) called on incompatible receiver"),
    (BIGINT, r"Cannot mix BigInt and other types|Cannot convert a BigInt value to a number"),
    (CYCLIC, r"Converting circular structure to JSON"),
    (EMPTY_REDUCE, r"[Rr]educe of empty array with no initial value"),
    # SpiderMonkey
    (NOT_ITERABLE, r"can't access property (?:\"?)Symbol\.iterator"),
    (READ, r"can't (?:access|assign to|define) property \"(?P<name>[^\"]*)\"(?:,| on) .* is (?:null|undefined)"),
    (READ, r"can't (?:access|assign to) property (?P<expression>\S+?), .* is (?:null|undefined)"),
    (CONSTANT, r"invalid assignment to const"),
    (READ_ONLY, r"\"(?P<name>[^\"]*)\" is read-only|setting getter-only property \"?(?P<getter>[^\"]*)"),
    (NOT_EXTENSIBLE, r"can't define property \"?(?P<name>[^\":]*)\"?: .*not extensible"),
    (NOT_DELETABLE, r"property \"?(?P<name>[^\"]*)\"? is non-configurable and can't be deleted"),
    (NOT_OBJECT, r"can't convert (?:undefined|null) to object"),
    (IN_OPERATOR, r"right-hand side of 'in' should be an object"),
    (CLASS_CALL, r"class constructors must be invoked with 'new'"),
    (RECEIVER, r"'?(?P<name>[\w ]+)'? called on (?:an object that does not implement|incompatible)"),
    (BIGINT, r"can't convert BigInt to number"),
    (CYCLIC, r"cyclic object value"),
    # JavaScriptCore
    (
        NOT_ITERABLE,
        r"(?:null|undefined) is not an object \(evaluating '(?:\[|\.\.\.).*|Array\.from requires an array-like",
    ),
    (NOT_ITERABLE, r"(?:null|undefined|.* )is not a function \(near '\.\.\.|Spread syntax requires"),
    (READ, r"(?:null|undefined) is not an object \(evaluating '(?P<evaluated>.*)'\)"),
    (READ, r"Right side of assignment cannot be destructured"),
    (CLASS_CALL, r"Cannot call a class constructor (?P<name>\S*) ?without \|new\|"),
    (CONSTANT, r"Attempted to assign to (?:a )?(?:constant|const) variable"),
    (READ_ONLY, r"Attempted to assign to readonly property"),
    (NOT_EXTENSIBLE, r"Attempting to define property on object that is not extensible"),
    (NOT_DELETABLE, r"Unable to delete property"),
    (IN_OPERATOR, r".* is not an Object\. \(evaluating '.* in .*"),
    (RECEIVER, r"Can only call (?P<name>[\w.]+) on instances of|Type error$"),
    (BIGINT, r"Invalid mix of BigInt and other type|Conversion from 'BigInt' to 'number'"),
    (CYCLIC, r"JSON\.stringify cannot serialize cyclic structures"),
    (EMPTY_REDUCE, r"[Rr]educe of empty array with no initial value"),
    # all three, JavaScriptCore with more behind it
    (CALL, r"(?P<expression>.+?) is not a function"),
    (NEW, r"(?P<expression>.+?) is not a constructor"),
    (READ, r"(?P<object>.+) is (?:null|undefined)$"),
)
_REFERENCE_ERRORS = (
    (TOO_EARLY, r"Cannot access '(?P<name>.*)' before initialization"),
    (TOO_EARLY, r"can't access lexical declaration '(?P<name>.*)' before initialization"),
    (TOO_EARLY, r"Cannot access uninitialized variable"),
    (UNDECLARED, r"(?P<name>\S+) is not defined"),
    (UNDECLARED, r"Can't find variable: (?P<name>\S+)"),
    (UNDECLARED, r"assignment to undeclared variable (?P<name>\S+)"),
)
_RANGE_ERRORS = (
    (RECURSION, r"Maximum call stack size exceeded|too much recursion|Out of stack space"),
    (LENGTH, r"[Ii]nvalid array (?:buffer )?length|Array (?:size is not a small enough|length must be a) positive"),
    (DIGITS, r"to(?:Fixed|Precision|Exponential|String)\(\) .*|precision -?\S+ out of range|radix must be"),
    (REPEAT, r"Invalid count value|repeat count must be|String\.prototype\.repeat argument"),
    (TIME, r"Invalid time value|[Ii]nvalid date"),
)
_SYNTAX_ERRORS = (
    (PATTERN, r"[Ii]nvalid regular expression|unterminated (?:character class|parenthetical)|nothing to repeat"),
    (PATTERN, r"unmatched \)|invalid (?:regexp group|range in character class|capture group name|escape)"),
    (PATTERN, r"\\ at end of pattern|numbers out of order in \{\} quantifier|Invalid (?:flags supplied|property name)"),
    (
        JSON,
        r".* is not valid JSON|Unexpected (?:end of JSON input|token .* in JSON at position)|JSON\.parse: |JSON Parse",
    ),
    (JSON, r".* in JSON at position|Unexpected non-whitespace character after JSON|\"undefined\" is not valid JSON"),
    (JSON, r"The string did not match the expected pattern\.?$"),
    (SELECTOR, r".* is not a valid selector"),
    (
        CODE,
        r"Unexpected (?:token|identifier|end of input|EOF|strict mode)|Invalid or unexpected token|expected expression",
    ),
)


def _compiled(table: tuple[tuple[str, str], ...]) -> tuple[tuple[str, "re.Pattern[str]"], ...]:
    return tuple((kind, re.compile(pattern)) for kind, pattern in table)


_TABLES = {
    "TypeError": _compiled(_TYPE_ERRORS),
    "ReferenceError": _compiled(_REFERENCE_ERRORS),
    "RangeError": _compiled(_RANGE_ERRORS),
    "InternalError": _compiled(_RANGE_ERRORS),
    "SyntaxError": _compiled(_SYNTAX_ERRORS),
}
_LAST_NAME = re.compile(r"[.#]([A-Za-z_$][\w$]*)$")
_INDEX = re.compile(r"\[[^\]]*\]$|^\d+$")
_ASSIGNED = re.compile(r"(?<![=!<>])=(?![=>])")
_END = re.compile(r"end of (?:JSON input|data)|EOF|Unterminated string|unterminated string")
_PAGE = re.compile(r"^Unexpected token '?<|^The string did not match")
CUT_SHORT, ANSWER = "cut short", "an answer"
INDEX = "[…]"
"""The name of a property that is computed: engines tell its value, its expression, or neither."""


def classify(kind: str, message: str) -> MessageClass | None:
    """The class of an engine's message under an error of the type `kind`; None for what is no engine's own."""
    for name, pattern in _TABLES.get(kind, ()):
        if found := pattern.match(message):
            return MessageClass(name, _of_json(message) if name == JSON else _name(found.groupdict()))
    return None


def _of_json(message: str) -> str:
    if _END.search(message):
        return CUT_SHORT
    return ANSWER if _PAGE.search(message) else ""


def _name(groups: dict[str, str | None]) -> str:
    if name := groups.get("name") or groups.get("getter"):
        return INDEX if name.isdigit() else name.strip("'\"")[:100]
    if evaluated := groups.get("evaluated"):
        return _last_name(_ASSIGNED.split(evaluated)[0] if _ASSIGNED.search(evaluated) else evaluated)
    return _last_name(groups.get("expression") or "")


def _last_name(expression: str) -> str:
    """`columns` of `r.value.columns`: the only part that no minifier renames; "" where there is none."""
    expression = expression.strip()
    if _INDEX.search(expression):
        return INDEX
    found = _LAST_NAME.search(expression)
    return found[1][:100] if found else ""
