"""Dead letters: list, look, retry, drop."""

import json
from typing import Any

import redis
from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from monitor.api.authentication import project_of, token_of
from monitor.api.cursor import page_of
from monitor.api.view import OBJECTS, TokenView
from monitor.models import DeadLetter
from monitor.pipeline.retry import drop, retry

READ = ("event:read", "event:write")


class BrokerAway(APIException):
    """503: nothing was queued."""

    status_code = 503
    default_detail = "The broker (Valkey) does not take events now, so nothing was retried; try again."


class DeadLetters(TokenView):
    """The events of a project that no attempt could process."""

    required_scopes = {"GET": READ}

    @extend_schema(summary="List a project's dead letters", tags=["dead letters"], responses=OBJECTS)
    def get(self, request: Request, org: str, project: str) -> Response:
        """A page of them, the latest first, without their events."""
        found = DeadLetter.objects.of(project_of(request, org, project).pk).defer("item")
        rows, headers = page_of(request, found)
        return Response([_summary(letter) for letter in rows], headers=headers)


class DeadLetterDetail(TokenView):
    """One of them."""

    required_scopes = {"GET": READ, "DELETE": "event:write"}

    @extend_schema(summary="Show a dead letter", tags=["dead letters"], responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, org: str, project: str, letter: int) -> Response:
        """With its event, without its secrets."""
        found = _letter_of(request, org, project, letter)
        return Response({**_summary(found), "received": found.received, "event": json.loads(bytes(found.item))})

    @extend_schema(summary="Drop a dead letter", tags=["dead letters"], responses={204: None})
    def delete(self, request: Request, org: str, project: str, letter: int) -> Response:
        """Its event is gone for good, and counted as dropped."""
        drop([_letter_of(request, org, project, letter)], _caller(request))
        return Response(status=204)


class DeadLetterRetry(TokenView):
    """Queues an event again."""

    required_scopes = {"POST": "event:write"}

    @extend_schema(summary="Retry a dead letter", tags=["dead letters"], request=None, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, org: str, project: str, letter: int) -> Response:
        """202 when the broker holds the event, whose letter is then gone; 503 when it does not, and nothing changed."""
        found = _letter_of(request, org, project, letter)
        try:
            retry([found], _caller(request))
        except redis.RedisError as error:
            raise BrokerAway from error
        return Response({"event_id": found.event_id.hex}, status=202)


def _letter_of(request: Request, org: str, project: str, letter: int) -> DeadLetter:
    found = DeadLetter.objects.of(project_of(request, org, project).pk).filter(id=letter).first()
    if found is None:
        raise Http404("There is no such dead letter; it may have been retried or dropped.")
    return found


def _caller(request: Request) -> str:
    return f"the token {token_of(request)}"


def _summary(letter: DeadLetter) -> dict[str, Any]:
    return {
        "id": letter.id,
        "event_id": letter.event_id.hex,
        "received_at": letter.received_at,
        "failed_at": letter.failed_at,
        "reason": letter.reason,
    }
