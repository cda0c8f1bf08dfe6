"""A project's settings: name, teams, keys."""

from django.test import Client

from monitor.models import Organisation, Project, Team
from tests.views.reading import read, said, text_of

PAGE = "/acme/web/settings/"


def test_an_admin_renames_the_project_and_its_address_stays(admin: Client, project: Project) -> None:
    assert "Saved." in said(admin, f"{PAGE}change/", name="Shop", platform="javascript")
    project.refresh_from_db()
    assert (project.name, project.slug) == ("Shop", "web")


def test_a_project_needs_a_name(admin: Client, project: Project) -> None:
    answer = admin.post(f"{PAGE}change/", {"name": "", "platform": "javascript"})
    assert answer.status_code == 422
    assert "This field is required" in text_of(answer)


def test_a_new_key_has_a_dsn_of_its_own(admin: Client, project: Project) -> None:
    text = said(admin, f"{PAGE}keys/add/", label="staging")
    assert "The key “staging” is ready." in text
    assert project.keys.get(label="staging").dsn() in text


def test_a_key_is_switched_off_and_on(admin: Client, project: Project) -> None:
    key = project.keys.get()
    assert "its clients are refused" in said(admin, f"{PAGE}keys/{key.pk}/switch/", active="no")
    assert project.dsn() == ""
    said(admin, f"{PAGE}keys/{key.pk}/switch/", active="yes")
    assert project.dsn() == key.dsn()


def test_keys_of_other_projects_are_out_of_reach(admin: Client, project: Project, elsewhere: Project) -> None:
    key = elsewhere.keys.get()
    assert admin.post(f"{PAGE}keys/{key.pk}/switch/", {"active": "no"}).status_code == 404
    key.refresh_from_db()
    assert key.is_active


def test_teams_are_chosen_from_the_own_organisation(admin: Client, project: Project, elsewhere: Project) -> None:
    own = Team.objects.create(organisation=project.organisation, name="Own", slug="own")
    other = Team.objects.create(organisation=Organisation.objects.get(slug="elsewhere"), name="Other", slug="other")
    assert "do not belong" in said(admin, f"{PAGE}teams/", teams=[own.pk, other.pk])
    assert "Teams saved." in said(admin, f"{PAGE}teams/", teams=[own.pk])
    assert list(project.teams.all()) == [own]


def test_the_page_offers_to_make_a_team_where_there_is_none(admin: Client, project: Project) -> None:
    assert "make a team first" in read(admin, PAGE)
