"""Talks to the Farside server: JSON with a bearer token, gzip, and three kinds of failure told apart."""

import gzip
import json
import random
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from edge import __version__

MOST_RETRY_AFTER_S = 3600.0
_TEMPORARY = {408, 425, 429}
_ADDRESS = ". Check the address (--server, FARSIDE_SERVER), organisation and project"
_SETUP = {  # statuses that the set-up must mend, and how
    401: ". Check the token (--token, FARSIDE_TOKEN)",
    403: ". The token lacks a scope for this",
    404: _ADDRESS,
    405: _ADDRESS,
}


class SendError(Exception):
    """A request that the server did not take; the message says why in one line."""


class Away(SendError):
    """Temporary: no connection, 429 or 5xx. The same request may succeed later."""

    def __init__(self, reason: str, retry_after_s: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after_s = retry_after_s


class Denied(SendError):
    """The set-up is wrong (token, scope, address of the server), not the message: it waits until that is mended."""


class Rejected(SendError):
    """Permanent: the server read this very message and refuses it."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Client:
    """One server and one token."""

    def __init__(self, server: str, token: str, timeout_s: float = 20.0) -> None:
        self.server = server.rstrip("/")
        headers = {"User-Agent": f"farside-edge/{__version__}", "Authorization": f"Bearer {token}"}
        self._http = httpx.Client(headers=headers, timeout=httpx.Timeout(timeout_s, connect=5.0))

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """POST `body` as gzipped JSON; returns the decoded answer (None when empty). Raises SendError."""
        content = gzip.compress(json.dumps(body, separators=(",", ":"), allow_nan=False).encode(), compresslevel=6)
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        return decoded(self.request("POST", path, content=content, headers=headers))

    def get(self, path: str) -> Any:
        """GET `path`; returns the decoded JSON answer. Raises SendError."""
        return decoded(self.request("GET", path))

    def request(self, method: str, path: str, **parts: Any) -> httpx.Response:
        """One request on the server's own origin; `parts` as for httpx. Answers 2xx and 304, raises SendError else."""
        try:
            response = self._http.request(method, self.server + path, **parts)
        except httpx.TimeoutException as error:
            raise Away(f"{self.server} did not answer in time ({type(error).__name__})") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Away(f"cannot reach {self.server}: {error or type(error).__name__}") from error
        if response.is_success or response.status_code == httpx.codes.NOT_MODIFIED:
            return response
        raise _failure(response)

    def close(self) -> None:
        """Closes open connections."""
        self._http.close()


class Backoff:
    """Full jitter: each wait is drawn from 0 to a ceiling that doubles from 1 s to 60 s."""

    def __init__(
        self, first_s: float = 1.0, most_s: float = 60.0, draw: Callable[[float, float], float] = random.uniform
    ) -> None:
        self._first_s, self._most_s, self._draw = first_s, most_s, draw
        self._failures = 0

    def wait_s(self, retry_after_s: float | None = None) -> float:
        """Seconds to wait after one more failure; never less than the server asked for."""
        ceiling = min(self._most_s, self._first_s * 2 ** min(self._failures, 30))
        self._failures += 1
        return (retry_after_s or 0.0) + self._draw(0.0, ceiling)

    def reset(self) -> None:
        """Begins anew after a success."""
        self._failures = 0


def decoded(response: httpx.Response) -> Any:
    """The JSON of an answer, None when it is empty; raises Denied when it is no JSON (not a Farside server)."""
    if not response.content:
        return None
    try:
        return response.json()
    except ValueError as error:
        raise Denied(f"{response.url.copy_with(query=None)} answered no JSON: is that a Farside server?") from error


def retry_after_s(value: str | None, now: float) -> float | None:
    """Seconds of a Retry-After header (a number or a date), between 0 and one hour; None without a valid one."""
    if not value:
        return None
    try:
        seconds = float(value) if value.strip().isdigit() else parsedate_to_datetime(value).timestamp() - now
    except ValueError:
        return None
    return min(max(seconds, 0.0), MOST_RETRY_AFTER_S)


def _failure(response: httpx.Response) -> SendError:
    status, reason = response.status_code, _reason(response)
    if status in _TEMPORARY or status >= 500:
        return Away(reason, retry_after_s(response.headers.get("Retry-After"), time.time()))
    if response.is_redirect:
        return Denied(f"{reason}: it redirects to {response.headers.get('Location')}; give that address as --server")
    return Denied(f"{reason}{_SETUP[status]}") if status in _SETUP else Rejected(status, reason)


def _reason(response: httpx.Response) -> str:
    try:
        answer = response.json()
        said = answer.get("detail") if isinstance(answer, dict) and "detail" in answer else answer
        text = said if isinstance(said, str) else json.dumps(said)
    except ValueError:
        text = "" if "html" in response.headers.get("Content-Type", "") else response.text
    path = response.request.url.path
    said = " ".join(text.split())[:400].rstrip(".") or response.reason_phrase
    return f"{path} answered {response.status_code}: {said}"
