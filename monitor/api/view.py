"""The base class of every API view: its scopes are declared and checked at import."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import serializers
from rest_framework.views import APIView

from monitor.api.authentication import TokenAuthentication, alternatives
from monitor.models.project import SCOPES

Scopes = dict[str, str | tuple[str, ...]]
OBJECTS: serializers.ListSerializer[Any] = serializers.ListSerializer(child=serializers.DictField())
"""How the OpenAPI schema describes a list in Sentry's form."""
HANDLERS = ("get", "post", "put", "patch", "delete")


class TokenView(APIView):
    """Base of every API view. Each declares, per method, the scope it needs; any one of a tuple suffices.

    required_scopes = {"GET": ("project:read", "project:releases"), "POST": "project:releases"}
    """

    required_scopes: Scopes = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Refuse, at import, a view whose methods and declared scopes don't match."""
        super().__init_subclass__(**kwargs)
        handled = {name.upper() for name in HANDLERS if hasattr(cls, name)}
        declared = cls.required_scopes
        if handled != set(declared):
            raise ImproperlyConfigured(
                f"{cls.__name__} handles {sorted(handled)}, declares scopes for {sorted(declared)}"
            )
        unknown = {scope for scopes in declared.values() for scope in alternatives(scopes)} - set(SCOPES)
        if unknown or not all(declared.values()):
            raise ImproperlyConfigured(f"{cls.__name__} requires no scope or unknown ones: {sorted(unknown)}")


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # the base is untyped
    """How the OpenAPI schema describes TokenAuthentication."""

    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """An HTTP bearer scheme."""
        return {"type": "http", "scheme": "bearer"}
