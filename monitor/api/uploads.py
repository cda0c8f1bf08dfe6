"""Sentry's chunked uploads: what the server takes, the chunks, and the order to put them together."""

import logging
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from kombu.exceptions import OperationalError
from rest_framework import serializers
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from monitor import tasks
from monitor.api.authentication import organisation_of
from monitor.api.body import BoundedJSONParser, TooLarge, validated
from monitor.api.reach import named_projects, projects_of, releases_of
from monitor.api.releases import WRITE
from monitor.api.view import TokenView
from monitor.models import ArtifactBundle, Organisation, Project
from monitor.pipeline.sourcemaps.artifacts import begin, find_bundle, note_begun
from monitor.pipeline.sourcemaps.chunks import CHUNK_BYTES, ChunksRefused, is_digest, missing_chunks, store_chunk

MAX_BUNDLE_BYTES = 1 << 30
MAX_REQUEST_BYTES = 32 << 20
CHUNKS_PER_REQUEST = 64
_ENVELOPE_BYTES = 1 << 20
"""What the multipart wrapping may add to a request."""

_log = logging.getLogger(__name__)


class AssembleRelease(serializers.Serializer[Any]):
    """Which chunks, in order, make the bundle with this SHA-1."""

    checksum = serializers.CharField(max_length=40)
    chunks = serializers.ListField(
        child=serializers.CharField(max_length=40), min_length=1, max_length=MAX_BUNDLE_BYTES // CHUNK_BYTES
    )
    dist = serializers.CharField(max_length=64, required=False, allow_null=True, allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse what is no SHA-1, before it becomes part of a path."""
        for digest in [attrs["checksum"], *attrs["chunks"]]:
            if not is_digest(digest):
                raise serializers.ValidationError(f"{digest!r} is no SHA-1: 40 hexadecimal digits, lower case")
        return attrs


class AssembleBundle(AssembleRelease):
    """The same, with the projects and the release that the bundle is for."""

    projects = serializers.ListField(child=serializers.CharField(max_length=50), min_length=1, max_length=100)
    version = serializers.CharField(max_length=250, required=False, allow_null=True, allow_blank=True)


class ChunkUpload(TokenView):
    """What the server takes, and where the chunks go."""

    required_scopes = {"GET": WRITE, "POST": WRITE}
    parser_classes = [MultiPartParser]

    @extend_schema(summary="Ask how to upload", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, org: str) -> Response:
        """Sizes, hash and compression, as sentry-cli and the bundler plugins ask before they upload."""
        organisation_of(request, org)
        return Response(
            {
                "url": request.build_absolute_uri(request.path),
                "chunkSize": CHUNK_BYTES,
                "chunksPerRequest": CHUNKS_PER_REQUEST,
                "maxFileSize": MAX_BUNDLE_BYTES,
                "maxRequestSize": MAX_REQUEST_BYTES,
                "concurrency": 4,
                "hashAlgorithm": "sha1",
                "compression": ["gzip"],
                "accept": ["release_files", "artifact_bundles", "artifact_bundles_v2"],
            }
        )

    @extend_schema(summary="Upload chunks", request={"multipart/form-data": OpenApiTypes.OBJECT}, responses={200: None})
    def post(self, request: Request, org: str) -> Response:
        """Store chunks: parts called `file` or `file_gzip`, each with the SHA-1 of its plain content as file name."""
        organisation = organisation_of(request, org)
        if int(request.headers.get("Content-Length") or 0) > MAX_REQUEST_BYTES + _ENVELOPE_BYTES:
            raise TooLarge(f"The request is larger than {MAX_REQUEST_BYTES:,} bytes; send fewer chunks at once.")
        plain, packed = request.FILES.getlist("file"), request.FILES.getlist("file_gzip")
        if not 0 < len(plain) + len(packed) <= CHUNKS_PER_REQUEST:
            raise ParseError(f"Send 1 to {CHUNKS_PER_REQUEST} parts called file or file_gzip.")
        chunks = [(part.name, _bounded(part)) for part in plain]
        chunks += [(part.name, _gunzip(part)) for part in packed]
        try:
            for digest, content in chunks:
                store_chunk(organisation.pk, digest or "", content)
        except ChunksRefused as refused:
            raise ParseError(f"{refused}.") from None
        return Response(None)


class ArtifactBundleAssemble(TokenView):
    """Puts the chunks of an artifact bundle together, for the projects named."""

    required_scopes = {"POST": WRITE}
    parser_classes = [BoundedJSONParser]

    @extend_schema(summary="Assemble an artifact bundle", request=AssembleBundle, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, org: str) -> Response:
        """`not_found` with the chunks to send; `created` while the worker unpacks it; at last `ok` or `error`."""
        organisation = organisation_of(request, org)
        data = validated(AssembleBundle(data=request.data))
        projects = named_projects(request, org, "", data["projects"])
        return Response(_assemble(organisation, projects, data, data.get("version") or ""))


class ReleaseAssemble(TokenView):
    """The same for a release: how sentry-cli 2 uploads where artifact bundles are not offered."""

    required_scopes = {"POST": WRITE}
    parser_classes = [BoundedJSONParser]

    @extend_schema(summary="Assemble a release's files", request=AssembleRelease, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, org: str, version: str, project: str = "") -> Response:
        """As for an artifact bundle, for every project that has the release."""
        organisation = organisation_of(request, org)
        projects = projects_of(request, org, project)
        having = {release.project_id for release in releases_of(projects, version)}
        data = validated(AssembleRelease(data=request.data))
        return Response(_assemble(organisation, [found for found in projects if found.pk in having], data, version))


def _assemble(
    organisation: Organisation, projects: Sequence[Project], data: dict[str, Any], release: str
) -> dict[str, Any]:
    """Begin or look up the bundle in each project; the answer to the client."""
    dist = data.get("dist") or ""
    known = [find_bundle(project.pk, data["checksum"], release, dist) for project in projects]
    if all(bundle and bundle.state == "ok" for bundle in known):
        return _answer(bundle for bundle in known if bundle)
    if missing := missing_chunks(organisation.pk, data["chunks"]):
        for project in projects:
            note_begun(project.pk, data["checksum"], release, dist)
        return {"state": "not_found", "missingChunks": missing, "detail": None}
    bundles = []
    for project in projects:
        bundle, is_to_be_queued = begin(project.pk, data["checksum"], data["chunks"], release, dist)
        if is_to_be_queued:
            _queue(bundle)
        bundles.append(bundle)
    return _answer(bundles)


def _queue(bundle: ArtifactBundle) -> None:
    try:
        tasks.assemble_bundle.delay(bundle.project_id, bundle.id)
    except OperationalError:
        _log.warning("the broker is away; bundle %d will be queued later", bundle.id)


def _answer(bundles: Iterable[ArtifactBundle]) -> dict[str, Any]:
    """The state of the bundle that is worst off."""
    worst = min(bundles, key=lambda bundle: ("error", "created", "ok").index(bundle.state))
    return {"state": worst.state, "missingChunks": [], "detail": worst.detail or None}


def _bounded(part: UploadedFile) -> bytes:
    content = part.read(CHUNK_BYTES + 1)
    if len(content) > CHUNK_BYTES:
        raise TooLarge(f"A chunk is larger than {CHUNK_BYTES:,} bytes.")
    return bytes(content)


def _gunzip(part: UploadedFile) -> bytes:
    decompressor = zlib.decompressobj(wbits=31)
    try:
        content = decompressor.decompress(_bounded(part), CHUNK_BYTES + 1)
    except zlib.error as error:
        raise ValidationError({"detail": f"The chunk {str(part.name)[:60]!r} is not gzip: {error}."}) from None
    if len(content) > CHUNK_BYTES:
        raise TooLarge(f"A chunk is larger than {CHUNK_BYTES:,} bytes when it is unpacked.")
    return content
