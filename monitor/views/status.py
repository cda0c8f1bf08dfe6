"""Whether Farside keeps up, and in short what became of what a project sent."""

from datetime import timedelta

import redis
from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from monitor.models import DeadLetter, Notification, Outcome
from monitor.pipeline.backlog import Backlog, measure, read_doors, together
from monitor.views.access import Request, get_project
from monitor.views.outcomes import summarise


@login_required
def status(request: Request, org: str, slug: str) -> HttpResponse:
    """The server's backlog; the project's events of 24 hours by outcome, its dead letters and notifications."""
    project = get_project(request, org, slug)
    since = timezone.now() - timedelta(hours=24)
    totals = Outcome.objects.filter(project_id=project.pk, hour__gte=since).totals()
    told = Notification.objects.filter(project_id=project.pk).values_list("state").annotate(Count("id"))
    letters = DeadLetter.objects.of(project.pk)
    context = {
        "backlog": _backlog(),
        "door": together(read_doors()),
        "facts": summarise(totals),
        "notifications": dict(told),
        "dead": letters.count(),
        "dead_letters": letters.defer("item")[:5],
    }
    return render(request, "status/status.html", context)


def _backlog() -> Backlog | None:
    """None when the broker does not answer; the page then says so."""
    try:
        return measure()
    except redis.RedisError:
        return None
