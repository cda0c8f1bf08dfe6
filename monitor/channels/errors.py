"""Why a message was not delivered: ChannelError, either Refused (for good) or Unavailable (try again)."""


class ChannelError(Exception):
    """A message was not delivered. `detail` is fit to be shown: it never holds the channel's secret address."""

    permanent: bool

    def __init__(self, detail: str, retry_after: float | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.retry_after = retry_after


class Refused(ChannelError):
    """Sending the same again is no use: a wrong address, a revoked webhook, a message the receiver rejects."""

    permanent = True


class Unavailable(ChannelError):
    """It may work later: no connection, too slow, 429, 5xx. `retry_after`: seconds the receiver asked for, or None."""

    permanent = False
