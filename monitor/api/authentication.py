"""Who calls the API and what they may do: bearer tokens, scopes, and lookups that go through the token."""

from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import ImproperlyConfigured
from django.http import Http404
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from monitor.models import Organisation, Project, Token

if TYPE_CHECKING:  # rest_framework.views loads this module, the default authentication, while it is being imported
    from rest_framework.views import APIView


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer <token>`. request.auth is the Token, request.user who made it (or AnonymousUser)."""

    def authenticate(self, request: Request) -> tuple[User | AnonymousUser, Token] | None:
        """The token's maker and the token; None without an Authorization header; 401 for a token that is no good."""
        words = get_authorization_header(request).decode("latin-1").split()
        if not words:
            return None
        if len(words) != 2 or words[0].lower() != "bearer":
            raise AuthenticationFailed("The Authorization header must read: Bearer <token>.")
        token = Token.objects.valid(words[1])
        if token is None:
            raise AuthenticationFailed("This token is unknown, revoked or expired; make a new one in the settings.")
        token.record_use()
        return token.created_by or AnonymousUser(), token

    def authenticate_header(self, request: Request) -> str:
        """What a 401 tells in WWW-Authenticate."""
        return 'Bearer realm="farside"'


def alternatives(declared: str | tuple[str, ...]) -> tuple[str, ...]:
    """The scopes of which one suffices."""
    return (declared,) if isinstance(declared, str) else declared


class HasScope(BasePermission):
    """Lets in a token that has the scope which the view declares for the method; 401 without token, else 403."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """True, or an exception that says what is missing."""
        token = token_of(request)
        declared: dict[str, str | tuple[str, ...]] = getattr(view, "required_scopes", {})
        method = "GET" if request.method == "HEAD" else request.method or ""
        needed = alternatives(declared.get(method, ()))
        if not needed and method != "OPTIONS" and hasattr(view, method.lower()):
            raise ImproperlyConfigured(f"{type(view).__name__} must derive from TokenView and declare required_scopes")
        if needed and not set(needed) & set(token.scopes):
            raise PermissionDenied(f"This token lacks the scope {' or '.join(needed)}.")
        return True


def token_of(request: Request) -> Token:
    """The token that came with the request; 401 without one."""
    if not isinstance(request.auth, Token):
        raise NotAuthenticated("This needs a token: send the header Authorization: Bearer <token>.")
    return request.auth


def organisation_of(request: Request, organisation_slug: str) -> Organisation:
    """The token's organisation if that is its slug; 404 for any other, existing or not."""
    token = token_of(request)
    if token.organisation.slug == organisation_slug:
        return token.organisation
    raise Http404(f"There is no organisation {organisation_slug!r} that this token reaches.")


def project_of(request: Request, organisation_slug: str, project_slug: str) -> Project:
    """The project of that slug if the token reaches it; 404 for any other, existing or not."""
    organisation = organisation_of(request, organisation_slug)
    token = token_of(request)
    project = token.projects().filter(organisation=organisation, slug=project_slug).first()
    if project is None:
        raise Http404(f"There is no project {project_slug!r} that this token reaches.")
    return project
