"""Files of a release, one by one."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from monitor.api import release_files
from monitor.models import Artifact, Release
from tests.api.caller import Caller, make_caller
from tests.builds import raw_map

pytestmark = pytest.mark.django_db

FILES = "/api/0/projects/shop-org/shop/releases/app@1.0.0/files/"


@pytest.fixture
def caller(settings: Any, tmp_path: Path) -> Caller:
    """A caller whose project has the release."""
    settings.MEDIA_ROOT = tmp_path
    found = make_caller("project:releases", "project:read")
    Release.objects.create(project_id=found.project.pk, version="app@1.0.0")
    return found


def send(caller: Caller, name: str, content: bytes, **fields: Any) -> Any:
    file = SimpleUploadedFile(name.rpartition("/")[2], content)
    return Client().post(FILES, {"file": file, "name": name, **fields}, headers=caller.headers)


def test_script_and_map(caller: Caller) -> None:
    assert send(caller, "~/app.min.js.map", raw_map()).status_code == 201
    made = send(caller, "~/app.min.js", b"x", header="Sourcemap:app.min.js.map", dist="42").json()
    assert (made["name"], made["dist"], made["headers"]) == ("~/app.min.js", "42", {"sourcemap": "app.min.js.map"})
    listed = caller.get(FILES).json()
    assert [file["name"] for file in listed] == ["~/app.min.js", "~/app.min.js.map"]
    kinds = Artifact.objects.order_by("url").values_list("kind", flat=True)
    assert list(kinds) == ["minified_source", "source_map"]


def test_the_same_name_again_replaces(caller: Caller) -> None:
    for content in (b"1", b"22"):
        assert send(caller, "~/a.js", content).status_code == 201
    assert [file["size"] for file in caller.get(FILES).json()] == [2]


def test_an_empty_file_and_no_name(caller: Caller) -> None:
    response = Client().post(FILES, {"file": SimpleUploadedFile("a.js", b"")}, headers=caller.headers)
    assert response.json()["name"] == "~/a.js"


def test_delete(caller: Caller) -> None:
    made = send(caller, "~/a.js", b"x").json()
    path = f"{FILES}{made['id']}/"
    assert caller.get(path).json()["sha1"] == made["sha1"] == hashlib.sha1(b"x").hexdigest()
    assert caller.send("DELETE", path, b"").status_code == 204
    assert caller.get(path).status_code == 404
    assert caller.get(FILES).json() == []


def test_bad_uploads(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "file" in Client().post(FILES, {"name": "~/a"}, headers=caller.headers).json()["detail"]
    assert "Name: value" in send(caller, "~/a.js", b"x", header="nonsense").json()["detail"]
    monkeypatch.setattr(release_files, "MAX_FILE_BYTES", 3)
    assert send(caller, "~/a.js", b"1234").status_code == 413
    assert not Artifact.objects.exists()


def test_an_unknown_release_is_404(caller: Caller) -> None:
    Release.objects.all().delete()
    assert send(caller, "~/a.js", b"x").status_code == 404


def test_files_of_others_are_out_of_reach(caller: Caller) -> None:
    made = send(caller, "~/a.js", b"x").json()
    other = make_caller("project:releases", slug="other")
    assert other.get(f"{FILES}{made['id']}/").status_code == 404
    assert other.send("DELETE", f"{FILES}{made['id']}/", b"").status_code == 404
    Release.objects.create(project_id=other.project.pk, version="app@1.0.0")
    own = "/api/0/projects/other-org/other/releases/app@1.0.0/files/"
    assert other.get(f"{own}{made['id']}/").status_code == 404
