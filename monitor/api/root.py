"""What a client asks first: is the token good, which organisations and repositories are there."""

from typing import Any

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from monitor.api.authentication import organisation_of, token_of
from monitor.api.view import OBJECTS, TokenView
from monitor.models import Organisation
from monitor.models.project import SCOPES


class Root(TokenView):
    """The API's version and who asks; clients use it to test a token, so any scope will do."""

    required_scopes = {"GET": SCOPES}

    @extend_schema(summary="Test a token", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """The token's scopes and its maker; `user` is null when that account is gone."""
        token = token_of(request)
        maker = token.created_by
        user = {"id": str(maker.pk), "email": maker.email, "username": maker.get_username()} if maker else None
        return Response({"version": "0", "auth": {"scopes": token.scopes}, "user": user})


class Organisations(TokenView):
    """The organisations that the token reaches: its own."""

    required_scopes = {"GET": SCOPES}

    @extend_schema(summary="List organisations", responses=OBJECTS)
    def get(self, request: Request) -> Response:
        """A list of one."""
        return Response([organisation_json(token_of(request).organisation)])


class OrganisationDetail(TokenView):
    """One organisation."""

    required_scopes = {"GET": SCOPES}

    @extend_schema(summary="Show an organisation", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, org: str) -> Response:
        """Its names and where its API is."""
        return Response(organisation_json(organisation_of(request, org)))


class Repositories(TokenView):
    """The repositories linked to an organisation. Farside links none: commits come with `set-commits`."""

    required_scopes = {"GET": ("project:read", "project:releases", "org:read")}

    @extend_schema(summary="List linked repositories", responses=OBJECTS)
    def get(self, request: Request, org: str) -> Response:
        """Always an empty list, on which sentry-cli reads the commits from the local repository."""
        organisation_of(request, org)
        return Response([])


def organisation_json(organisation: Organisation) -> dict[str, Any]:
    """An organisation in Sentry's form."""
    return {
        "id": str(organisation.pk),
        "slug": organisation.slug,
        "name": organisation.name,
        "dateCreated": organisation.created_at,
        "isEarlyAdopter": False,
        "require2FA": False,
        "requireEmailVerification": False,
        "features": [],
        "links": {"organizationUrl": settings.FARSIDE_URL, "regionUrl": settings.FARSIDE_URL},
    }
