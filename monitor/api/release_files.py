"""Files of a release, one by one: for sentry-cli 2 where bundles are not offered, and for `curl -F`."""

from django.core.files.uploadedfile import UploadedFile
from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from monitor.api.body import TooLarge, validated
from monitor.api.cursor import page_of
from monitor.api.reach import projects_of, releases_of
from monitor.api.release_json import file_json
from monitor.api.releases import READ, WRITE
from monitor.api.view import OBJECTS, TokenView
from monitor.models import Artifact
from monitor.pipeline.sourcemaps.artifacts import store_files
from monitor.pipeline.sourcemaps.bundle import MAX_FILE_BYTES
from monitor.pipeline.sourcemaps.uploaded_file import describe


class NewFile(serializers.Serializer[UploadedFile]):
    """A file, the URL it is served at (`~` for any host), and headers such as `Sourcemap: app.js.map`."""

    file = serializers.FileField(allow_empty_file=True)
    name = serializers.CharField(max_length=1000, required=False)
    dist = serializers.CharField(max_length=64, required=False, allow_blank=True)
    header = serializers.ListField(child=serializers.CharField(max_length=1100), required=False, max_length=50)


class ReleaseFiles(TokenView):
    """The uploaded files of a release."""

    required_scopes = {"GET": READ, "POST": WRITE}
    parser_classes = [MultiPartParser]

    @extend_schema(summary="List a release's files", responses=OBJECTS)
    def get(self, request: Request, org: str, version: str, project: str = "") -> Response:
        """A page of files, in order of their names."""
        releases = releases_of(projects_of(request, org, project), version)
        found = Artifact.objects.filter(project_id__in=[release.project_id for release in releases], release=version)
        page, headers = page_of(request, found.order_by("url", "id"))
        return Response([file_json(artifact) for artifact in page], headers=headers)

    @extend_schema(summary="Upload a file", request=NewFile, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: Request, org: str, version: str, project: str = "") -> Response:
        """Store one file; it takes the place of one with the same name and dist that was uploaded this way."""
        releases = releases_of(projects_of(request, org, project), version)
        data = validated(NewFile(data=request.data))
        if data["file"].size > MAX_FILE_BYTES:
            raise TooLarge(f"The file is larger than {MAX_FILE_BYTES:,} bytes.")
        headers = dict(_header(line) for line in data.get("header", []))
        files = describe(data.get("name") or f"~/{data['file'].name}", data["file"].read(), headers)
        rows = [store_files(release.project_id, version, data.get("dist", ""), files)[0] for release in releases]
        return Response(file_json(rows[0]), status=201)


class ReleaseFile(TokenView):
    """One uploaded file."""

    required_scopes = {"GET": READ, "DELETE": WRITE}

    @extend_schema(summary="Show a release's file", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, org: str, version: str, file: int, project: str = "") -> Response:
        """What is known of the file; its content is not handed out."""
        return Response(file_json(_found(request, org, version, file, project)))

    @extend_schema(summary="Delete a release's file", responses={204: None})
    def delete(self, request: Request, org: str, version: str, file: int, project: str = "") -> Response:
        """Delete it; later events do without."""
        _found(request, org, version, file, project).delete()
        return Response(status=204)


def _found(request: Request, org: str, version: str, file: int, project: str) -> Artifact:
    releases = releases_of(projects_of(request, org, project), version)
    of_release = Artifact.objects.filter(project_id__in=[release.project_id for release in releases], release=version)
    found = of_release.filter(id=file).first()
    if found is None:
        raise Http404(f"Release {version!r} has no file {file}.")
    return found


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon:
        raise ParseError(f"The header {line[:60]!r} is not written as Name: value.")
    return name.strip(), value.strip()
