"""Login, logout, and the user's own account page."""

from django.contrib import messages
from django.contrib.auth import login as start_session
from django.contrib.auth import logout as end_session
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import PasswordChangeForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from monitor.forms import LoginForm
from monitor.views.access import Request


@never_cache
def login(request: HttpRequest) -> HttpResponse:
    """Ask for e-mail and password; go on to `next`, or home."""
    form = LoginForm(request, request.POST or None)
    if request.method == "POST" and form.is_valid():
        start_session(request, form.get_user())
        return redirect(_next_page(request))
    if request.user.is_authenticated:
        return redirect("home")
    return render(request, "account/login.html", {"form": form, "next": request.GET.get("next", "")})


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """End the session."""
    end_session(request)
    return redirect("login")


@login_required
@never_cache
def account(request: Request) -> HttpResponse:
    """Show who is logged in; change the password."""
    form = PasswordChangeForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        update_session_auth_hash(request, form.save())
        messages.success(request, "The password is changed; other sessions of this account are logged out.")
        return redirect("account")
    return render(request, "account/account.html", {"form": form})


def _next_page(request: HttpRequest) -> str:
    """The page in `next` if it is ours, else home."""
    wanted = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return wanted
    return resolve_url("home")
