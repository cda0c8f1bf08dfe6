"""Dead letters: look at them, retry or drop them."""

import json

import redis
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from monitor.models import DeadLetter
from monitor.pipeline.retry import drop, retry
from monitor.views.access import Request, get_project

PAGE_SIZE = 50
MOST_SHOWN = 200_000
"""Characters of an event that its page shows; the API gives all."""


@login_required
def dead_letters(request: Request, org: str, slug: str) -> HttpResponse:
    """A page of the list, the latest first."""
    project = get_project(request, org, slug)
    pages = Paginator(DeadLetter.objects.of(project.pk).defer("item"), PAGE_SIZE)
    return render(request, "deadletter/list.html", {"page": pages.get_page(request.GET.get("page"))})


@login_required
def dead_letter(request: Request, org: str, slug: str, letter: int) -> HttpResponse:
    """One of them with its event, without its secrets."""
    project = get_project(request, org, slug)
    found = DeadLetter.objects.of(project.pk).filter(id=letter).first()
    if found is None:
        raise Http404(f"{project.name} has no such dead letter; it may have been retried or dropped.")
    item = json.loads(bytes(found.item))
    text = item if isinstance(item, str) else json.dumps(item, indent=2, ensure_ascii=False)  # a text is no JSON at all
    context = {"letter": found, "text": text[:MOST_SHOWN], "left_out": max(0, len(text) - MOST_SHOWN)}
    return render(request, "deadletter/letter.html", context)


@login_required
@require_POST
def dead_letters_change(request: Request, org: str, slug: str) -> HttpResponse:
    """Retry or drop the letters that the form names by `letter`."""
    project = get_project(request, org, slug, least="member")
    ids = [int(text) for text in request.POST.getlist("letter") if text.isdecimal() and len(text) < 19]
    found = list(DeadLetter.objects.of(project.pk).filter(id__in=ids[:PAGE_SIZE]))
    change, by = request.POST.get("change", ""), str(request.user)
    if change not in ("retry", "drop") or not found:
        messages.error(request, "Nothing was changed: these dead letters are gone, retried or dropped by somebody.")
    elif change == "drop":
        messages.success(request, f"Dropped for good: {_events(drop(found, by))}.")
    else:
        _retry(request, found, by)
    return redirect("dead_letters", org, slug)


def _retry(request: Request, letters: list[DeadLetter], by: str) -> None:
    try:
        count = retry(letters, by)
    except redis.RedisError as error:
        text = f"Nothing was retried: the broker (Valkey) does not take events now ({type(error).__name__}); try again."
        messages.error(request, text)
        return
    messages.success(request, f"Queued again: {_events(count)}. What fails again comes back here with its new reason.")


def _events(count: int) -> str:
    return "1 event" if count == 1 else f"{count} events"
