"""What the outcomes of items and their reasons mean, in words, and what one can do about each."""

from dataclasses import dataclass

from monitor.models.issue import Total


@dataclass(frozen=True)
class Kind:
    """An outcome: its word, its tag's tone, its colour in charts (a token of app.css), what it means."""

    word: str
    tone: str
    colour: str
    meaning: str
    page: str = ""
    """The URL name of the project's page where one can do something about it."""


@dataclass(frozen=True)
class Explained:
    """A total with what its outcome is and what its reason means."""

    total: Total
    kind: Kind
    meaning: str


KINDS = {
    "stored": Kind("Stored", "ok", "--good", "Kept with its payload."),
    "sampled": Kind(
        "Sampled",
        "new",
        "--accent",
        "Counted exactly, its payload not kept: its issue had enough of them in that hour (FARSIDE_HOT_ISSUE_EVENTS).",
    ),
    "duplicate": Kind("Duplicate", "quiet", "--accent-soft", "Sent or delivered twice; it was stored before."),
    "filtered": Kind("Filtered", "quiet", "--ink-3", "Left out by a filter of this project.", "filters"),
    "limited": Kind(
        "Limited", "warn", "--warn", "Answered 429: a limit was used up. Clients were told when to go on.", "limits"
    ),
    "invalid": Kind("Invalid", "rising", "--odd", "Refused as it could not be read. The answer told the client why."),
    "dead": Kind(
        "Dead letter", "rising", "--bad", "No attempt could process it. Look at it, retry or drop it.", "dead_letters"
    ),
    "retried": Kind("Retried", "quiet", "", "A dead letter that somebody queued again; then it counts anew."),
    "dropped": Kind("Dropped", "warn", "", "A dead letter that somebody dropped for good."),
    "client_discard": Kind(
        "Discarded by the client", "warn", "--ink-2", "Never sent: the SDK threw it away, and reported that."
    ),
    "unused": Kind("Not used", "quiet", "--line-strong", "Farside does not keep items of this kind; nothing is wrong."),
}
"""Outcome -> what it is, in the order in which charts stack them, the lowest first."""

MEANINGS = {
    "key_rate": "The rate limit of its DSN key was used up; clients were told when to go on. Raise it, or send less.",
    "project_rate": "The project's rate limit was used up; clients were told when to go on. Raise it, or send less.",
    "project_quota": "The project's quota for the day or month is used up. Raise it, or wait for the next.",
    "malformed": "It was no envelope or no JSON, or broke off. An SDK never does this; a proxy that cuts bodies may.",
    "too_large": "It was larger than allowed (FARSIDE_MAX_EVENT_BYTES, FARSIDE_MAX_BODY_BYTES). Send less context.",
    "too_slow": "Its body took too long to arrive (FARSIDE_BODY_TIMEOUT_S): a bad connection, or an attack.",
    "unknown_encoding": "It was compressed in a way Farside does not know; gzip, br, zstd and deflate are understood.",
    "browser_extension": "A browser extension threw it, not your code.",
    "crawler": "A search engine or another robot met it.",
    "localhost": "It happened on a developer's own machine.",
    "legacy_browser": "The browser is too old for what build tools of today assume.",
    "release": "Its release is one that the filters leave out.",
    "message": "Its message is one that the filters leave out.",
    "url": "Its page is one that the filters leave out.",
    "ratelimit_backoff": "The SDK held back after a 429, as it was told. Raise the limit, or send less.",
    "network_error": "The request failed on its way; nothing got here. Look for blockers, proxies, CORS, a wrong DSN.",
    "send_error": "The server's answer was an error. Compare with what was limited and invalid in the same hours.",
    "queue_overflow": "More came at once than the SDK keeps in its queue.",
    "cache_overflow": "More came while offline than the SDK keeps.",
    "buffer_overflow": "More came at once than the SDK keeps in its buffer.",
    "backpressure": "The SDK sent less because it was under load.",
    "before_send": "Your beforeSend function returned null.",
    "event_processor": "An event processor of the SDK, such as its duplicate or inbound filter, left it out.",
    "sample_rate": "The SDK's sampleRate left it out.",
    "internal_sdk_error": "The SDK failed on it; a newer version may not.",
    "insufficient_data": "The SDK had too little to send.",
    "ignored": "The SDK was told to ignore it.",
    "too_big": "It was larger than the SDK may send.",
}
"""Reason -> what it means; for one that is not here its outcome's meaning has to do."""


def explain(total: Total) -> Explained:
    """A total in words. What a newer door or SDK says stands as it was said."""
    kind = KINDS.get(total.outcome) or Kind(total.outcome.replace("_", " ").capitalize(), "warn", "--ink-2", "")
    return Explained(total, kind, MEANINGS.get(total.reason) or kind.meaning)
