"""What probers send and ask: results, and the checks they are to run."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from monitor.api.body import BoundedJSONParser, TooLarge, validated
from monitor.api.fields import CutCharField, Moment, Number, WebAddress
from monitor.api.target import PROJECT, target_project
from monitor.api.view import TokenView
from monitor.models import Check
from monitor.pipeline.sender_clock import EntryRefused
from monitor.pipeline.store_results import SentResult, SentResults, store_results

MOST_RESULTS = 500
MOST_DURATION_MS = 3_600_000
MOST_NAME = 100
"""A prober without names uses URLs, which may be longer; store_results tells cut names apart by their URL."""
PHASES = ("dns_ms", "connect_ms", "tls_ms", "first_byte_ms", "download_ms")


class ProbedCheckSerializer(serializers.Serializer[Any]):
    """Which check was probed: by id when the server assigned it, else by name and address."""

    id = serializers.RegexField(r"^\d{1,18}$", allow_null=True, required=False, default=None)
    name = serializers.CharField(max_length=1000)
    url = WebAddress()


class PhasesSerializer(serializers.Serializer[Any]):
    """Milliseconds of each phase that was reached."""

    dns_ms = Number(required=False, allow_null=True, min_value=0)
    connect_ms = Number(required=False, allow_null=True, min_value=0)
    tls_ms = Number(required=False, allow_null=True, min_value=0)
    first_byte_ms = Number(required=False, allow_null=True, min_value=0)
    download_ms = Number(required=False, allow_null=True, min_value=0)


class ProbeErrorSerializer(serializers.Serializer[Any]):
    """Why the probe failed: a short kind (dns, connect, tls, timeout, status, body…) and a sentence."""

    kind = CutCharField(20)
    message = CutCharField(500)


class ResultSerializer(serializers.Serializer[Any]):
    """The outcome of one probe."""

    check = ProbedCheckSerializer()
    scheduled_at = Moment()
    started_at = Moment()
    ok = serializers.BooleanField()
    status_code = serializers.IntegerField(min_value=100, max_value=999, allow_null=True, required=False, default=None)
    duration_ms = Number(min_value=0, max_value=MOST_DURATION_MS)
    phases = PhasesSerializer(required=False)
    error = ProbeErrorSerializer(allow_null=True, required=False, default=None)
    remote_address = CutCharField(64)
    attempts = serializers.IntegerField(min_value=1, max_value=1000, required=False, default=1)


class ProberSerializer(serializers.Serializer[Any]):
    """Who probes: the location's name, unique in the project, and the prober's version."""

    location = serializers.CharField(max_length=100)
    version = CutCharField(40)


class ResultsSerializer(serializers.Serializer[Any]):
    """Results of one prober."""

    prober = ProberSerializer()
    sent_at = Moment()
    results = ResultSerializer(many=True)


class AcceptedSerializer(serializers.Serializer[Any]):
    """How many entries were stored, and how many had been stored before."""

    accepted = serializers.IntegerField()
    duplicates = serializers.IntegerField()


class DetailSerializer(serializers.Serializer[Any]):
    """What was wrong."""

    detail = serializers.CharField()


PROBLEMS = {400: DetailSerializer, 401: DetailSerializer, 403: DetailSerializer, 413: DetailSerializer}


class ProbeResults(TokenView):
    """Takes results of probes."""

    required_scopes = {"POST": "probe:write"}
    parser_classes = [BoundedJSONParser]

    @extend_schema(
        operation_id="probe_results_create",
        tags=["probe"],
        parameters=[PROJECT],
        request=ResultsSerializer,
        responses={202: AcceptedSerializer, **PROBLEMS},
    )
    def post(self, request: Request) -> Response:
        """Store up to 500 results; one that was stored before (same check, location, scheduled_at) changes nothing."""
        project = target_project(request)
        refuse_more_than(MOST_RESULTS, request.data, "results")
        sent = _sent(validated(ResultsSerializer(data=request.data)))
        try:
            stored = store_results(project, sent, timezone.now())
        except EntryRefused as error:
            raise ValidationError({"detail": str(error)}) from error
        return Response({"accepted": stored.accepted, "duplicates": stored.duplicates}, status=202)


def refuse_more_than(most: int, data: Any, name: str) -> None:
    """413 when the list `name` of a body has more than `most` entries."""
    entries = data.get(name) if isinstance(data, Mapping) else None
    if isinstance(entries, list) and len(entries) > most:
        raise TooLarge(f"{name}: {len(entries)} entries; at most {most} a request, send them in parts.")


def _sent(body: Mapping[str, Any]) -> SentResults:
    return SentResults(
        location=body["prober"]["location"],
        version=body["prober"]["version"],
        sent_at=body["sent_at"],
        results=[_sent_result(entry) for entry in body["results"]],
    )


def _sent_result(entry: Mapping[str, Any]) -> SentResult:
    check, error = entry["check"], entry["error"] or {}
    phases = entry.get("phases") or {}
    return SentResult(
        check_id=int(check["id"]) if check["id"] else None,
        check_name=check["name"][:MOST_NAME],
        check_url=check["url"],
        scheduled_at=entry["scheduled_at"],
        started_at=entry["started_at"],
        is_ok=entry["ok"],
        status_code=entry["status_code"],
        duration_ms=entry["duration_ms"],
        phases={phase: phases.get(phase) for phase in PHASES},
        error_kind=error.get("kind", ""),
        error_message=error.get("message", ""),
        remote_address=entry["remote_address"],
        attempts=entry["attempts"],
    )


class AssignedCheckSerializer(serializers.ModelSerializer[Check]):
    """A check as a prober needs it."""

    id = serializers.CharField()

    class Meta:
        model = Check
        fields = ("id", "name", "kind", "url", "method", "interval_s", "timeout_s", "expect_status", "expect_body")


class AssignmentsSerializer(serializers.Serializer[Any]):
    """The checks that are switched on."""

    checks = AssignedCheckSerializer(many=True)


class ProbeAssignments(TokenView):
    """Tells probers which checks to run."""

    required_scopes = {"GET": "probe:write"}

    @extend_schema(
        operation_id="probe_assignments_retrieve",
        tags=["probe"],
        parameters=[PROJECT],
        responses={200: AssignmentsSerializer, 304: None},
    )
    def get(self, request: Request) -> Response:
        """List the project's active checks. Answers 304 to an If-None-Match that names the present list."""
        project = target_project(request)
        checks = AssignedCheckSerializer(
            Check.objects.filter(project=project, is_active=True).order_by("id"), many=True
        )
        etag = f'"{hashlib.sha256(json.dumps(checks.data).encode()).hexdigest()[:32]}"'
        headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
        if etag in request.headers.get("If-None-Match", ""):
            return Response(status=304, headers=headers)
        return Response({"checks": checks.data}, headers=headers)
