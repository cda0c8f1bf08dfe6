"""The issue page: an event of it, what surrounds it, and what one does about it."""

import uuid
from datetime import timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.db.models import F, Sum, Window
from django.db.models.functions import RowNumber
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST
from django.views.decorators.vary import vary_on_headers

from monitor.forms import AssignForm
from monitor.models import Activity, Fingerprint, Issue, IssueRelease, IssueTag, Notification
from monitor.models.issue import RESOLUTIONS
from monitor.views import counts
from monitor.views.access import Request, get_issue
from monitor.views.chart import Chart, Line, Range, asked_range, deploy_marks
from monitor.views.event import show_event
from monitor.views.issues import CHANGES, change_issue
from monitor.views.listing import badge_of
from monitor.views.why_grouped import why_grouped

RANGES = {
    "24h": Range(timedelta(hours=24), timedelta(minutes=30)),
    "7d": Range(timedelta(days=7), timedelta(hours=3)),
    "30d": Range(timedelta(days=30), timedelta(hours=12)),
}
TAGS_SHOWN, VALUES_SHOWN = 6, 4


@login_required
@vary_on_headers("HX-Request")
def issue(request: Request, org: str, slug: str, number: int, event_id: uuid.UUID | None = None) -> HttpResponse:
    """The issue with its latest event, or the one asked for; htmx gets the event alone."""
    found = get_issue(request, org, slug, number)
    shown = show_event(found, event_id, is_raw=request.GET.get("raw") == "1")
    if event_id and shown is None:
        raise Http404(
            "This event is not stored: it is past its retention, was counted without its payload while the issue was"
            " hot, or never was in this issue."
        )
    context = {"issue": found, "shown": shown}
    if request.headers.get("HX-Request") and not request.headers.get("HX-History-Restore-Request"):
        return render(request, "issue/_event.html", context)
    reasons = why_grouped(found, shown.payload) if shown else []
    context |= {"reasons": reasons} | _head(request, found) | _surroundings(found)
    return render(request, "issue/issue.html", context)


@login_required
@require_POST
def issue_change(request: Request, org: str, slug: str, number: int) -> HttpResponse:
    """Resolve (`how`: now, release, next), ignore or reopen."""
    with transaction.atomic():
        found = get_issue(request, org, slug, number, least="member", lock=True)
        change, how = request.POST.get("change", ""), request.POST.get("how", "now")
        if change not in CHANGES or how not in RESOLUTIONS:
            known = f"change: {', '.join(CHANGES)}; how: {', '.join(RESOLUTIONS)}"
            return HttpResponse(f"Not understood; write {known}.", status=400, content_type="text/plain")
        change_issue(found, change, request, how)
    return _changed(request, found)


@login_required
@require_POST
def issue_assign(request: Request, org: str, slug: str, number: int) -> HttpResponse:
    """Give the issue to a member, or to nobody."""
    with transaction.atomic():
        found = get_issue(request, org, slug, number, least="member", lock=True)
        form = AssignForm(found.project.organisation, request.POST)
        if not form.is_valid():
            return HttpResponse("The assignee must be a member of this organisation.", status=400)
        found.assignee = form.cleaned_data["assignee"]
        found.save(update_fields=["assignee"])
        found.record("assigned", request.user, to=found.assignee.username if found.assignee else "")
    return _changed(request, found)


@login_required
def issue_history(request: Request, org: str, slug: str, number: int) -> HttpResponse:
    """What was done about the issue and who was told: the fragment that follows every change."""
    found = get_issue(request, org, slug, number)
    return render(request, "issue/_history.html", {"issue": found} | _history(found))


@login_required
def issue_occurrences(request: Request, org: str, slug: str, number: int) -> HttpResponse:
    """Events over time with the deploys, for the chart."""
    found, span = get_issue(request, org, slug, number), asked_range(request, RANGES, "24h")
    window = counts.Window.until(timezone.now(), span.step, span.bins())
    events = counts.count_events(found.project_id, [found.id], window)[found.id]
    marks = deploy_marks(found.project_id, window.begin)
    return Chart("bars", window.times(), [Line("events", events)], "", marks).response()


def _changed(request: Request, issue: Issue) -> HttpResponse:
    """The head of the page for htmx, which then asks for the history; the whole page for others."""
    if not request.headers.get("HX-Request"):
        return redirect("issue", issue.project.organisation.slug, issue.project.slug, issue.number)
    response = render(request, "issue/_head.html", {"issue": issue} | _head(request, issue))
    response.headers["HX-Trigger"] = "issue-changed"
    return response


def _head(request: Request, issue: Issue) -> dict[str, Any]:
    form = AssignForm(issue.project.organisation, initial={"assignee": issue.assignee_id}, auto_id=False)
    kept = issue.event_count - issue.sampled_count
    may_triage = request.place.may_triage()
    return {"badge": badge_of(issue, timezone.now()), "assign": form if may_triage else None, "kept": kept}


def _surroundings(issue: Issue) -> dict[str, Any]:
    of_issue = {"project_id": issue.project_id, "issue_id": issue.id}
    return {
        "fingerprints": Fingerprint.objects.filter(**of_issue).order_by("created_at")[:5],
        "releases": IssueRelease.objects.filter(**of_issue).order_by("-last_seen")[:10],
        "distributions": distributions(issue),
        "ranges": list(RANGES),
    } | _history(issue)


def _history(issue: Issue) -> dict[str, Any]:
    of_issue = {"project_id": issue.project_id, "issue_id": issue.id}
    told = Notification.objects.filter(**of_issue).select_related("channel")
    return {
        "activities": Activity.objects.filter(**of_issue).select_related("user").order_by("-at", "-id")[:20],
        "notifications": told.order_by("-created_at", "-id")[:10],
    }


def distributions(issue: Issue) -> list[tuple[str, list[tuple[str, int, float]]]]:
    """The commonest tags: (key, [(value, events, per cent of the key's events)]), most telling keys first."""
    rows = IssueTag.objects.filter(project_id=issue.project_id, issue_id=issue.id)
    ranked = rows.annotate(
        rank=Window(RowNumber(), partition_by="key", order_by=[F("events").desc(), F("value").asc()]),
        total=Window(Sum("events"), partition_by="key"),
    ).filter(rank__lte=VALUES_SHOWN)
    by_key: dict[str, list[tuple[str, int, float]]] = {}
    for row in ranked.order_by("key", "rank"):
        by_key.setdefault(row.key, []).append((row.value, row.events, row.events * 100 / row.total))
    order = ["browser", "os", "device", "environment", "release", "url"]
    keys = sorted(by_key, key=lambda key: (order.index(key) if key in order else len(order), key))
    return [(key, by_key[key]) for key in keys[:TAGS_SHOWN]]
