"""The demo shop: a built page with a broken button that reports into the project `demo`."""

import json
import mimetypes
from pathlib import Path

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from monitor.models import Organisation, Project

PUBLIC = Path(__file__).resolve().parent.parent / "demo" / "public"
RELEASE = PUBLIC.parent / "release.json"
POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src *; base-uri 'none'"
"""The shop may also report to the DSN's host, which need not be the one it was loaded from."""


@require_safe
def demo(request: HttpRequest, path: str = "index.html") -> HttpResponse:
    """A file of the shop."""
    _project()
    names = {file.relative_to(PUBLIC).as_posix() for file in PUBLIC.rglob("*") if file.is_file()}
    if path not in names:
        raise Http404(f"The demo shop has no {path}.")
    file = PUBLIC / path
    response = HttpResponse(file.read_bytes(), content_type=mimetypes.guess_type(file.name)[0])
    response.headers["Content-Security-Policy"] = POLICY
    return response


@require_safe
@never_cache
def demo_config(request: HttpRequest) -> JsonResponse:
    """Where the shop reports, as which release."""
    release = json.loads(RELEASE.read_text(encoding="utf-8"))["release"]
    project = _project()
    issues = reverse("issues", args=[project.organisation.slug, project.slug])
    return JsonResponse({"dsn": project.dsn(), "release": release, "environment": "demo", "issues": issues})


def _project() -> Project:
    """The project `demo` of the first organisation."""
    first = Organisation.objects.order_by("pk").first()
    project = Project.objects.filter(organisation=first, slug="demo").first()
    if project is None:
        raise Http404("There is no demo here: it comes with a new data folder. A project named “demo” brings it.")
    return project
