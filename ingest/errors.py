"""What the door refuses, as the one exception that is translated into an answer once."""


class Refused(Exception):
    """A request that is not taken: HTTP status, a reason for people, and when to try again (seconds).

    `rate_limits` is the value of X-Sentry-Rate-Limits, which tells an SDK what to hold back and for how long.
    """

    def __init__(self, status: int, reason: str, retry_after: int | None = None, rate_limits: str = "") -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.retry_after = retry_after
        self.rate_limits = rate_limits

    def cause(self) -> str:
        """The word by which refusals of this kind are counted; "" for what is not the sender's doing."""
        return CAUSES.get(self.status, "")


CAUSES = {400: "malformed", 408: "too_slow", 413: "too_large", 415: "unknown_encoding"}
