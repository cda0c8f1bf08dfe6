"""Finds when an issue's latest burst began."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from django.db.models import Min

from monitor.models import Event, Issue, IssueCount
from monitor.pipeline.counters import BIN

LOOK_BACK = timedelta(hours=24)
"""Before the last event; what was usual is judged over this."""
FACTOR = 3
"""A bin belongs to a burst when it holds more than this many times the usual events."""
LULL_BINS = 3
"""Calm bins within a burst that do not end it."""


@dataclass(frozen=True)
class Onset:
    """When it began, and how that is known: "burst", or else "regressed" or "first seen" of the issue."""

    at: datetime
    why: str


def find_onset(issue: Issue) -> Onset:
    """The beginning of the issue's latest burst; without one, when it came back or was first seen."""
    rows = IssueCount.objects.filter(project_id=issue.project_id, issue_id=issue.id)
    last = rows.order_by("-bin").values_list("bin", flat=True).first()
    begin = latest_burst(dict(rows.filter(bin__gt=last - LOOK_BACK).values_list("bin", "events"))) if last else None
    if begin is not None:
        return Onset(_first_event(issue, begin) or begin, "burst")
    return Onset(issue.regressed_at, "regressed") if issue.regressed_at else Onset(issue.first_seen, "first seen")


def latest_burst(counts: Mapping[datetime, int]) -> datetime | None:
    """The first bin of the latest run of bins far above the usual; None where nothing stands out.

    `counts` holds the events of bins of five minutes, those without events left out.
    """
    if not counts:
        return None
    last = max(counts)
    series = [counts.get(last - BIN * back, 0) for back in range(LOOK_BACK // BIN)]
    hot = [back for back, events in enumerate(series) if events > FACTOR * median(series)]
    if not hot:
        return None
    begin = hot[0]
    for back in hot[1:]:
        if back - begin > LULL_BINS + 1:
            break
        begin = back
    return last - BIN * begin


def _first_event(issue: Issue, begin: datetime) -> datetime | None:
    """The bin's first stored event: nearer to the truth than the bin's five minutes."""
    rows = Event.objects.filter(
        project_id=issue.project_id, issue_id=issue.id, occurred_at__gte=begin, occurred_at__lt=begin + BIN
    )
    found: datetime | None = rows.aggregate(first=Min("occurred_at"))["first"]
    return found
