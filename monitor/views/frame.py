"""What the frame around every page shows: place, projects to switch to, how many issues are open."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest

from monitor.models import Issue, Project
from monitor.views.access import Place


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context processor. Counts and lists are callables: fragments and pages outside a project never ask for them."""
    place: Place | None = getattr(request, "place", None)
    if place is None:
        return {}
    return {"place": place, "projects": _projects(request, place), "open_issues": _open_issues(place)}


def _projects(request: HttpRequest, place: Place) -> Callable[[], Any]:
    return lambda: Project.objects.seen_by(request.user).filter(organisation=place.organisation).order_by("name")


def _open_issues(place: Place) -> Callable[[], int]:
    return lambda: Issue.objects.filter(project=place.project).open().count() if place.project else 0
