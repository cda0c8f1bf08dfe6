"""A project's settings: name, teams, DSN keys, inbound filters."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from monitor.forms import FiltersForm, KeyForm, ProjectForm, TeamsForm
from monitor.models import Key, Project
from monitor.models.filters import Filters
from monitor.views.access import Request, get_project


@login_required
def settings(request: Request, org: str, slug: str) -> HttpResponse:
    """Show the settings."""
    project = get_project(request, org, slug, least="admin")
    return _page(request, project, ProjectForm(instance=project), KeyForm())


@login_required
@require_POST
def settings_change(request: Request, org: str, slug: str) -> HttpResponse:
    """Change name and platform. The address stays: links and API clients hold it."""
    project = get_project(request, org, slug, least="admin")
    form = ProjectForm(request.POST, instance=project)
    if not form.is_valid():
        return _page(request, get_project(request, org, slug, least="admin"), form, KeyForm(), status=422)
    form.save()
    messages.success(request, "Saved.")
    return redirect("settings", org, slug)


@login_required
@require_POST
def settings_teams(request: Request, org: str, slug: str) -> HttpResponse:
    """Choose the teams that own the project."""
    project = get_project(request, org, slug, least="admin")
    form = TeamsForm(project, request.POST)
    if form.is_valid():
        project.teams.set(form.cleaned_data["teams"])
        messages.success(request, "Teams saved.")
    else:
        messages.error(request, "These teams do not belong to this organisation.")
    return redirect("settings", org, slug)


@login_required
def filters(request: Request, org: str, slug: str) -> HttpResponse:
    """Choose which events are counted and not kept."""
    project = get_project(request, org, slug, least="admin")
    entered = request.POST if request.method == "POST" else None
    form = FiltersForm(entered, initial=Filters.of(project.filters).stored())
    if form.is_valid():
        project.filters = form.cleaned_data
        project.save(update_fields=["filters"])
        messages.success(request, "Saved. Events that arrive from now on are filtered so.")
        return redirect("filters", org, slug)
    return render(request, "project/filters.html", {"form": form}, status=422 if form.errors else 200)


@login_required
@require_POST
def key_add(request: Request, org: str, slug: str) -> HttpResponse:
    """Make a DSN key."""
    project = get_project(request, org, slug, least="admin")
    form = KeyForm(request.POST, instance=Key(project=project))
    if not form.is_valid():
        return _page(request, project, ProjectForm(instance=project), form, status=422)
    key = form.save()
    messages.success(request, f"The key “{key.label}” is ready.")
    return redirect("settings", org, slug)


@login_required
@require_POST
def key_switch(request: Request, org: str, slug: str, key: int) -> HttpResponse:
    """Switch a DSN key off, or on again."""
    project = get_project(request, org, slug, least="admin")
    found = get_object_or_404(project.keys, pk=key)
    found.is_active = request.POST.get("active") == "yes"
    found.save(update_fields=["is_active"])
    now = "on" if found.is_active else "off: its clients are refused"
    messages.success(request, f"The key “{found.label}” is {now}.")
    return redirect("settings", org, slug)


def _page(request: Request, project: Project, form: ProjectForm, key_form: KeyForm, status: int = 200) -> HttpResponse:
    keys = project.keys.order_by("id")
    context = {"form": form, "key_form": key_form, "teams_form": TeamsForm(project), "keys": keys}
    return render(request, "project/settings.html", context, status=status)
