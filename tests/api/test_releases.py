"""Releases, their commits and deploys at Sentry's paths."""

from typing import Any

import pytest
from django.utils import timezone

from monitor.api import cursor
from monitor.models import Artifact, Deploy, Project, Release
from tests.api.caller import Caller, make_caller

pytestmark = pytest.mark.django_db

ORG = "/api/0/organizations/shop-org"
PROJECT = "/api/0/projects/shop-org/shop"
COMMITS = [
    {"id": "b" * 40, "message": "second", "author_name": "t", "author_email": "a@b.c", "repository": "origin",
     "timestamp": "2026-11-22T07:41:03Z", "patch_set": [{"path": "src/b.js", "type": "M"}]},
    {"id": "a" * 40, "message": "first"},
]  # fmt: skip


@pytest.fixture
def caller() -> Caller:
    return make_caller("project:releases", "project:read", whole_organisation=True)


def make(caller: Caller, version: str = "app@1.0.0", **changes: Any) -> Any:
    return caller.post(f"{ORG}/releases/", {"version": version, "projects": ["shop"], **changes})


def test_a_release_is_made_once(caller: Caller) -> None:
    response = make(caller, dateStarted="2026-11-22T07:41:41.859557665Z")
    assert response.status_code == 201
    assert response.json()["version"] == "app@1.0.0"
    assert [project["slug"] for project in response.json()["projects"]] == ["shop"]
    assert make(caller).status_code == 208
    assert Release.objects.get().project_id == caller.project.pk


def test_a_release_of_several_projects_is_one_object(caller: Caller) -> None:
    Project.objects.create(organisation=caller.project.organisation, name="B", slug="b")
    make(caller, projects=["shop", "b"])
    (listed,) = caller.get(f"{ORG}/releases/").json()
    assert [project["slug"] for project in listed["projects"]] == ["shop", "b"]
    assert len(caller.get(f"{PROJECT}/releases/").json()) == 1


def test_the_path_may_name_the_project(caller: Caller) -> None:
    response = caller.post(f"{PROJECT}/releases/", {"version": "1", "projects": ["shop"]})
    assert response.status_code == 201
    assert caller.post(f"{PROJECT}/releases/", {"version": "2"}).status_code == 201
    assert caller.get(f"{PROJECT}/releases/2/").json()["version"] == "2"


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"projects": ["nope"]}, "no project 'nope' in 'shop-org'"),
        ({"projects": []}, "at least one project"),
        ({"version": ""}, "version"),
        ({"version": ".."}, "version"),
        ({"version": "a\nb"}, "version"),
        ({"version": "a\x00b"}, "version"),
        ({"version": "x" * 251}, "version"),
        ({"dateReleased": "yesterday"}, "dateReleased"),
        ({"dateReleased": "0001-01-01T00:00:00+14:00"}, "dateReleased"),
        ({"commits": [{"message": "no id"}]}, "commits[0].id"),
    ],
)
def test_bad_releases_are_400(caller: Caller, changes: dict[str, Any], detail: str) -> None:
    response = make(caller, **changes)
    assert response.status_code == 400
    assert detail in response.json()["detail"]
    assert not Release.objects.exists()


@pytest.mark.parametrize("path", ["web@2.0.0/x", "web%402.0.0%2Fx"])
def test_versions_with_slashes_and_percent_signs(caller: Caller, path: str) -> None:
    make(caller, "web@2.0.0/x")
    assert caller.get(f"{ORG}/releases/{path}/").json()["version"] == "web@2.0.0/x"
    assert caller.post(f"{ORG}/releases/{path}/deploys/", {"environment": "prod"}).status_code == 201


def test_finalize(caller: Caller) -> None:
    make(caller)
    body = {"projects": ["shop"], "dateReleased": "2026-11-22T07:41:42.596389664Z"}
    response = caller.put(f"{ORG}/releases/app@1.0.0/", body)
    assert response.status_code == 200
    assert response.json()["dateReleased"] == "2026-11-22T07:41:42.596389Z"
    caller.put(f"{ORG}/releases/app@1.0.0/", {"url": "https://x.example/"})
    assert Release.objects.get().date_released is not None


def test_an_unknown_release_is_404(caller: Caller) -> None:
    for path in ("9.9", "%00"):
        assert caller.put(f"{ORG}/releases/{path}/", {}).status_code == 404
        assert caller.get(f"{ORG}/releases/{path}/").status_code == 404
        assert caller.post(f"{ORG}/releases/{path}/deploys/", {"environment": "p"}).status_code == 404


