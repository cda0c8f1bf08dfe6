"""What the door refuses, as the one exception that is translated into an answer once."""


class Refused(Exception):
    """A request that is not taken: HTTP status, a reason for people, and when to try again (seconds)."""

    def __init__(self, status: int, reason: str, retry_after: int | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.retry_after = retry_after
