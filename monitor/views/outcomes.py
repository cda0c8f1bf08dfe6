"""What became of everything that a project sent: by hour, outcome and reason."""

from datetime import timedelta

from django.contrib.auth.decorators import login_required
from django.db.models import Sum
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone

from monitor.models import Outcome
from monitor.models.issue import Total, events_by_outcome
from monitor.views.access import Request, get_project
from monitor.views.chart import Chart, Line, Range, asked_range
from monitor.views.counts import Window, step_of
from monitor.views.reasons import KINDS, explain

RANGES = {
    "24h": Range(timedelta(hours=24), timedelta(hours=1)),
    "7d": Range(timedelta(days=7), timedelta(hours=6)),
    "30d": Range(timedelta(days=30), timedelta(days=1)),
}
FACTS = ("stored", "sampled", "duplicate", "filtered", "limited", "invalid", "dead")


@login_required
def outcomes(request: Request, org: str, slug: str) -> HttpResponse:
    """The table of outcomes and reasons; its chart is fetched by the page."""
    project = get_project(request, org, slug)
    window = _window(request)
    totals = Outcome.objects.filter(project_id=project.pk, hour__gte=window.begin).totals()
    totals = sorted(totals, key=lambda total: (total.category != "event", total.category))
    asked = request.GET.get("range", "24h")
    context = {
        "rows": [explain(total) for total in totals],
        "facts": summarise(totals),
        "ranges": RANGES,
        "range": asked if asked in RANGES else "24h",
    }
    return render(request, "outcome/outcomes.html", context)


@login_required
def outcomes_chart(request: Request, org: str, slug: str) -> JsonResponse:
    """Items by outcome in each step of the range, stacked; outcomes that did not occur are left out."""
    project = get_project(request, org, slug)
    window = _window(request)
    counts = {outcome: [0] * window.bins for outcome in KINDS}
    rows = Outcome.objects.filter(project_id=project.pk, hour__gte=window.begin, outcome__in=KINDS)
    steps = rows.annotate(step=step_of("hour", window)).values_list("outcome", "step")
    for outcome, at, items in steps.annotate(Sum("items")):
        position = (at - window.begin) // window.step
        if position < window.bins:
            counts[outcome][position] += items
    counts["dead"] = [dead - retried for dead, retried in zip(counts["dead"], counts["retried"], strict=True)]
    drawn = [(KINDS[outcome], values) for outcome, values in counts.items() if KINDS[outcome].colour and any(values)]
    lines = [Line(kind.word, values, colour=kind.colour) for kind, values in reversed(drawn)]
    return Chart("stack", window.times(), lines).response()


def summarise(totals: list[Total]) -> list[tuple[str, int]]:
    """(word, events) of what was accepted and what became of it; outcomes that did not occur are left out."""
    events = events_by_outcome(totals)
    told = [(KINDS[outcome].word, events[outcome]) for outcome in FACTS if events[outcome] or outcome == "stored"]
    return [("Accepted", events["accepted"]), *told]


def _window(request: Request) -> Window:
    span = asked_range(request, RANGES, "24h")
    return Window.until(timezone.now(), span.step, span.bins())
