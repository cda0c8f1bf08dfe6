"""Two organisations: Acme with an owner, admin, member and viewer, and Elsewhere with the outsider."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client

from monitor.models import Issue, Member, Organisation, Project
from tests.api.stored import make_event, store_events

Join = Callable[[str, Organisation, str], Client]


@pytest.fixture
def join(db: None) -> Join:
    """Makes an account with a role in an organisation; returns its logged-in browser."""

    def make(name: str, organisation: Organisation, role: str) -> Client:
        user = User.objects.create_user(f"{name}@example.com", f"{name}@example.com")
        Member.objects.create(organisation=organisation, user=user, role=role)
        browser = Client()
        browser.force_login(user)
        return browser

    return make


@pytest.fixture
def owner(join: Join, project: Project) -> Client:
    return join("owner", project.organisation, "owner")


@pytest.fixture
def admin(join: Join, project: Project) -> Client:
    return join("admin", project.organisation, "admin")


@pytest.fixture
def member(join: Join, project: Project) -> Client:
    return join("member", project.organisation, "member")


@pytest.fixture
def viewer(join: Join, project: Project) -> Client:
    return join("viewer", project.organisation, "viewer")


@pytest.fixture
def elsewhere(db: None) -> Project:
    """A project of the other organisation, with the same slug."""
    organisation = Organisation.objects.create(name="Elsewhere", slug="elsewhere")
    return Project.objects.create(organisation=organisation, name="Web of others", slug="web")


@pytest.fixture
def outsider(join: Join, elsewhere: Project) -> Client:
    return join("outsider", elsewhere.organisation, "owner")


@pytest.fixture
def issue(project: Project) -> Issue:
    """An issue with two events, the later one a minute old."""
    return store_events(project, make_event(minutes_ago=30), make_event(minutes_ago=1))[1]
