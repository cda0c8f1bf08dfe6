"""What moved with an issue: the fragment that the issue page fetches, with one sentence that sums it up."""

from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render

from monitor.pipeline.correlate.evidence import Change, Evidence, evidence
from monitor.templatetags.farside import span
from monitor.views.access import Request, get_issue

NEAR = timedelta(hours=1)
"""A change at most this long before the onset is named in the headline."""
ONSETS = {"burst": "latest burst", "regressed": "came back", "first seen": "first seen"}


@dataclass(frozen=True)
class Summary:
    """What stands out, in a few words, and what does not."""

    headline: str
    detail: str
    is_calm: bool


@login_required
def issue_evidence(request: Request, org: str, slug: str, number: int) -> HttpResponse:
    """Deploys, probe failures and server metrics around the onset."""
    issue = get_issue(request, org, slug, number)
    found = evidence(issue.project_id, issue.id)
    context = {"issue": issue, "evidence": found, "summary": summarise(found), "why": ONSETS[found.onset.why]}
    return render(request, "issue/_evidence.html", context)


def summarise(evidence: Evidence) -> Summary:
    """Name the nearest change before the onset, else what else moved. It tells what coincides, never what caused."""
    change = _change_before(evidence)
    others = [text for text, is_there in _others(evidence) if is_there]
    if change is not None:
        word = "deploy" if change.kind == "deploy" else "first event"
        gap = span((evidence.onset.at - change.at).total_seconds())
        where = "at" if gap == "now" else f"{gap} after"
        beside = (
            f"In the same minutes: {', '.join(others)}." if others else "No probe failed and no server metric moved."
        )
        return Summary(f"Begins {where} the {word} of {change.version}", beside, is_calm=False)
    if others:
        return Summary(
            f"In the same minutes: {', '.join(others)}", "No release came in the hour before.", is_calm=False
        )
    return Summary(
        "Nothing else moved", "No release, probe failure or server metric stands out around the onset.", True
    )


def _change_before(evidence: Evidence) -> Change | None:
    onset = evidence.onset.at
    return next((change for change in evidence.changes if onset - NEAR <= change.at <= onset), None)


def _others(evidence: Evidence) -> list[tuple[str, bool]]:
    probes, metrics = len(evidence.probes), len(evidence.metrics)
    return [
        (f"probes fail at {probes} place{'s' if probes != 1 else ''}", probes > 0),
        (f"{metrics} server metric{'s' if metrics != 1 else ''} moved", metrics > 0),
    ]
