"""Which project a call of our own API is about."""

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from monitor.api.authentication import token_of
from monitor.models import Project

PROJECT = OpenApiParameter("project", str, description="Slug of the project; needed with a token of an organisation.")


def target_project(request: Request) -> Project:
    """The project of the token, or for a token of an organisation the one that `?project=` names.

    400 when none is named, 404 when the token does not reach it.
    """
    token = token_of(request)
    slug = request.query_params.get("project", "")
    if not slug and token.project is None:
        text = "This token is of a whole organisation: name the project as ?project=<slug>, or use a token of its own."
        raise ValidationError({"detail": text})
    found = token.projects().filter(slug=slug).first() if slug else token.project
    if found is None:
        raise Http404(f"There is no project {slug!r} that this token reaches.")
    return found
