"""The typed event that every step takes and returns, and its form at rest."""

from datetime import date, datetime
from typing import Any

import msgspec

from monitor.batch import Place


class RawFrame(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Where the browser said a frame was, before the source map."""

    filename: str = ""
    function: str = ""
    lineno: int | None = None
    colno: int | None = None


class Frame(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One entry of a stack, lines and columns counted from 1.

    `filename` is what people read (a path from the source map, else the URL's path), `abs_path` what the browser gave.
    `raw` is set when a source map resolved the frame; `note` says why it did not.
    """

    filename: str = ""
    abs_path: str = ""
    function: str = ""
    module: str = ""
    lineno: int | None = None
    colno: int | None = None
    in_app: bool = True
    pre_context: tuple[str, ...] = ()
    context_line: str | None = None
    post_context: tuple[str, ...] = ()
    raw: RawFrame | None = None
    note: str = ""


class ExceptionValue(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One exception of a chain; `frames` run from the outermost call to the one that threw.

    At rest the frames lie in the Stack whose digest is `stack`; elsewhere that is "".
    """

    type: str = ""
    value: str = ""
    module: str = ""
    mechanism: str = ""
    is_handled: bool | None = None
    frames: tuple[Frame, ...] = ()
    stack: str = ""


class Breadcrumb(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One step before the error; `at` is seconds since 1970."""

    at: float | None = None
    type: str = ""
    category: str = ""
    level: str = "info"
    message: str = ""
    data: dict[str, Any] = {}


class DebugImage(msgspec.Struct, frozen=True, gc=False):
    """Which debug id a loaded file carries."""

    code_file: str
    debug_id: str


class Payload(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """An event, normalised. `exceptions` run from the innermost cause to the one that was thrown last.

    `day` is the partition: the UTC day of the client's own time stamp, clamped, so that an event sent again lands in
    the same one; `occurred_at` is that time with the client's clock set right. `place` is where it was sent from.
    """

    event_id: str
    day: date
    occurred_at: datetime
    received_at: datetime
    platform: str = "other"
    level: str = "error"
    message: str = ""
    transaction: str = ""
    logger: str = ""
    release: str = ""
    dist: str = ""
    environment: str = ""
    exceptions: tuple[ExceptionValue, ...] = ()
    breadcrumbs: tuple[Breadcrumb, ...] = ()
    debug_images: tuple[DebugImage, ...] = ()
    fingerprint: tuple[str, ...] = ()
    tags: dict[str, str] = {}
    user: dict[str, Any] = {}
    request: dict[str, Any] = {}
    contexts: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    sdk_name: str = ""
    sdk_version: str = ""
    user_agent: str = ""
    place: Place | None = None
    notes: tuple[str, ...] = ()

    def thrown(self) -> ExceptionValue | None:
        """The exception that surfaced: the last of the chain."""
        return self.exceptions[-1] if self.exceptions else None
