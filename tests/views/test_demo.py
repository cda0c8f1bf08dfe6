"""The demo shop."""

import re

import pytest
from django.test import Client

from monitor.models import Project


@pytest.fixture
def demo(project: Project) -> Project:
    return Project.objects.create(organisation=project.organisation, name="Demo", slug="demo")


def test_the_shop_and_what_it_loads_are_served(client: Client, demo: Project) -> None:
    page = client.get("/demo/").content.decode()
    assets = re.findall(r'(?:src|href)="(/demo/[^"]+)"', page)
    assert len(assets) == 2
    assert all(client.get(asset).status_code == 200 for asset in assets)


def test_the_shop_reports_into_the_demo_project(client: Client, demo: Project) -> None:
    config = client.get("/demo/config.json").json()
    assert config["dsn"] == demo.dsn()
    assert config["environment"] == "demo"
    assert config["issues"].endswith("/demo/issues/")
    assert "@" in config["release"]


def test_source_maps_stay_hidden(client: Client, demo: Project) -> None:
    assert client.get("/demo/../maps/assets/index.js.map").status_code == 404
    assert client.get("/demo/%2e%2e/release.json").status_code == 404


def test_without_the_project_there_is_no_shop(client: Client, project: Project) -> None:
    assert client.get("/demo/").status_code == 404
    assert client.get("/demo/config.json").status_code == 404


def test_a_demo_project_of_another_organisation_does_not_count(
    client: Client, project: Project, elsewhere: Project
) -> None:
    Project.objects.create(organisation=elsewhere.organisation, name="Demo", slug="demo")
    assert client.get("/demo/").status_code == 404
