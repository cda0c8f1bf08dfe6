"""What a notification says, whatever the channel."""

import msgspec


class Place(msgspec.Struct, frozen=True, omit_defaults=True):
    """A line of the application's code; `lineno` counts from 1."""

    filename: str
    lineno: int | None = None
    function: str = ""
    code: str = ""


class Message(msgspec.Struct, frozen=True, omit_defaults=True):
    """One message, plain text throughout: each channel escapes and shortens as it needs.

    `headline` says what happened ("New issue in Shop"), `title` what threw, `why` the reason this was sent.
    """

    headline: str
    title: str
    why: str
    link: str = ""
    culprit: str = ""
    events: int | None = None
    users: int | None = None
    release: str = ""
    environment: str = ""
    place: Place | None = None
