"""The set-up page: DSN, snippets for each SDK, commands, and a live wait for the first error."""

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render

from monitor.models import Issue, Project
from monitor.views.access import Request, get_project
from monitor.views.sdk import Sdk, shipped


@dataclass(frozen=True)
class Setup:
    """What the snippets name, and why events tell no place ("": they do)."""

    project: Project
    dsn: str
    url: str
    sdk: Sdk
    placeless: str


def set_up(project: Project) -> Setup:
    """The set-up of a project. `dsn` is "" when all its keys are switched off."""
    return Setup(project, project.dsn(), settings.FARSIDE_URL, shipped(), _placeless())


def _placeless() -> str:
    """Why events carry no place, or none from one of the files; "" when all is well."""
    if not settings.FARSIDE_MMDB:
        return "FARSIDE_MMDB names no file"
    if all(Path(path).is_file() for path in settings.FARSIDE_MMDB):
        return ""
    return "FARSIDE_MMDB names a file that is not there; the log of the web process says which"


@login_required
def setup(request: Request, org: str, slug: str) -> HttpResponse:
    """How a project reports."""
    return render(request, "project/setup.html", {"setup": set_up(get_project(request, org, slug))} | _waiting(request))


@login_required
def setup_waiting(request: Request, org: str, slug: str) -> HttpResponse:
    """Whether the first error has come: the fragment that asks again until it has."""
    get_project(request, org, slug)
    return render(request, "project/_waiting.html", _waiting(request))


def _waiting(request: Request) -> dict[str, Issue | None]:
    return {"first_issue": Issue.objects.filter(project=request.place.project).order_by("number").first()}
