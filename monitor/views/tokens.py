"""API tokens of an organisation: make, show once, revoke."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from monitor.forms import TokenForm
from monitor.models import Organisation, Token
from monitor.views.access import Request, get_organisation


@login_required
def tokens(request: Request, org: str) -> HttpResponse:
    """The tokens, without their secrets."""
    organisation = get_organisation(request, org, least="admin")
    return _page(request, organisation, TokenForm(organisation))


@login_required
@require_POST
@never_cache
def token_add(request: Request, org: str) -> HttpResponse:
    """Make a token. This answer alone shows its plaintext, so it is no redirect: nothing else ever holds it."""
    organisation = get_organisation(request, org, least="admin")
    form = TokenForm(organisation, request.POST)
    if not form.is_valid():
        return _page(request, organisation, form, status=422)
    asked = form.cleaned_data
    _, plaintext = Token.objects.issue(
        organisation, asked["name"], asked["scopes"], asked["project"], request.user, asked["expires_at"]
    )
    return _page(request, organisation, TokenForm(organisation), plaintext)


@login_required
@require_POST
def token_revoke(request: Request, org: str, token: int) -> HttpResponse:
    """End a token; it stays in the list as revoked."""
    organisation = get_organisation(request, org, least="admin")
    found = get_object_or_404(organisation.tokens, pk=token)
    if found.revoked_at is None:
        found.revoked_at = timezone.now()
        found.save(update_fields=["revoked_at"])
    messages.success(request, f"The token “{found.name}” no longer works.")
    return redirect("tokens", org)


def _page(
    request: Request, organisation: Organisation, form: TokenForm, plaintext: str = "", status: int = 200
) -> HttpResponse:
    rows = organisation.tokens.select_related("project", "created_by").order_by("-created_at", "-id")
    context = {"tokens": rows, "form": form, "plaintext": plaintext, "now": timezone.now()}
    return render(request, "token/tokens.html", context, status=status)
