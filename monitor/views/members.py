"""The members of an organisation: add, change role, remove."""

import secrets

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from monitor.forms import MemberForm, RoleForm
from monitor.models import Member, Organisation
from monitor.views.access import Request, get_organisation


@login_required
def members(request: Request, org: str) -> HttpResponse:
    """Who belongs to the organisation, and as what."""
    organisation = get_organisation(request, org)
    return _page(request, organisation, MemberForm(organisation, request.place.is_owner()))


@login_required
@require_POST
@never_cache
def member_add(request: Request, org: str) -> HttpResponse:
    """Add somebody by e-mail. Who has no account gets one, with a first password that this answer alone shows."""
    organisation = get_organisation(request, org, least="admin")
    form = MemberForm(organisation, request.place.is_owner(), request.POST)
    if not form.is_valid():
        return _page(request, organisation, form, status=422)
    email = form.cleaned_data["email"]
    with transaction.atomic():
        user, password = _account(email)
        Member.objects.create(organisation=organisation, user=user, role=form.cleaned_data["role"])
    if password:
        fresh = MemberForm(organisation, request.place.is_owner())
        return _page(request, organisation, fresh, made={"email": email, "password": password})
    messages.success(request, f"{email} has an account already and is now a member.")
    return redirect("members", org)


@login_required
@require_POST
def member_role(request: Request, org: str, member: int) -> HttpResponse:
    """Change a member's role. Only owners make or change owners; the last owner stays one."""
    organisation = get_organisation(request, org, least="admin")
    form = RoleForm(request.place.is_owner(), request.POST)
    with transaction.atomic():
        found = _changeable(request, organisation, member)
        if not form.is_valid():
            raise PermissionDenied("This role is not known, or only an owner may give it.")
        if found.role == "owner" and form.cleaned_data["role"] != "owner" and _is_last_owner(organisation):
            messages.error(request, "This is the last owner; make somebody else owner first.")
            return redirect("members", org)
        found.role = form.cleaned_data["role"]
        found.save(update_fields=["role"])
    messages.success(request, f"{found.user.username} is now {found.role}.")
    return redirect("members", org)


@login_required
@require_POST
def member_remove(request: Request, org: str, member: int) -> HttpResponse:
    """Remove a member; the account stays. The last owner stays."""
    organisation = get_organisation(request, org, least="admin")
    with transaction.atomic():
        found = _changeable(request, organisation, member)
        if found.role == "owner" and _is_last_owner(organisation):
            messages.error(request, "This is the last owner; make somebody else owner first.")
            return redirect("members", org)
        found.delete()
    messages.success(request, f"{found.user.username} is no longer a member.")
    return redirect("members", org)


def _changeable(request: Request, organisation: Organisation, member_id: int) -> Member:
    """The member; the organisation's row is locked, so that two owners cannot demote each other at once."""
    Organisation.objects.select_for_update().get(pk=organisation.pk)
    found = get_object_or_404(organisation.members.select_related("user"), pk=member_id)
    if found.role == "owner" and not request.place.is_owner():
        raise PermissionDenied("Only an owner may change another owner.")
    return found


def _is_last_owner(organisation: Organisation) -> bool:
    return organisation.members.filter(role="owner").count() == 1


def _account(email: str) -> tuple[User, str]:
    """The account of that e-mail and "", or a new one and its first password."""
    user = User.objects.filter(username=email).first()
    if user is not None:
        return user, ""
    password = secrets.token_urlsafe(12)
    return User.objects.create_user(email, email, password), password


def _page(
    request: Request,
    organisation: Organisation,
    form: MemberForm,
    made: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    rows = organisation.members.select_related("user").prefetch_related("teams").order_by("user__username")
    roles = RoleForm(request.place.is_owner()).fields["role"].choices  # type: ignore[attr-defined]
    context = {"members": rows, "form": form, "roles": roles, "made": made}
    return render(request, "member/members.html", context, status=status)
