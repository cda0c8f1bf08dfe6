"""An event as SDKs send it, read by its types where it is as regular as nearly all are: a third of the work."""

from typing import Annotated, Any, Literal, TypedDict

import msgspec
from msgspec import Meta

from monitor.pipeline.payload import Breadcrumb
from monitor.pipeline.trim import LONGEST, LONGEST_KEY, WIDEST

LATEST = 4_102_444_800
"""The year 2100, in seconds since 1970."""
LEVEL = {"fatal": "fatal", "error": "error", "warning": "warning", "info": "info", "debug": "debug", "log": "info"}
"""What an SDK calls a level -> what it is."""

Text = Annotated[str, Meta(max_length=LONGEST)]
Name = Annotated[str, Meta(max_length=LONGEST_KEY)]
Whole = Annotated[int, Meta(ge=-(2**63) + 1, le=2**63 - 1)]
Scalar = Text | Whole | float | bool | None
Array = Annotated[list[Scalar], Meta(max_length=WIDEST)]
Object = Annotated[dict[Name, Scalar], Meta(max_length=WIDEST)]


class SentBreadcrumb(msgspec.Struct, gc=False):
    """A breadcrumb of which nothing has to be cut or mended, when its JSON is plain (see `Notes`)."""

    timestamp: Annotated[float, Meta(gt=0, lt=LATEST)] | None = None
    type: Annotated[str, Meta(max_length=30)] = ""
    category: Annotated[str, Meta(max_length=60)] = ""
    level: Literal["fatal", "error", "warning", "info", "debug", "log"] = "info"
    message: Annotated[str, Meta(max_length=1000)] = ""
    data: Annotated[dict[Name, Scalar | Array | Object], Meta(max_length=WIDEST)] = {}

    def breadcrumb(self) -> Breadcrumb:
        """As the event keeps it."""
        return Breadcrumb(self.timestamp, self.type, self.category, LEVEL[self.level], self.message, self.data)


class _Breadcrumbs(TypedDict, total=False):
    values: list[SentBreadcrumb]


class _Stacktrace(TypedDict, total=False):
    frames: msgspec.Raw


class _Exception(TypedDict, total=False):
    type: Any
    value: Any
    module: Any
    mechanism: Any
    stacktrace: _Stacktrace


class _Exceptions(TypedDict, total=False):
    values: list[_Exception]


class _Event(TypedDict, total=False):
    """Every key that is read of an event."""

    timestamp: Any
    platform: Any
    level: Any
    message: Any
    logentry: Any
    transaction: Any
    logger: Any
    release: Any
    dist: Any
    environment: Any
    exception: _Exceptions | list[_Exception]
    stacktrace: Any
    breadcrumbs: _Breadcrumbs | list[SentBreadcrumb]
    debug_meta: Any
    fingerprint: Any
    tags: Any
    user: Any
    request: Any
    contexts: Any
    extra: Any
    sdk: Any


_decoder = msgspec.json.Decoder(_Event)


def read_regular(body: bytes) -> dict[str, Any] | None:
    """An event's JSON, with SentBreadcrumb for breadcrumbs and the bytes of each stack's frames; None when anything in
    it is other than these types say, or is no JSON.
    """
    try:
        return dict(_decoder.decode(body))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
