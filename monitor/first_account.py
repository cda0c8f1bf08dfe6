"""The first account, project and token: made once per database, their credentials kept in the data folder."""

import json
import secrets

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from monitor.credentials import Credentials, credentials_file, kept_credentials
from monitor.embedded.process import write_private
from monitor.environment import SettingError
from monitor.models.project import SCOPES, Member, Organisation, Project, Token, digest_token

EMAIL = "admin@example.com"
LEAST_TOKEN = 32


def ensure_credentials() -> Credentials:
    """Return the kept credentials at today's address, after making them if this database has not seen them."""
    kept = kept_credentials()
    project = Project.objects.filter(pk=kept["project_id"]).first() if kept else None
    if kept is None or project is None or not _known(kept["token"]):
        kept, project = _make()
    current: Credentials = {**kept, "url": settings.FARSIDE_URL, "dsn": project.dsn()}
    write_private(credentials_file(), json.dumps(current, indent=1))
    return current


def _known(token: str) -> bool:
    """Whether this database has made the token; one that was revoked since stays revoked."""
    return Token.objects.filter(digest=digest_token(token)).exists()


@transaction.atomic
def _make() -> tuple[Credentials, Project]:
    password = secrets.token_urlsafe(12)
    organisation, _ = Organisation.objects.get_or_create(slug="my-team", defaults={"name": "My team"})
    project, _ = Project.objects.get_or_create(organisation=organisation, slug="web", defaults={"name": "Web"})
    user, _ = User.objects.get_or_create(username=EMAIL, defaults={"email": EMAIL})
    user.set_password(password)
    user.save()
    Member.objects.get_or_create(organisation=organisation, user=user, defaults={"role": "owner"})
    token = _make_token(project, user)
    made: Credentials = {
        "url": "",
        "dsn": "",
        "token": token,
        "org": organisation.slug,
        "project": project.slug,
        "project_id": project.pk,
        "email": EMAIL,
        "password": password,
    }
    return made, project


def _make_token(project: Project, user: User) -> str:
    """A token of the first project with all scopes: a random one, or the one that the settings ask for."""
    row, random_token = Token.objects.issue(
        project.organisation, "First token", SCOPES, project=project, created_by=user
    )
    wanted = str(settings.FARSIDE_FIRST_TOKEN)
    if not wanted:
        return random_token
    if len(wanted) < LEAST_TOKEN or not wanted.isascii() or not wanted.isprintable() or " " in wanted:
        raise SettingError(f"FARSIDE_FIRST_TOKEN must be {LEAST_TOKEN} or more letters and digits, chosen by chance")
    row.prefix, row.digest = wanted[:8], digest_token(wanted)
    row.save(update_fields=["prefix", "digest"])
    return wanted
