"""Teams of an organisation: who is in them; a project's settings say which teams own it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from monitor.forms import TeamForm
from monitor.models import Team
from monitor.views.access import Request, get_organisation


@login_required
def teams(request: Request, org: str) -> HttpResponse:
    """The teams with their members and projects."""
    organisation = get_organisation(request, org)
    rows = organisation.teams.prefetch_related("members__user", "projects").order_by("name")
    return render(request, "team/teams.html", {"teams": rows})


@login_required
def team_new(request: Request, org: str) -> HttpResponse:
    """Make a team."""
    return _edit(request, org, Team(organisation=get_organisation(request, org, least="admin")))


@login_required
def team_edit(request: Request, org: str, team: int) -> HttpResponse:
    """Change a team."""
    organisation = get_organisation(request, org, least="admin")
    return _edit(request, org, get_object_or_404(organisation.teams, pk=team))


@login_required
@require_POST
def team_remove(request: Request, org: str, team: int) -> HttpResponse:
    """Remove a team. A project that only it owned is then seen by the whole organisation."""
    organisation = get_organisation(request, org, least="admin")
    found = get_object_or_404(organisation.teams, pk=team)
    found.delete()
    messages.success(request, f"The team “{found.name}” is removed.")
    return redirect("teams", org)


def _edit(request: Request, org: str, team: Team) -> HttpResponse:
    form = TeamForm(request.POST or None, instance=team)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, f"The team “{team.name}” is saved.")
        return redirect("teams", org)
    return render(request, "team/edit.html", {"form": form, "team": team})
