"""Tells a token what it is for."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from monitor.api.authentication import token_of
from monitor.api.view import TokenView
from monitor.models.project import SCOPES


class WhoamiSerializer(serializers.Serializer[Any]):
    """Slugs of the token's organisation and project (null: all projects), and its scopes."""

    organisation = serializers.CharField()
    project = serializers.CharField(allow_null=True)
    scopes = serializers.ListField(child=serializers.CharField())


class Whoami(TokenView):
    """For every token, whatever its scopes."""

    required_scopes = {"GET": SCOPES}

    @extend_schema(operation_id="whoami_retrieve", tags=["token"], responses=WhoamiSerializer)
    def get(self, request: Request) -> Response:
        """Tell the token's organisation, project and scopes."""
        token = token_of(request)
        project = token.project.slug if token.project else None
        return Response({"organisation": token.organisation.slug, "project": project, "scopes": token.scopes})
