"""What became of what a project sent, and whether Farside keeps up."""

from datetime import timedelta

import redis
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Sum
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from monitor.models import DeadLetter, Notification, Outcome
from monitor.pipeline.backlog import Backlog, measure
from monitor.views.access import Request, get_project


@login_required
def status(request: Request, org: str, slug: str) -> HttpResponse:
    """The project's outcomes of 24 hours, dead letters and notifications; the server's backlog."""
    project = get_project(request, org, slug)
    since = timezone.now() - timedelta(hours=24)
    outcomes = Outcome.objects.filter(project_id=project.pk, hour__gte=since).values("category", "outcome", "reason")
    told = Notification.objects.filter(project_id=project.pk).values_list("state").annotate(Count("id"))
    letters = DeadLetter.objects.filter(project_id=project.pk)
    context = {
        "backlog": _backlog(),
        "outcomes": outcomes.annotate(total=Sum("items")).order_by("category", "-total"),
        "notifications": dict(told),
        "dead": letters.count(),
        "dead_letters": letters.order_by("-failed_at").defer("item")[:20],
    }
    return render(request, "status/status.html", context)


def _backlog() -> Backlog | None:
    """None when the broker does not answer; the page then says so."""
    try:
        return measure()
    except redis.RedisError:
        return None
