"""The issue list, and changing several issues at once."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST
from django.views.decorators.vary import vary_on_headers

from monitor.models import Issue
from monitor.views.access import Request, get_project
from monitor.views.listing import list_issues
from monitor.views.setup import set_up

CHANGES = {"resolve": "resolved", "ignore": "ignored", "reopen": "reopened"}


@login_required
@vary_on_headers("HX-Request")
def issues(request: Request, org: str, slug: str) -> HttpResponse:
    """The list; only its live part for htmx. A project without any issue gets its set-up and waits for the first."""
    project = get_project(request, org, slug)
    listing = list_issues(project, request.GET, request.user)
    if request.headers.get("HX-Request"):
        return render(request, "issue/_list.html", {"listing": listing})
    if listing.is_untouched():
        return render(request, "issue/first.html", {"setup": set_up(project)})
    return render(request, "issue/list.html", {"listing": listing})


@login_required
@require_POST
def issues_change(request: Request, org: str, slug: str) -> HttpResponse:
    """Resolve, ignore or reopen the issues whose numbers are ticked."""
    project = get_project(request, org, slug, least="member")
    numbers = [int(number) for number in request.POST.getlist("number") if number.isdecimal() and len(number) < 10]
    change = request.POST.get("change", "")
    if numbers and change in CHANGES:
        with transaction.atomic():
            chosen = Issue.objects.select_for_update().filter(project_id=project.pk, number__in=numbers).order_by("id")
            changed = [change_issue(issue, change, request, "now") for issue in chosen]
        messages.success(request, f"{len(changed)} issue{'s' if len(changed) != 1 else ''} {CHANGES[change]}.")
    else:
        messages.error(request, "Nothing was changed: tick at least one issue first.")
    return redirect(f"{reverse('issues', args=[org, slug])}?{request.POST.get('back', '')}")


def change_issue(issue: Issue, change: str, request: Request, how: str) -> Issue:
    """Make one of CHANGES to an issue in the name of the reader; `how` says in which release it is resolved."""
    if change == "resolve":
        issue.resolve(request.user, how)
    elif change == "ignore":
        issue.ignore(request.user)
    else:
        issue.unresolve(request.user)
    return issue
