"""Every URL and everybody who may ask for it, as tests/permissions_matrix.py says; nothing leaves its organisation."""

import json
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from monitor.models import Member, Organisation, Project, Team, Token
from monitor.models.project import SCOPES
from tests.permissions_matrix import ADMIN, API, IN, OPEN, PAGES, USER, Call, Page
from tests.permissions_world import MARK, ROLES, World, built, undone

pytestmark = pytest.mark.django_db

PERSONS = ("anonymous", "stranger", "outsider", *ROLES)
CALLS = [(name, method) for name, calls in API.items() for method in calls]


def walk(patterns: Iterable[URLPattern | URLResolver], above: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """The name (or else the path) and the parameters of every URL pattern."""
    for pattern in patterns:
        parameters = (*above, *pattern.pattern.converters)
        if isinstance(pattern, URLResolver):
            yield from walk(pattern.url_patterns, parameters)
        else:
            yield pattern.name or f"unnamed: {pattern.pattern}", parameters


URLS = list(walk(get_resolver("monitor.urls").url_patterns))
PARAMETERS: dict[str, tuple[str, ...]] = dict(URLS)


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """Made once for all tests of this module; what each changes is undone after it, and the rest at the end."""
    with django_db_blocker.unblock(), built() as made:
        yield made


@pytest.fixture(autouse=True)
def _apart(settings: Any, tmp_path: Path, valkey: Any) -> None:
    """Files and a Valkey of its own for every test; and hashes of passwords that are not slow on purpose."""
    settings.MEDIA_ROOT = tmp_path
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def browser(world: World, person: str, **options: Any) -> Client:
    """The browser of one of PERSONS."""
    made = Client(**options)
    if person != "anonymous":
        made.force_login(world.users[person])
    return made


def path_of(name: str, arguments: dict[str, Any]) -> str:
    """The path of a page or endpoint."""
    return reverse(name, kwargs={parameter: arguments[parameter] for parameter in PARAMETERS[name]})


def outcome(answer: Any) -> str:
    """`in` for a page or a redirect, `login` where one has to log in, else the status."""
    if answer.status_code == 302 and answer["Location"].startswith("/login/?next="):
        return "login"
    return IN if answer.status_code < 400 else str(answer.status_code)


def open_page(client: Client, name: str, method: str, arguments: dict[str, Any]) -> Any:
    """GET the page, or post its form."""
    page = PAGES[name]
    path = path_of(name, arguments | dict(page.arguments))
    return client.get(path, page.query) if method == "GET" else client.post(path, page.form)


def methods_of(page: Page) -> list[str]:
    return ["GET"] * page.gets + ["POST"] * (page.form is not None)


VISITS = [(name, method) for name, page in PAGES.items() for method in methods_of(page)]
ACTIONS = [name for name, page in PAGES.items() if not page.gets]


def expected(page: Page, person: str) -> str:
    """What the matrix promises a person."""
    if page.least == OPEN or (page.least == USER and person != "anonymous"):
        return page.result
    if person == "anonymous":
        return "login"
    if person not in ROLES:
        return "404"
    return page.result if ROLES.index(person) >= ROLES.index(page.least) else "403"


def test_every_url_has_a_row_and_every_row_a_url() -> None:
    names = [name for name, _ in URLS]
    assert sorted(names) == sorted(set(names)), "give each URL pattern a name of its own"
    missing, gone = set(names) - PAGES.keys() - API.keys(), (PAGES.keys() | API.keys()) - set(names)
    assert not missing, (
        f"{sorted(missing)}: add a row to tests/permissions_matrix.py, to PAGES (who may open it, which form it takes) "
        "or to API (which scopes each method needs), and what its path names to tests/permissions_world.py"
    )
    assert not gone, f"{sorted(gone)}: no URL has these names any more; remove their rows"


@pytest.mark.parametrize(("name", "method"), VISITS)
def test_a_page_lets_in_whom_it_should(name: str, method: str, world: World) -> None:
    outcomes, told = {}, []
    for person in PERSONS:
        with undone():
            answer = open_page(browser(world, person), name, method, world.own)
        outcomes[person] = outcome(answer)
        told += [person] * (MARK.encode() in answer.content)
    assert outcomes == {person: expected(PAGES[name], person) for person in PERSONS}
    assert set(told) <= set(ROLES), "nobody else may read anything of the project"


@pytest.mark.parametrize("name", ACTIONS)
def test_what_is_posted_to_takes_no_get(name: str, world: World) -> None:
    answer = browser(world, "owner").get(path_of(name, world.own))
    assert (answer.status_code, answer["Allow"]) == (405, "POST")


@pytest.mark.parametrize("name", [name for name, page in PAGES.items() if page.form is not None])
def test_no_form_is_taken_from_another_site(name: str, world: World) -> None:
    assert open_page(browser(world, "owner", enforce_csrf_checks=True), name, "POST", world.own).status_code == 403


def swaps(names: Iterable[str], source: str) -> list[tuple[str, str]]:
    """(name, parameter): the parameters that, taken from elsewhere, name what is not there."""
    at_home = {"sibling": {"org", "slug", "project", "member", "team", "token"}, "foreign": set()}[source]
    fixed = {"file", "path"} if names is PAGES else {"key"}  # the same everywhere: of the SDK, of the demo, a tag's
    return [(name, one) for name in names for one in PARAMETERS.get(name, ()) if one not in at_home | fixed]


@pytest.mark.parametrize(
    ("name", "parameter", "source"),
    [(*swap, source) for source in ("foreign", "sibling") for swap in swaps(PAGES, source)],
)
def test_ids_of_another_project_are_not_there(name: str, parameter: str, source: str, world: World) -> None:
    arguments = world.mistaken(parameter, source)
    for method in methods_of(PAGES[name]):
        answer = open_page(browser(world, "owner"), name, method, arguments)
        assert answer.status_code == 404, f"{method} {answer.request['PATH_INFO']}"


@pytest.mark.parametrize(("name", "method"), [visit for visit in VISITS if "slug" in PARAMETERS.get(visit[0], ())])
def test_a_team_keeps_its_project_from_the_others(name: str, method: str, world: World) -> None:
    team = Team.objects.create(organisation=Organisation.objects.get(slug="acme"), name="Night", slug="night")
    world.project().teams.add(team)
    for person in ("viewer", "member"):
        answer = open_page(browser(world, person), name, method, world.own)
        assert answer.status_code == 404
        assert MARK.encode() not in answer.content
    team.members.add(Member.objects.get(user=world.users["member"]))
    assert outcome(open_page(browser(world, "member"), name, method, world.own)) == expected(PAGES[name], "member")


@pytest.mark.parametrize("name", ["home", "organisation", "issues"])
def test_a_teams_project_is_in_no_list_of_others(name: str, world: World) -> None:
    team = Team.objects.create(organisation=Organisation.objects.get(slug="acme"), name="Night", slug="night")
    world.project().teams.add(team)
    Project.objects.create(organisation=team.organisation, name="Wren", slug="wren")
    answer = open_page(browser(world, "member"), name, "GET", world.own | {"slug": "demo"})
    assert b"Wren" in answer.content
    assert MARK.encode() not in answer.content


@pytest.mark.parametrize("name", ["member_role", "member_remove"])
def test_an_owner_is_changed_by_owners_alone(name: str, world: World) -> None:
    owner = Member.objects.get(user=world.users["owner"])
    Member.objects.filter(pk=world.own["member"]).update(role="owner")
    for person, result in ((ADMIN, "403"), ("owner", IN)):
        answer = open_page(browser(world, person), name, "POST", world.own | {"member": owner.pk})
        assert outcome(answer) == result


def issue_token(world: World, place: str = "own", scopes: Iterable[str] = SCOPES, **dates: Any) -> str:
    """The plaintext of a token of the `own`, `sibling` or `foreign` project."""
    arguments: dict[str, Any] = getattr(world, place)
    project = Project.objects.get(organisation__slug=arguments["org"], slug=arguments["slug"])
    token, plain = Token.objects.issue(project.organisation, place, scopes, project)
    Token.objects.filter(pk=token.pk).update(**dates)
    return plain


def call(client: Client, name: str, method: str, plain: str | None, about: dict[str, Any]) -> Any:
    """The matrix's request, with a token or without."""
    asked = API[name][method]
    arguments = about | {"key": "plan"}
    path = path_of(name, arguments) + asked.query.format(**arguments)
    headers = {"Authorization": f"Bearer {plain}"} if plain is not None else {}
    if asked.upload:
        return client.post(path, {"file": SimpleUploadedFile(*asked.upload)}, headers=headers)
    content = "" if asked.body is None else json.dumps(asked.body)
    return client.generic(method, path, content, "application/json", headers=headers)


@pytest.mark.parametrize(("name", "method"), CALLS)
def test_the_api_takes_no_caller_without_a_good_token(name: str, method: str, world: World) -> None:
    past = timezone.now() - timedelta(seconds=1)
    callers = {
        "anonymous": (Client(), None),
        "logged in": (browser(world, "owner"), None),
        "garbage": (Client(), "fst_garbage"),
        "revoked": (Client(), issue_token(world, revoked_at=past)),
        "expired": (Client(), issue_token(world, expires_at=past)),
    }
    answers = {who: call(client, name, method, plain, world.own) for who, (client, plain) in callers.items()}
    assert {who: answer.status_code for who, answer in answers.items()} == dict.fromkeys(callers, 401)
    assert all(answer["WWW-Authenticate"].startswith("Bearer") for answer in answers.values())


@pytest.mark.parametrize(("name", "method"), CALLS)
def test_the_api_wants_the_scope(name: str, method: str, world: World) -> None:
    outcomes = {}
    for scope in SCOPES:
        with undone():
            outcomes[scope] = outcome(call(Client(), name, method, issue_token(world, scopes=[scope]), world.own))
    assert outcomes == {scope: IN if scope in API[name][method].scopes else "403" for scope in SCOPES}


@pytest.mark.parametrize("place", ["foreign", "sibling"])
@pytest.mark.parametrize(("name", "method"), CALLS)
def test_a_token_reaches_what_is_its_own(name: str, method: str, place: str, world: World) -> None:
    answer = call(Client(), name, method, issue_token(world, place), world.own)
    assert outcome(answer) == beyond(name, API[name][method], place), answer.content
    assert MARK.encode() not in answer.content


def beyond(name: str, asked: Call, place: str) -> str:
    """What a token of another project gets. A path that names nothing is about what the token is of."""
    named = set(PARAMETERS[name])
    if named & ({"org", "issue_id"} if place == "foreign" else {"project", "issue_id", "version"}):
        return "404"
    return asked.sibling if place == "sibling" else IN


@pytest.mark.parametrize(
    ("name", "parameter", "source"),
    [(*swap, "foreign") for swap in swaps(API, "foreign")]
    + [(*swap, "sibling") for swap in swaps(API, "sibling") if swap[1] in ("event_id", "file", "letter")],
)
def test_a_token_of_all_projects_finds_nothing_at_the_wrong_place(
    name: str, parameter: str, source: str, world: World
) -> None:
    _, plain = Token.objects.issue(Organisation.objects.get(slug="acme"), "all", SCOPES)
    for method in API[name]:
        answer = call(Client(), name, method, plain, world.mistaken(parameter, source))
        assert answer.status_code == 404, f"{method} {answer.request['PATH_INFO']}: {answer.content!r}"


@pytest.mark.parametrize("place", ["foreign", "sibling"])
@pytest.mark.parametrize("name", ["api-probe-results", "api-probe-assignments", "api-metrics"])
def test_a_project_named_in_the_query_must_be_the_tokens(name: str, place: str, world: World) -> None:
    headers = {"Authorization": f"Bearer {issue_token(world, place)}"}
    Project.objects.filter(pk=world.project().pk).update(slug="guarded")
    for method, asked in API[name].items():
        answer = Client().generic(
            method, f"{reverse(name)}?project=guarded", json.dumps(asked.body), "application/json", headers=headers
        )
        assert answer.status_code == 404


@pytest.mark.parametrize("name", ["issues", "issue", "releases", "checks", "hosts", "channels", "setup", "settings"])
def test_the_mark_is_there_to_be_read(name: str, world: World) -> None:
    assert MARK.encode() in open_page(browser(world, "owner"), name, "GET", world.own).content


@pytest.mark.parametrize("name", ["api-0-issue", "api-0-project", "api-0-organisation-projects", "api-0-issue-tag"])
def test_the_mark_is_there_to_be_fetched(name: str, world: World) -> None:
    assert MARK.encode() in call(Client(), name, "GET", issue_token(world), world.own).content
