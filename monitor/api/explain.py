"""The doctor of source maps: why an event's frames stay minified, and what a release's upload is good for."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from monitor.api.authentication import project_of
from monitor.api.cursor import page_of_list
from monitor.api.events import READ as READ_EVENTS
from monitor.api.events import event_of
from monitor.api.reach import releases_of
from monitor.api.releases import READ as READ_RELEASES
from monitor.api.view import TokenView
from monitor.models import ArtifactBundle
from monitor.pipeline.pack import load_payload
from monitor.pipeline.payload import Payload
from monitor.pipeline.sourcemaps.doctor import HELP, Diagnosis
from monitor.pipeline.sourcemaps.examine import Examined, examine
from monitor.pipeline.sourcemaps.report import Checked, check, pairs_of

PAGE_SIZE = 20
"""Files of a report at once: their maps may have to be read for the first time."""


class EventSourceMaps(TokenView):
    """Each frame of an event: where it comes from, or why that is not known and what to do."""

    required_scopes = {"GET": READ_EVENTS}

    @extend_schema(summary="Explain an event's frames", tags=["source maps"], responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, org: str, project: str, event_id: str) -> Response:
        """As the maps are now, not as they were when the event came; what threw comes first."""
        event = event_of(project_of(request, org, project).pk, event_id)
        payload = load_payload(event)
        frames = examine(event.project_id, payload, is_thorough=True)
        return Response(
            {
                "event_id": event.event_id.hex,
                "release": payload.release,
                "dist": payload.dist,
                "help": HELP,
                "frames": [_frame_json(payload, examined) for examined in reversed(frames)],
            }
        )


class ReleaseReport(TokenView):
    """What a release's upload is good for."""

    required_scopes = {"GET": READ_RELEASES}

    @extend_schema(summary="Check a release's source maps", tags=["source maps"], responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, org: str, project: str, version: str) -> Response:
        """A page of scripts with their maps, and all uploads of bundles with how they ended."""
        found = project_of(request, org, project)
        releases_of([found], version)
        page, headers = page_of_list(request, pairs_of(found.pk, version), PAGE_SIZE)
        bundles = ArtifactBundle.objects.filter(project_id=found.pk, release=version).order_by("-created_at", "-id")
        body = {
            "release": version,
            "help": HELP,
            "files": [_checked_json(checked) for checked in check(found.pk, version, page)],
            "bundles": [_bundle_json(bundle) for bundle in bundles[:100]],
        }
        return Response(body, headers=headers)


def _frame_json(payload: Payload, examined: Examined) -> dict[str, Any]:
    frame, exception = examined.frame, payload.exceptions[examined.exception]
    seen = frame.raw or frame
    is_native = "://" not in (frame.abs_path or seen.filename)
    return {
        "exception": exception.type,
        "function": frame.function,
        "url": frame.abs_path or seen.filename,
        "line": seen.lineno,
        "column": seen.colno,
        "state": "resolved" if frame.raw else "native" if is_native else "minified",
        "source": f"{frame.filename}:{frame.lineno}:{frame.colno}" if frame.raw else None,
        "problem": _problem_json(examined.diagnosis),
    }


def _problem_json(diagnosis: Diagnosis | None) -> dict[str, str] | None:
    return {"kind": diagnosis.kind, "reason": diagnosis.reason, "remedy": diagnosis.remedy} if diagnosis else None


def _checked_json(checked: Checked) -> dict[str, Any]:
    script, source_map, sample = checked.pair.script, checked.pair.map, checked.sample
    ids = [file.debug_id for file in (script, source_map) if file and file.debug_id]
    return {
        "script": checked.pair.name,
        "map": source_map.url if source_map else None,
        "dist": checked.pair.dist,
        "debug_id": str(ids[0]) if ids else None,
        "script_bytes": script.size if script else None,
        "map_bytes": source_map.size if source_map else None,
        "sample": {"line": sample.line, "column": sample.column, "word": sample.word, "source": sample.source}
        if sample
        else None,
        "problem": _problem_json(checked.diagnosis),
    }


def _bundle_json(bundle: ArtifactBundle) -> dict[str, Any]:
    state = "begun" if bundle.state == "created" and not bundle.chunks else bundle.state
    told = {"state": state, "detail": bundle.detail or None, "files": bundle.file_count}
    return told | {"dist": bundle.dist, "created_at": bundle.created_at}
