"""Errors of known kinds, whose texts differ by engine, library or build although they mean one thing."""

import re
from typing import NamedTuple

CHUNK = "part of the application that could not be loaded"
NETWORK = "request without an answer"
STATUS = "answer with an error status"
QUOTA = "storage that is full"
ABORT = "aborted operation"
HYDRATION = "hydration mismatch"
SCRIPT_ERROR = "error of a script from another origin"
RESIZE = "ResizeObserver loop"
ALL_REJECTED = "promises that were all rejected"
REJECTED_VALUE = "rejection with what is no error"
THROWN_OBJECT = "object thrown or rejected that is no error"
FRAMEWORK = "error code of a framework"
DOM = "DOM exception"

_DOM_EXCEPTIONS_WORDS = (
    "IndexSizeError HierarchyRequestError WrongDocumentError InvalidCharacterError NoModificationAllowedError "
    "NotFoundError NotSupportedError InUseAttributeError InvalidStateError InvalidModificationError NamespaceError "
    "InvalidAccessError TypeMismatchError SecurityError NetworkError URLMismatchError TimeoutError "
    "InvalidNodeTypeError DataCloneError EncodingError NotReadableError UnknownError ConstraintError DataError "
    "TransactionInactiveError ReadOnlyError VersionError OperationError NotAllowedError OptOutError"
)
DOM_EXCEPTIONS = frozenset(_DOM_EXCEPTIONS_WORDS.split())
"""Names of DOMException (Web IDL, section 2.8.1) but for those that are a kind of their own."""


LOSING_DETAIL = frozenset({CHUNK, NETWORK})
"""Kinds of which some engine never tells what they happened to."""


class Kind(NamedTuple):
    """`target` is what it happened to, as far as the message tells: a chunk, a host, a path, a code, keys."""

    name: str
    target: str = ""


_TYPES = {"AbortError": ABORT, "CanceledError": ABORT, "QuotaExceededError": QUOTA, "NS_ERROR_DOM_QUOTA_REACHED": QUOTA}
_HOST = r"(?: \((?P<host>[^)]+)\))?"
_REACT_HYDRATION = r"Minified React error #(?:418|419|42[0-5]|329);"
_MESSAGES = tuple(
    (name, re.compile(pattern, re.DOTALL))
    for name, pattern in (
        # webpack, vite and the engines' own import()
        (CHUNK, r"Loading (?:CSS )?chunk (?P<id>\S+) failed(?:.*?(?P<url>https?://[^\s)]+))?"),
        (CHUNK, r"(?:Failed to fetch|[Ee]rror loading) dynamically imported module:? ?(?P<url>\S*)"),
        (CHUNK, r"Unable to preload CSS for (?P<url>\S+)"),
        (CHUNK, r"Importing a module script failed|'?text/html'? is not a valid JavaScript MIME type"),
        # fetch() in V8, SpiderMonkey and JavaScriptCore with the host that the SDK adds; axios; React Native
        (NETWORK, rf"(?:Failed to fetch|NetworkError when attempting to fetch resource\.?|Load failed){_HOST}$"),
        (NETWORK, r"(?:Network [Ee]rror|Network request failed|The network connection was lost\.?)$"),
        (NETWORK, r"The Internet connection appears to be offline|A server with the specified hostname could not"),
        (STATUS, r"Request failed with status code (?P<status>[45]\d\d)\b(?P<rest>.*)"),
        (STATUS, r".*\bHTTP(?: error)?(?:[:!]? status)?[: ] ?(?P<status>[45]\d\d)\b(?P<rest>.*)"),
        (SCRIPT_ERROR, r"Script error\.?$"),
        (RESIZE, r"ResizeObserver loop"),
        (QUOTA, r".*(?:exceeded the quota|quota has been exceeded)"),
        (ABORT, r"signal is aborted without reason|The (?:operation|user) (?:was )?aborted|Fetch is aborted"),
        # React, Vue, Svelte, Angular
        (HYDRATION, rf"{_REACT_HYDRATION}|Hydration failed because|Text content does not match server-rendered HTML"),
        (HYDRATION, r"Hydration completed but contains mismatches|.*svelte\.dev/e/hydration|NG050\d\b"),
        (FRAMEWORK, r"Minified (?P<code>React error #\d+)(?:.*?args\[\]=(?P<found>object%20with%20keys[^&\s]*))?"),
        (FRAMEWORK, r"https://(?P<code>svelte\.dev/e/\w+)|\w+\s.*https://(?P<code2>svelte\.dev/e/\w+)"),
        (FRAMEWORK, r"(?P<code>NG0?\d{3,4})\b"),
        (FRAMEWORK, r".*(?P<code>vuejs\.org/error-reference/#\S+)"),
        # Promise.any() in the three engines
        (ALL_REJECTED, r"All promises were rejected|No Promise in Promise\.any was resolved|No error message$"),
        # what the SDK writes of values that are no errors
        (REJECTED_VALUE, r"Non-Error promise rejection captured with value: (?P<value>.*)"),
        (THROWN_OBJECT, r"Object captured as (?:exception|promise rejection) with keys: (?P<keys>.*)"),
        (THROWN_OBJECT, r"Event `(?P<event>\w+)` \(type=(?P<what>\w+)\) captured as"),
    )
)
_HASH = re.compile(r"[.-](?=[\w-]*[\dA-Z_])[\w-]{6,20}(?=\.|$)|[.-][0-9a-f]{6,40}(?=\.|$)")


def known_kind(kind: str, message: str) -> Kind | None:
    """The known kind of an error with that type and message; None for any other."""
    for name, pattern in _MESSAGES:
        if found := pattern.match(message):
            return Kind(name, _target(name, found))
    if name := _TYPES.get(kind, ""):
        return Kind(name)
    if kind == "ChunkLoadError":
        return Kind(CHUNK)
    return Kind(DOM, kind) if kind in DOM_EXCEPTIONS else None


def _target(name: str, found: "re.Match[str]") -> str:
    groups = {group: text for group, text in found.groupdict().items() if text}
    if name == CHUNK:
        return chunk_name(groups.get("url", ""))
    return " ".join(groups.values())


def chunk_name(url: str) -> str:
    """`export-panel` of `https://a.example/js/export-panel.9d89d29f.chunk.js?v=2`; "" where it is only a number."""
    name = re.split(r"[?#]", url)[0].rpartition("/")[2]
    name = re.sub(r"(?:\.chunk)?\.(?:m?js|css)$", "", name)
    name = _HASH.sub("", name)
    return "" if re.fullmatch(r"\d*|[0-9a-f]{8,}", name) else name
