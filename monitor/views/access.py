"""Looks everything up through the member who asks: the first line of every view."""

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest

from monitor.models import Issue, Member, Organisation, Project
from monitor.models.project import roles_from


@dataclass(frozen=True)
class Place:
    """Where a page is: the member who reads it and, on pages of a project, the project."""

    member: Member
    project: Project | None = None

    @property
    def organisation(self) -> Organisation:
        """The member's organisation."""
        return self.member.organisation

    def may_triage(self) -> bool:
        """Whether the reader may resolve, ignore and assign."""
        return self.member.role in roles_from("member")

    def may_administer(self) -> bool:
        """Whether the reader may change settings, keys, tokens, channels, checks and members."""
        return self.member.role in roles_from("admin")

    def is_owner(self) -> bool:
        """Whether the reader may change who is owner."""
        return self.member.role == "owner"


class Request(HttpRequest):
    """A request of somebody who is logged in. `place` is set by the lookups of this module."""

    user: User
    place: Place


def get_organisation(request: Request, org: str, least: str = "viewer") -> Organisation:
    """The organisation with that slug; 404 unless the user is its member, 403 below the role `least`."""
    member = _member(request, org, least)
    request.place = Place(member)
    return member.organisation


def get_project(request: Request, org: str, slug: str, least: str = "viewer") -> Project:
    """The project; 404 unless the user sees it, 403 when they do with a role below `least`."""
    found = Project.objects.filter(organisation__slug=org, slug=slug).select_related("organisation")
    project = found.filter(pk__in=Project.objects.seen_by(request.user).values("pk")).first()
    if project is None:
        raise Http404(f"There is no project {org}/{slug} that you can see.")
    request.place = Place(_member(request, org, least), project)
    return project


def get_issue(request: Request, org: str, slug: str, number: int, least: str = "viewer", lock: bool = False) -> Issue:
    """The issue with that number in the project. `lock` holds its row, inside a transaction, until the end of it."""
    project = get_project(request, org, slug, least)
    rows = Issue.objects.select_for_update() if lock else Issue.objects.all()
    issue = rows.filter(project_id=project.pk, number=number).first()
    if issue is None:
        raise Http404(f"{project.name} has no issue {number}.")
    issue.project = project
    return issue


def _member(request: Request, org: str, least: str) -> Member:
    member = Member.objects.filter(user=request.user, organisation__slug=org).select_related("organisation").first()
    if member is None:
        raise Http404(f"There is no organisation {org} that you belong to.")
    if member.role not in roles_from(least):
        raise PermissionDenied(f"This needs the role {least}; yours is {member.role}. An owner or admin can change it.")
    return member
