"""The browser SDK at versioned addresses that never change what they hold, for pages of any origin."""

import json
from dataclasses import dataclass
from pathlib import Path

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

FOLDER = Path(__file__).resolve().parent.parent / "static" / "monitor" / "sdk"
TYPES = {".js": "text/javascript; charset=utf-8", ".map": "application/json"}


@dataclass(frozen=True)
class Sdk:
    """The SDK this server ships: its file's name and what a script tag's `integrity` says of it."""

    version: str
    file: str
    integrity: str


def shipped() -> Sdk:
    """The SDK that the manifest names."""
    manifest = json.loads((FOLDER / "manifest.json").read_text(encoding="utf-8"))
    return Sdk(manifest["version"], manifest["file"], manifest["integrity"])


@require_safe
def sdk(request: HttpRequest, file: str) -> HttpResponse:
    """A file of the SDK's folder; any site may load it, and keep it for ever."""
    names = {path.name for path in FOLDER.iterdir() if path.suffix in TYPES}
    if file not in names:
        raise Http404(f"There is no {file}; this server ships {shipped().file}.")
    response = HttpResponse((FOLDER / file).read_bytes(), content_type=TYPES[Path(file).suffix])
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
