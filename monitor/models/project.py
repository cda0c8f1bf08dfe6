"""Who may see what: organisations, members, teams, projects, DSN keys and API tokens."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from monitor.models.columns import created_at

ROLES = ("viewer", "member", "admin", "owner")
"""Weakest first. A viewer reads; a member triages; an admin changes settings, keys and tokens; an owner also owners."""

SCOPES = (
    "project:read",
    "project:write",
    "project:releases",
    "event:read",
    "event:write",
    "org:read",
    "probe:write",
    "metrics:write",
)
"""What an API token may do. Named as Sentry's where Sentry has the same."""

USE_RECORDED_EVERY = timedelta(minutes=1)

PERIODS = ("day", "month")
"""What a quota is counted by: days and months of UTC."""


def rate_limit() -> Any:
    """Events taken in each window of `rate_window_s`; None: as many as come."""
    return models.PositiveIntegerField(null=True, blank=True, validators=[MinValueValidator(1)])


def rate_window_s() -> Any:
    """Seconds of the window that `rate_limit` counts in: a minute unless said otherwise, a day at most."""
    return models.PositiveIntegerField(default=60, validators=[MinValueValidator(1), MaxValueValidator(86_400)])


def roles_from(least: str) -> tuple[str, ...]:
    """The role `least` and every stronger one."""
    return ROLES[ROLES.index(least) :]


class Organisation(models.Model):
    """The tenant: nothing of one organisation is visible to another."""

    name = models.CharField(max_length=100)
    slug = models.SlugField(max_length=50, unique=True)
    created_at = created_at()

    def __str__(self) -> str:
        return self.name


class Member(models.Model):
    """A user's place in an organisation, with a role."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=[(role, role.capitalize()) for role in ROLES], default="member")
    created_at = created_at()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "user"], name="member_once")]

    def __str__(self) -> str:
        return f"{self.user} ({self.role})"


class Team(models.Model):
    """Members who own some projects together."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="teams")
    name = models.CharField(max_length=100)
    slug = models.SlugField(max_length=50)
    members = models.ManyToManyField(Member, related_name="teams", blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "slug"], name="team_slug_once")]

    def __str__(self) -> str:
        return self.name


class ProjectQuerySet(models.QuerySet["Project"]):
    """Lookups that begin with who asks."""

    def seen_by(self, user: AbstractBaseUser | AnonymousUser, least: str = "viewer") -> "ProjectQuerySet":
        """Projects in which `user` has at least the role `least`.

        Owners and admins reach every project of their organisation; members and viewers those of their teams and
        those that no team owns.
        """
        if not user.is_authenticated:
            return self.none()
        memberships = Member.objects.filter(user_id=user.pk, role__in=roles_from(least))
        strong = memberships.filter(role__in=roles_from("admin")).values("organisation")
        allowed = Q(organisation__in=strong) | Q(organisation__in=memberships.values("organisation"), teams=None)
        return self.filter(allowed | Q(teams__members__in=memberships)).distinct()


class Project(models.Model):
    """One application that reports: the unit that keys, issues, checks and hosts belong to."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="projects")
    name = models.CharField(max_length=100)
    slug = models.SlugField(max_length=50)
    platform = models.CharField(max_length=30, default="javascript")
    teams = models.ManyToManyField(Team, related_name="projects", blank=True)
    last_issue_number = models.IntegerField(default=0, editable=False)
    rate_limit = rate_limit()
    rate_window_s = rate_window_s()
    quota = models.PositiveBigIntegerField(null=True, blank=True, validators=[MinValueValidator(1)])
    quota_period = models.CharField(max_length=5, choices=[(name, f"a {name}") for name in PERIODS], default="month")
    filters: Any = models.JSONField(default=dict, blank=True, editable=False)
    keeps_addresses = models.BooleanField(default=False)
    created_at = created_at()

    objects = ProjectQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "slug"], name="project_slug_once")]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; a new project gets its first DSN key in the same transaction."""
        is_new = self.pk is None
        with transaction.atomic():
            super().save(*args, **kwargs)
            if is_new:
                Key.objects.create(project=self, label="Default")

    def dsn(self) -> str:
        """The DSN of the oldest active key, or "" when every key is switched off."""
        key = self.keys.filter(is_active=True).order_by("id").first()
        return key.dsn() if key else ""


def new_public_key() -> str:
    """32 hexadecimal digits, as the SDKs expect them in a DSN."""
    return secrets.token_hex(16)


class Key(models.Model):
    """The public key in a DSN: lets a client send, never read."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="keys")
    public_key = models.CharField(max_length=32, unique=True, default=new_public_key, editable=False)
    label = models.CharField(max_length=100)
    is_active = models.BooleanField(default=True)
    rate_limit = rate_limit()
    rate_window_s = rate_window_s()
    created_at = created_at()

    def __str__(self) -> str:
        return self.label

    def dsn(self) -> str:
        """`http(s)://<public_key>@<host>/<project_id>`."""
        scheme, _, host = settings.FARSIDE_URL.partition("://")
        return f"{scheme}://{self.public_key}@{host}/{self.project_id}"


def digest_token(plaintext: str) -> str:
    """SHA-256 of a token. Tokens carry 256 random bits, so no salt or slow hash is needed to resist guessing."""
    return hashlib.sha256(plaintext.encode()).hexdigest()


class TokenManager(models.Manager["Token"]):
    """Makes and finds tokens; the plaintext exists only in the hands of the caller."""

    def issue(
        self,
        organisation: Organisation,
        name: str,
        scopes: Iterable[str],
        project: Project | None = None,
        created_by: User | None = None,
        expires_at: datetime | None = None,
    ) -> tuple["Token", str]:
        """Make a token; return its row and the plaintext, which is shown once and never stored."""
        plaintext = f"fst_{secrets.token_urlsafe(32)}"
        token = self.create(
            organisation=organisation,
            project=project,
            name=name,
            scopes=sorted(set(scopes)),
            created_by=created_by,
            expires_at=expires_at,
            prefix=plaintext[:8],
            digest=digest_token(plaintext),
        )
        return token, plaintext

    def valid(self, plaintext: str) -> "Token | None":
        """The token with this plaintext, unless it is unknown, revoked or expired."""
        alive = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
        found = self.filter(alive, digest=digest_token(plaintext), revoked_at=None)
        return found.select_related("organisation", "project").first()


class Token(models.Model):
    """A hashed, scoped API token of an organisation or of one project."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="tokens")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, null=True, blank=True, related_name="tokens")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=8, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = ArrayField(models.CharField(max_length=30))
    created_at = created_at()
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    objects = TokenManager()

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def projects(self) -> ProjectQuerySet:
        """The projects this token reaches."""
        of_organisation = Project.objects.filter(organisation_id=self.organisation_id)
        return of_organisation.filter(pk=self.project_id) if self.project_id else of_organisation

    def record_use(self) -> None:
        """Remember that the token was used just now; a busy one is written once in USE_RECORDED_EVERY."""
        now = timezone.now()
        if self.last_used_at is None or now - self.last_used_at >= USE_RECORDED_EVERY:
            Token.objects.filter(pk=self.pk).update(last_used_at=now)
