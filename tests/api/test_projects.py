"""Projects and keys at /api/0/."""

import pytest

from monitor.models import Project
from tests.api.caller import make_caller

pytestmark = pytest.mark.django_db


def test_a_projects_token_lists_its_project() -> None:
    caller = make_caller("project:read")
    Project.objects.create(organisation=caller.project.organisation, name="Api", slug="api")
    row = caller.get("/api/0/projects/").json()[0]
    assert (row["id"], row["slug"], row["organization"]["slug"]) == (str(caller.project.pk), "shop", "shop-org")
    assert len(caller.get("/api/0/projects/").json()) == 1


@pytest.mark.parametrize("path", ["/api/0/projects/", "/api/0/organizations/shop-org/projects/"])
def test_an_organisations_token_lists_all_of_it_and_no_more(path: str) -> None:
    caller = make_caller("project:read", whole_organisation=True)
    Project.objects.create(organisation=caller.project.organisation, name="Api", slug="api")
    make_caller(slug="bank")
    assert [row["slug"] for row in caller.get(path).json()] == ["api", "shop"]


def test_one_project_and_its_keys() -> None:
    caller = make_caller("project:read")
    assert caller.get("/api/0/projects/shop-org/shop/").json()["name"] == "shop"
    key = caller.get("/api/0/projects/shop-org/shop/keys/").json()[0]
    assert key["dsn"]["public"] == caller.project.dsn()
    assert (key["public"], key["isActive"]) == (caller.project.keys.get().public_key, True)


@pytest.mark.parametrize(
    "path", ["organizations/bank-org/projects/", "projects/bank-org/bank/", "projects/bank-org/bank/keys/"]
)
def test_another_tenants_are_not_there(path: str) -> None:
    make_caller(slug="bank")
    assert make_caller("project:read", whole_organisation=True).get(f"/api/0/{path}").status_code == 404
    assert make_caller("event:read", slug="bank").get(f"/api/0/{path}").status_code == 403
