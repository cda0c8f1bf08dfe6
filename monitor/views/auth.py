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
from monitor.views.attempts import failed, too_many


@never_cache
def login(request: HttpRequest) -> HttpResponse:
    """Ask for e-mail and password; go on to `next`, or home. Ten failures for an e-mail close it for five minutes."""
    if request.headers.get("HX-Request"):  # A fragment of a page whose session has ended: load the page, not the form.
        return HttpResponse(headers={"HX-Refresh": "true"})
    if request.method == "POST":
        return _log_in(request)
    if request.user.is_authenticated:
        return redirect("home")
    return _login_page(request, LoginForm(request), request.GET.get("next", ""))


def _log_in(request: HttpRequest) -> HttpResponse:
    email = request.POST.get("username", "")
    if too_many(email):
        return _login_page(request, LoginForm(request), request.POST.get("next", ""), is_closed=True)
    form = LoginForm(request, request.POST)
    if form.is_valid():
        start_session(request, form.get_user())
        return redirect(_next_page(request))
    failed(email)
    return _login_page(request, form, request.POST.get("next", ""))


def _login_page(request: HttpRequest, form: LoginForm, wanted: str, is_closed: bool = False) -> HttpResponse:
    context = {"form": form, "next": wanted, "is_closed": is_closed}
    return render(request, "account/login.html", context, status=429 if is_closed else 200)


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
