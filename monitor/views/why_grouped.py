"""Why an event is in its issue: its keys, what each was made of, and which of them led here."""

from dataclasses import dataclass

from monitor.models import Fingerprint, Issue
from monitor.pipeline.grouping import group
from monitor.pipeline.payload import Payload


@dataclass(frozen=True)
class Reason:
    """A key in words. `is_owned`: the issue owns it, so that the next event with it joins; `has_led`: the strongest
    of the event's keys that are, by which it would come here again.
    """

    words: str
    parts: tuple[str, ...]
    is_strong: bool
    is_owned: bool
    has_led: bool


def why_grouped(issue: Issue, payload: Payload) -> list[Reason]:
    """The keys of an event of the issue, strongest first; equal words once."""
    owned = set(
        Fingerprint.objects.filter(project_id=issue.project_id, issue_id=issue.id).values_list("digest", flat=True)
    )
    keys = group(payload).keys
    led = next((key.digest for key in keys if key.is_looked_up and key.digest in owned), "")
    shown = {key.reason: key for key in reversed(keys) if key.digest in owned or key is keys[0]}
    return [
        Reason(key.reason, key.components, key.strength == "strong", key.digest in owned, key.digest == led)
        for key in reversed(shown.values())
    ]
