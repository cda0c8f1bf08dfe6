"""Gives a new installation something to click on: the project of the demo shop, with its hidden source maps."""

import json
from pathlib import Path

from monitor.models import Organisation, Project
from monitor.pipeline.sourcemaps.artifacts import store_build

FOLDER = Path(__file__).resolve().parent / "demo"
SLUG = "demo"


def add_demo_shop() -> None:
    """Add the project to the first organisation, unless it is there."""
    first = Organisation.objects.earliest("pk")
    Project.objects.get_or_create(organisation=first, slug=SLUG, defaults={"name": "Demo shop"})


def refresh_demo_shop() -> None:
    """Store the maps of the build that this version serves, where the project exists."""
    project = Project.objects.filter(slug=SLUG).order_by("organisation_id").first()
    if project is not None:
        release = json.loads((FOLDER / "release.json").read_text(encoding="utf-8"))["release"]
        store_build(project.pk, release, [FOLDER / "public", FOLDER / "maps"], prefix="~/demo/")
