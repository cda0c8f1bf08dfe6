"""The first page, and making projects."""

from django.contrib.auth.models import User
from django.test import Client

from monitor.models import Project
from tests.views.reading import read, said, text_of


def test_the_only_project_opens_at_once(viewer: Client, project: Project) -> None:
    assert viewer.get("/")["Location"] == "/acme/web/issues/"


def test_several_projects_are_listed(viewer: Client, project: Project, elsewhere: Project) -> None:
    Project.objects.create(organisation=project.organisation, name="Second", slug="second")
    text = read(viewer, "/")
    assert "Second" in text
    assert "Web of others" not in text


def test_who_belongs_nowhere_is_told_what_to_do(client: Client, db: None) -> None:
    client.force_login(User.objects.create_user("lost@example.com"))
    assert "You belong to no organisation" in read(client, "/")


def test_an_admin_makes_a_project(admin: Client, project: Project) -> None:
    text = said(admin, "/acme/settings/projects/new/", name="Mobile App", platform="javascript")
    assert "Waiting for the first error" in text
    assert Project.objects.get(slug="mobile-app").keys.count() == 1


def test_a_member_makes_none(member: Client, project: Project) -> None:
    assert member.post("/acme/settings/projects/new/", {"name": "Mine", "platform": "other"}).status_code == 403


def test_no_project_takes_the_address_of_the_settings(admin: Client, project: Project) -> None:
    answer = admin.post("/acme/settings/projects/new/", {"name": "Settings", "platform": "other"})
    assert "choose another name" in text_of(answer)


def test_a_projects_address_leads_to_its_issues(viewer: Client, project: Project) -> None:
    assert viewer.get("/acme/web/")["Location"] == "/acme/web/issues/"