def test_commits_are_kept(caller: Caller) -> None:
    make(caller)
    shown = caller.put(f"{ORG}/releases/app@1.0.0/", {"commits": COMMITS}).json()
    assert (shown["commitCount"], shown["lastCommit"]["id"]) == (2, "b" * 40)
    commits = caller.get(f"{ORG}/releases/app@1.0.0/commits/").json()
    assert [commit["message"] for commit in commits] == ["second", "first"]
    assert commits[0]["author"] == {"name": "t", "email": "a@b.c"}
    assert Release.objects.get().commits[0]["patch_set"] == [{"path": "src/b.js", "type": "M"}]


def test_refs_are_kept(caller: Caller) -> None:
    make(caller)
    refs = [{"repository": "acme/web", "commit": "7726b50", "previousCommit": None}]
    assert caller.put(f"{ORG}/releases/app@1.0.0/", {"refs": refs}).json()["ref"] == "7726b50"
    assert Release.objects.get().commits == [{"id": "7726b50", "repository": "acme/web"}]


def test_the_previous_release_with_commits(caller: Caller) -> None:
    make(caller, "1", commits=COMMITS)
    make(caller, "2")
    make(caller, "3")
    assert caller.get(f"{ORG}/releases/3/previous-with-commits/").json()["version"] == "1"
    assert caller.get(f"{ORG}/releases/1/previous-with-commits/").json() == {}


def test_deploys(caller: Caller) -> None:
    make(caller)
    body = {"environment": "production", "name": None, "url": None, "dateStarted": None,
            "dateFinished": "2026-11-22T07:43:16.546449879Z"}  # fmt: skip
    made = caller.post(f"{ORG}/releases/app@1.0.0/deploys/", body)
    assert made.status_code == 201
    assert made.json()["dateFinished"] == "2026-11-22T07:43:16.546449Z"
    assert caller.post(f"{ORG}/releases/app@1.0.0/deploys/", {"environment": "staging"}).status_code == 201
    listed = caller.get(f"{ORG}/releases/app@1.0.0/deploys/").json()
    assert [deploy["environment"] for deploy in listed] == ["staging", "production"]
    shown = caller.get(f"{ORG}/releases/app@1.0.0/").json()
    assert (shown["deployCount"], shown["lastDeploy"]["environment"]) == (2, "staging")


def test_a_deploy_needs_an_environment(caller: Caller) -> None:
    make(caller)
    response = caller.post(f"{ORG}/releases/app@1.0.0/deploys/", {"name": "x"})
    assert response.status_code == 400
    assert "environment" in response.json()["detail"]


def test_a_deploy_of_one_of_the_projects(caller: Caller) -> None:
    Project.objects.create(organisation=caller.project.organisation, name="B", slug="b")
    make(caller, projects=["shop", "b"])
    caller.post(f"{ORG}/releases/app@1.0.0/deploys/", {"environment": "p", "projects": ["b"]})
    assert Deploy.objects.get().project_id != caller.project.pk


def test_deleting_takes_the_files_with_it(caller: Caller) -> None:
    make(caller)
    Artifact.objects.create(
        project_id=caller.project.pk, release="app@1.0.0", kind="source", url="~/a", blob="0", size=1
    )
    assert caller.send("DELETE", f"{ORG}/releases/app@1.0.0/", b"").status_code == 204
    assert not Release.objects.exists()
    assert not Artifact.objects.exists()


def test_pages(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cursor, "PAGE_SIZE", 2)
    for number in range(3):
        make(caller, str(number))
    first = caller.get(f"{ORG}/releases/?query=")
    assert [release["version"] for release in first.json()] == ["2", "1"]
    assert 'rel="next"; results="true"; cursor="0:2:0"' in first["Link"]
    last = caller.get(f"{ORG}/releases/?cursor=0:2:0")
    assert [release["version"] for release in last.json()] == ["0"]
    assert 'rel="next"; results="false"' in last["Link"]
    assert caller.get(f"{ORG}/releases/?cursor=nonsense").status_code == 400


def test_search(caller: Caller) -> None:
    make(caller, "web@1.0")
    make(caller, "api@1.0")
    assert [release["version"] for release in caller.get(f"{ORG}/releases/?query=WEB").json()] == ["web@1.0"]


def test_reading_does_not_let_write() -> None:
    reader = make_caller("project:read")
    assert reader.get(f"{ORG}/releases/").status_code == 200
    assert make(reader).status_code == 403


def test_releases_of_others_are_out_of_reach(caller: Caller) -> None:
    other = make_caller("project:releases", slug="other")
    Release.objects.create(project_id=other.project.pk, version="secret", date_released=timezone.now())
    assert caller.get(f"{ORG}/releases/secret/").status_code == 404
    assert caller.get("/api/0/organizations/other-org/releases/").status_code == 404
    assert caller.get("/api/0/projects/other-org/other/releases/secret/").status_code == 404
    assert caller.get(f"{ORG}/releases/").json() == []
