"""Notification channels and the delivery log."""

from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST
from kombu.exceptions import OperationalError

from monitor.forms import ChannelForm
from monitor.models import Channel, Notification, Project
from monitor.pipeline.notify import queue_test
from monitor.tasks import send_notification
from monitor.views.access import Request, get_project

LOG_LENGTH = 50


@login_required
def channels(request: Request, org: str, slug: str) -> HttpResponse:
    """The channels, their webhooks masked, and the delivery log."""
    project = get_project(request, org, slug)
    rows = [(channel, masked(channel.config.get("webhook_url", ""))) for channel in project.channels.order_by("name")]
    return render(request, "channel/channels.html", {"rows": rows} | _log(project))


@login_required
def channels_log(request: Request, org: str, slug: str) -> HttpResponse:
    """The delivery log: the fragment that renews itself."""
    return render(request, "channel/_log.html", _log(get_project(request, org, slug)))


@login_required
def channel_new(request: Request, org: str, slug: str) -> HttpResponse:
    """Add a channel."""
    return _edit(request, Channel(project=get_project(request, org, slug, least="admin")))


@login_required
def channel_edit(request: Request, org: str, slug: str, channel: int) -> HttpResponse:
    """Change a channel."""
    return _edit(request, _get_channel(request, org, slug, channel))


@login_required
@require_POST
def channel_remove(request: Request, org: str, slug: str, channel: int) -> HttpResponse:
    """Remove a channel and its log."""
    found = _get_channel(request, org, slug, channel)
    found.delete()
    messages.success(request, f"The channel “{found.name}” is removed.")
    return redirect("channels", org, slug)


@login_required
@require_POST
def channel_test(request: Request, org: str, slug: str, channel: int) -> HttpResponse:
    """Queue a test message; the log below shows what becomes of it."""
    found = _get_channel(request, org, slug, channel)
    notification = queue_test(found)
    try:
        send_notification.delay(notification.project_id, notification.id)
        messages.success(request, f"A test message to “{found.name}” is on its way; the log below shows its outcome.")
    except OperationalError:
        messages.warning(request, "The test message waits: the queue does not answer. It is sent as soon as it does.")
    return redirect("channels", org, slug)


def masked(url: str) -> str:
    """A webhook's address without what makes it secret: `https://hooks.slack.com/…wxyz`."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/…{parts.path[-4:]}" if url else "no address"


def _get_channel(request: Request, org: str, slug: str, channel_id: int) -> Channel:
    project = get_project(request, org, slug, least="admin")
    return get_object_or_404(project.channels.select_related("project__organisation"), pk=channel_id)


def _edit(request: Request, channel: Channel) -> HttpResponse:
    stored = masked(channel.config.get("webhook_url", ""))
    form = ChannelForm(request.POST or None, instance=channel)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, f"The channel “{channel.name}” is saved.")
        return redirect("channels", channel.project.organisation.slug, channel.project.slug)
    return render(request, "channel/edit.html", {"form": form, "channel": channel, "stored": stored})


def _log(project: Project) -> dict[str, Any]:
    rows = Notification.objects.filter(project_id=project.pk).select_related("channel")
    return {"notifications": rows.order_by("-created_at", "-id")[:LOG_LENGTH]}
