"""What a prober is told to hold (check) and what one execution found (outcome)."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

MOST_NAME, MOST_URL = 100, 1000
DEFAULT_STATUS = "200-399"
PHASES = ("dns", "connect", "tls", "first_byte", "download")


class CheckError(ValueError):
    """A check that cannot be executed; the message names the field."""


@dataclass(frozen=True)
class Check:
    """One check. `id` is the server's, None for a check of the command line. Raises CheckError when made wrongly."""

    name: str
    url: str
    id: str | None = None
    kind: str = "http"
    method: str = "GET"
    interval_s: float = 60.0
    timeout_s: float = 10.0
    expect_status: str = DEFAULT_STATUS
    expect_body: str = ""

    def __post_init__(self) -> None:
        if not 1 <= len(self.name) <= MOST_NAME:
            raise CheckError(
                f"the name {self.name[:MOST_NAME]!r} has {len(self.name)} characters: 1 to {MOST_NAME} fit"
            )
        _validate_url(self.url)
        status_ranges(self.expect_status)
        if self.method not in ("GET", "HEAD"):
            raise CheckError(f"method {self.method!r}: only GET and HEAD are sent")
        if not (1 <= self.interval_s <= 86_400 and 0 < self.timeout_s <= 60):
            raise CheckError("interval_s must be 1 to 86400, timeout_s above 0 and at most 60")

    @property
    def key(self) -> str:
        """What tells this check from the others of a prober."""
        return self.id or f"{self.name} {self.url}"

    def expects(self, status: int) -> bool:
        """Whether `status` is an expected HTTP status."""
        return any(low <= status <= high for low, high in status_ranges(self.expect_status))


@dataclass(frozen=True)
class Failure:
    """Why an execution failed: kind dns, connect, tls, timeout, http, body or protocol, and a sentence."""

    kind: str
    message: str


@dataclass
class Outcome:
    """One execution: phases in milliseconds (only those reached), and the failure, None when the check holds."""

    started_at: float
    phases: dict[str, float] = field(default_factory=dict)
    duration_ms: float = 0.0
    status_code: int | None = None
    remote_address: str | None = None
    failure: Failure | None = None
    attempts: int = 1


def parse_check(entry: Mapping[str, Any]) -> Check:
    """A check from an assignment of the server. Raises CheckError naming what is wrong."""
    try:
        return Check(
            id=str(entry["id"]), name=str(entry["name"]), url=str(entry["url"]),
            kind=str(entry.get("kind", "http")), method=str(entry.get("method") or "GET"),
            interval_s=_number(entry, "interval_s", 60.0), timeout_s=_number(entry, "timeout_s", 10.0),
            expect_status=str(entry.get("expect_status") or DEFAULT_STATUS),
            expect_body=str(entry.get("expect_body") or ""),
        )  # fmt: skip
    except KeyError as error:
        raise CheckError(f"has no {error.args[0]}") from error


def status_ranges(text: str) -> list[tuple[int, int]]:
    """Inclusive ranges of a text such as "200-299,304"; raises CheckError."""
    ranges = []
    for part in text.split(","):
        low, _, high = part.strip().partition("-")
        if not (low.isdecimal() and (high or low).isdecimal() and 100 <= int(low) <= int(high or low) <= 599):
            raise CheckError(f'expected status {text!r} is not a list such as "200-299,304"')
        ranges.append((int(low), int(high or low)))
    return ranges


def _number(entry: Mapping[str, Any], field_name: str, default: float) -> float:
    value = entry.get(field_name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise CheckError(f"{field_name} {value!r} is not a number")
    return float(value)


def _validate_url(url: str) -> None:
    if len(url) > MOST_URL or any(character.isspace() for character in url):
        raise CheckError(f"{url[:MOST_URL]!r} is too long (above {MOST_URL}) or holds a space (write %20)")
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        (parts.hostname or "").encode("idna")
    except ValueError as error:
        raise CheckError(f"{url!r} is not a valid URL: {error}") from error
    if not good:
        raise CheckError(f"{url!r} is not an http:// or https:// URL with a host")
    if parts.username or parts.password:
        raise CheckError("the URL holds a user name or password: results would show it; use a public health page")
