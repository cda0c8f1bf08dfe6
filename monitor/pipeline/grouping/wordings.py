"""The engines' wordings of their own errors, as patterns, and what each complains of.

They are those of V8 (`src/common/message-template.h`), SpiderMonkey (`js/public/friend/ErrorNumbers.msg`) and
JavaScriptCore (`runtime/ExceptionHelpers.cpp` and where it throws), as browsers report them; older wordings that still
arrive are listed too. `name` captures the property, callee or variable as such, `expression` and `evaluated` code that
ends in it.
"""

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
ARGUMENT = "argument of the wrong kind"
PRIVATE = "private member of another class"
SYMBOL = "symbol in place of a text or number"
PRIMITIVE = "object that has no primitive value"
INSTANCEOF = "instanceof with what is no class"
SUPER = "this before super()"
TOO_LONG = "text that is too long"
INTL = "invalid locale, time zone or currency"
URI = "malformed URI"
URL = "invalid URL"
CODE = "code that does not parse"

TYPE_ERRORS = (
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
    (URL, r"Failed to construct 'URL'|Invalid URL"),
    (ARGUMENT, r"Failed to (?:execute|construct) '(?P<name>\w+)'(?: on '\w+')?: (?:parameter \d|\d+ argument|The )"),
    (PRIVATE, r"Cannot (?:read|write) private member (?P<name>#\w+)"),
    (SYMBOL, r"Cannot convert a Symbol value to a (?:string|number)"),
    (PRIMITIVE, r"Cannot convert object to primitive value"),
    (INSTANCEOF, r"Right-hand side of 'instanceof' is not"),
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
    (URL, r"(?:URL constructor: )?.* is not a valid URL"),
    (ARGUMENT, r"\w+\.(?P<name>\w+): (?:Argument \d|At least \d+ argument|Value being)"),
    (PRIVATE, r"can't access private field or method|can't set private field"),
    (SYMBOL, r"can't convert symbol to (?:string|number)"),
    (PRIMITIVE, r"can't convert .* to (?:a )?primitive(?: type)?"),
    (INSTANCEOF, r"invalid 'instanceof' operand"),
    # JavaScriptCore
    (
        NOT_ITERABLE,
        r"(?:null|undefined) is not an object \(evaluating '(?:\[|\.\.\.).*|Array\.from requires an array-like",
    ),
    (NOT_ITERABLE, r"(?:null|undefined|.* )is not a function \(near '\.\.\.|Spread syntax requires"),
    (READ, r"(?:null|undefined) is not an object \(evaluating '(?P<evaluated>.*)'\)"),
    (INSTANCEOF, r".* is not a function\. \(evaluating '.* instanceof |Right hand side of instanceof is not"),
    (READ, r"(?:null|undefined) is not an object|Right side of assignment cannot be destructured"),
    (CLASS_CALL, r"Cannot call a class constructor (?P<name>\S*) ?without \|new\|"),
    (CONSTANT, r"Attempted to assign to (?:a )?(?:constant|const) variable"),
    (READ_ONLY, r"Attempted to assign to readonly property"),
    (NOT_EXTENSIBLE, r"Attempting to define property on object that is not extensible"),
    (NOT_DELETABLE, r"Unable to delete property"),
    (IN_OPERATOR, r".* is not an Object\. \(evaluating '.* in .*"),
    (RECEIVER, r"Can only call (?P<name>[\w.]+) on instances of|Type error$"),
    (BIGINT, r"Invalid mix of BigInt and other type|Conversion from 'BigInt' to 'number'"),
    (CYCLIC, r"JSON\.stringify cannot serialize cyclic structures"),
    (URL, r".* cannot be parsed as a URL"),
    (ARGUMENT, r"Argument \d+ \('.*?'\) to (?:the )?\w+\.?(?P<name>\w*) (?:constructor )?must be|Not enough arguments"),
    (PRIVATE, r"Cannot access (?:invalid )?private (?:field|name)"),
    (SYMBOL, r"Cannot convert a symbol to a (?:string|number)"),
    (PRIMITIVE, r"No default value"),
    (EMPTY_REDUCE, r"[Rr]educe of empty array with no initial value"),
    # all three, JavaScriptCore with more behind it
    (CALL, r"(?P<expression>.+?) is not a function"),
    (NEW, r"(?P<expression>.+?) is not a constructor"),
    (READ, r"(?P<object>.+) is (?:null|undefined)$"),
)
REFERENCE_ERRORS = (
    (TOO_EARLY, r"Cannot access '(?P<name>.*)' before initialization"),
    (TOO_EARLY, r"can't access lexical declaration '(?P<name>.*)' before initialization"),
    (TOO_EARLY, r"Cannot access uninitialized variable"),
    (UNDECLARED, r"(?P<name>\S+) is not defined"),
    (UNDECLARED, r"Can't find variable: (?P<name>\S+)"),
    (SUPER, r"Must call super constructor|must call super constructor|'super\(\)' must be called"),
    (UNDECLARED, r"assignment to undeclared variable (?P<name>\S+)"),
)
RANGE_ERRORS = (
    (RECURSION, r"Maximum call stack size exceeded|too much recursion|Out of stack space"),
    (LENGTH, r"[Ii]nvalid array (?:buffer )?length|Array (?:size is not a small enough|length must be a) positive"),
    (DIGITS, r"to(?:Fixed|Precision|Exponential|String)\(\) .*|precision -?\S+ out of range|radix must be"),
    (REPEAT, r"Invalid count value|repeat count must be|String\.prototype\.repeat argument"),
    (TIME, r"Invalid time value|[Ii]nvalid [Dd]ate"),
    (TOO_LONG, r"Invalid string length|allocation size overflow|Out of memory"),
    (BIGINT, r"The number .* cannot be converted to a BigInt|.*can't be converted to BigInt|Not an integer"),
    (INTL, r"[Ii]nvalid (?:language tag|time zone|currency code)|Incorrect locale information|.*well-formed currency"),
)
SYNTAX_ERRORS = (
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
    (BIGINT, r"Cannot convert .* to a BigInt|invalid BigInt syntax|Failed to parse String to BigInt"),
    (
        CODE,
        r"Unexpected (?:token|identifier|end of input|EOF|strict mode)|Invalid or unexpected token|expected expression",
    ),
)


URI_ERRORS = ((URI, r"URI malformed|malformed URI sequence|String contained an illegal UTF-16 sequence|URI error"),)

WORDINGS = {
    "TypeError": TYPE_ERRORS,
    "ReferenceError": REFERENCE_ERRORS,
    "RangeError": RANGE_ERRORS,
    "InternalError": RANGE_ERRORS,
    "SyntaxError": SYNTAX_ERRORS,
    "URIError": URI_ERRORS,
}
"""Type of the error -> (what it complains of, pattern); the first that matches the message's beginning counts."""
