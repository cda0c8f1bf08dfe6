"""Acme with two projects, and Elsewhere: each project with one of everything that a URL can name."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from monitor.models import (
    Artifact,
    Channel,
    Check,
    DeadLetter,
    Deploy,
    Host,
    Member,
    Notification,
    Organisation,
    Project,
    Release,
    Series,
    Team,
    Token,
)
from tests.api.stored import make_event, store_events

ROLES = ("viewer", "member", "admin", "owner")
MARK = "Kestrel"
"""Stands in the name of everything of the guarded project; no slug or id has it, so no answer echoes it."""
NEST = "nest"
"""Slug of a project that only Elsewhere has; both organisations have a project `web`."""
METRIC = "cpu.utilization"

Arguments = dict[str, Any]


@dataclass(frozen=True)
class World:
    """Arguments of URLs: of the guarded project, of its sibling in Acme, and of the other organisation's."""

    own: Arguments
    sibling: Arguments
    foreign: Arguments
    users: dict[str, User]

    def mistaken(self, parameter: str, source: str) -> Arguments:
        """The own arguments, but for one that is of the `sibling` or the `foreign` project."""
        if source == "foreign" and parameter in ("slug", "project"):
            return self.own | {parameter: NEST}
        found: Arguments = getattr(self, source)
        return self.own | {parameter: found[parameter]}

    def project(self) -> Project:
        """The guarded project."""
        return Project.objects.get(organisation__slug=self.own["org"], slug=self.own["slug"])


@contextmanager
def undone() -> Iterator[None]:
    """What is done inside has not happened afterwards."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@contextmanager
def built() -> Iterator[World]:
    """The world, for as long as the context lasts."""
    with undone():
        acme = Organisation.objects.create(name="Acme", slug="acme")
        elsewhere = Organisation.objects.create(name="Elsewhere", slug="elsewhere")
        users = {role: join(role, acme, role) for role in ROLES}
        users["outsider"] = join("outsider", elsewhere, "owner")
        users["stranger"] = User.objects.create_user("stranger@example.com")
        own = _fill(acme, "web", MARK, issues=1) | _staff(acme)
        sibling = _fill(acme, "demo", "Sparrow", issues=2)
        foreign = _fill(elsewhere, "web", "Magpie", issues=3) | _staff(elsewhere)
        Project.objects.create(organisation=elsewhere, name="Nest", slug=NEST)
        yield World(own, sibling, foreign, users)


def join(name: str, organisation: Organisation, role: str) -> User:
    """An account with a role in the organisation."""
    user = User.objects.create_user(f"{name}@example.com", f"{name}@example.com")
    Member.objects.create(organisation=organisation, user=user, role=role)
    return user


def _staff(organisation: Organisation) -> Arguments:
    """A team, a token and a member who may be changed."""
    user = join(f"somebody.{organisation.slug}", organisation, "viewer")
    return {
        "team": Team.objects.create(organisation=organisation, name="Day", slug="day").pk,
        "token": Token.objects.issue(organisation, "CI", ["event:read"])[0].pk,
        "member": user.memberships.get().pk,
    }


def _fill(organisation: Organisation, slug: str, mark: str, issues: int) -> Arguments:
    """A project; its last issue has the number `issues`, which no other project's last issue has."""
    project = Project.objects.create(organisation=organisation, name=f"{mark} project", slug=slug)
    version = f"{issues}.0.0"
    events = [make_event(f"{mark}Error{number}", release=version, tags={"plan": mark}) for number in range(issues)]
    issue = store_events(project, *events)[-1]
    return {
        "org": organisation.slug,
        "slug": slug,
        "project": slug,
        "number": issue.number,
        "issue_id": issue.id,
        "event_id": UUID(events[-1].event_id),
        "version": version,
        **_evidence(project, mark, version),
        **_surroundings(project, mark),
    }


def _evidence(project: Project, mark: str, version: str) -> Arguments:
    Release.objects.filter(project_id=project.pk, version=version).update(ref=mark)
    now, key = timezone.now(), {"project_id": project.pk}
    Deploy.objects.create(**key, version=version, environment="production", name=mark, finished_at=now)
    file = Artifact.objects.create(
        **key, release=version, kind="source_map", url=f"~/{mark}.js.map", blob="0" * 64, size=1
    )
    file.refresh_from_db()
    host = Host.objects.create(**key, name=f"{mark} host", last_seen_at=now)
    host.refresh_from_db()
    Series.objects.create(**key, host_id=host.id, name=METRIC, labels={"of": mark})
    return {"file": file.id, "host": host.id}


def _surroundings(project: Project, mark: str) -> Arguments:
    channel = Channel.objects.create(
        project=project, name=f"#{mark}", config={"webhook_url": f"https://hooks.slack.example/{mark}"}
    )
    Notification.objects.create(project=project, channel=channel, kind="test", dedupe_key=mark)
    check = Check.objects.create(project=project, name=f"{mark} check", url=f"https://{mark}.example/")
    letter = DeadLetter.objects.create(
        project=project, event_id=uuid4(), received_at=timezone.now(), reason=mark, item=b'{"of": "%s"}' % mark.encode()
    )
    letter.refresh_from_db()
    return {"channel": channel.pk, "check": check.pk, "letter": letter.id, "key": project.keys.get().pk}
