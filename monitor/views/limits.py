"""How much a project and each of its DSN keys take: see what is used, and change it."""

import time

import redis
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from monitor.forms import KeyLimitsForm, ProjectLimitsForm
from monitor.models import Key, Project
from monitor.pipeline.usage import usage
from monitor.views.access import Request, get_project

SAVED = "Saved. The doors know it within a minute."


@login_required
def limits(request: Request, org: str, slug: str) -> HttpResponse:
    """The limits of the project and of its keys; a POST changes the project's."""
    project = get_project(request, org, slug, least="admin")
    if request.method != "POST":
        return _page(request, project, ProjectLimitsForm(instance=project))
    form = ProjectLimitsForm(request.POST, instance=project)
    if not form.is_valid():
        return _page(request, get_project(request, org, slug, least="admin"), form)
    form.save()
    messages.success(request, SAVED)
    return redirect("limits", org, slug)


@login_required
@require_POST
def key_limits(request: Request, org: str, slug: str, key: int) -> HttpResponse:
    """Change the limit of one DSN key."""
    project = get_project(request, org, slug, least="admin")
    form = KeyLimitsForm(request.POST, instance=get_object_or_404(project.keys, pk=key), auto_id=f"key{key}_%s")
    if not form.is_valid():
        return _page(request, project, ProjectLimitsForm(instance=project), form)
    form.save()
    messages.success(request, SAVED)
    return redirect("limits", org, slug)


def _page(
    request: Request, project: Project, form: ProjectLimitsForm, wrong: KeyLimitsForm | None = None
) -> HttpResponse:
    keys = list(project.keys.order_by("id"))
    used = _usage(project, keys)
    forms = [wrong if wrong and wrong.instance == key else _form_of(key) for key in keys]
    entries = [(key, form, used and used[f"k{key.pk}"]) for key, form in zip(keys, forms, strict=True)]
    context = {"project": project, "form": form, "entries": entries, "is_known": used is not None}
    context |= {"rate_used": used and used[f"p{project.pk}"], "quota_used": used and used[f"q{project.pk}"]}
    return render(request, "project/limits.html", context, status=422 if form.errors or wrong else 200)


def _form_of(key: Key) -> KeyLimitsForm:
    return KeyLimitsForm(instance=key, auto_id=f"key{key.pk}_%s")


def _usage(project: Project, keys: list[Key]) -> dict[str, int] | None:
    """None while the broker, which counts, does not answer."""
    try:
        return usage(project, keys, time.time())
    except redis.RedisError:
        return None
