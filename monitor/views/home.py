"""The first page after login, the projects of an organisation, and making a project."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render

from monitor.forms import ProjectForm
from monitor.models import Member, Project
from monitor.views.access import Place, Request, get_organisation, get_project


@login_required
def home(request: Request) -> HttpResponse:
    """Go to the only project; with several, list them by organisation; with no membership, say so."""
    of_user = Member.objects.filter(user=request.user).select_related("organisation")
    memberships = list(of_user.order_by("organisation__name"))
    projects = Project.objects.seen_by(request.user).select_related("organisation").order_by("name")
    if len(projects) == 1 and len(memberships) == 1:
        return redirect("issues", projects[0].organisation.slug, projects[0].slug)
    places = [
        (Place(member), [project for project in projects if project.organisation_id == member.organisation_id])
        for member in memberships
    ]
    return render(request, "project/home.html", {"places": places})


@login_required
def organisation(request: Request, org: str) -> HttpResponse:
    """The projects of one organisation that the reader sees."""
    found = get_organisation(request, org)
    projects = Project.objects.seen_by(request.user).filter(organisation=found).order_by("name")
    return render(request, "project/home.html", {"places": [(request.place, list(projects))]})


@login_required
def project(request: Request, org: str, slug: str) -> HttpResponse:
    """A project's address leads to its issues."""
    found = get_project(request, org, slug)
    return redirect("issues", found.organisation.slug, found.slug)


@login_required
def project_new(request: Request, org: str) -> HttpResponse:
    """Make a project and go to its set-up page."""
    found = get_organisation(request, org, least="admin")
    form = ProjectForm(request.POST or None, instance=Project(organisation=found))
    if request.method == "POST" and form.is_valid():
        made = form.save()
        return redirect("setup", found.slug, made.slug)
    return render(request, "project/new.html", {"form": form})
