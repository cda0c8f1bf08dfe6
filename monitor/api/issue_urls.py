"""Sentry-shaped endpoints for projects, issues and events, all below /api/0/."""

from django.urls import URLPattern, path

from monitor.api.events import IssueEvent, IssueEvents, ProjectEvent, ProjectEvents
from monitor.api.issues import IssueDetail, Issues, IssueTagDetail, IssueTags, IssueTagValues
from monitor.api.outcomes import ProjectStats
from monitor.api.projects import ProjectDetail, ProjectKeys, Projects

ORGANISATION = "organizations/<slug:org>/"
PROJECT = "projects/<slug:org>/<slug:project>/"


def _of_issue(prefix: str, name: str) -> list[URLPattern]:
    """What lies below an issue, which Sentry serves both with and without the organisation in the path."""
    issue = prefix + "issues/<str:issue_id>/"
    return [
        path(issue, IssueDetail.as_view(), name=f"api-0-{name}"),
        path(issue + "events/", IssueEvents.as_view(), name=f"api-0-{name}-events"),
        path(issue + "events/<str:event_id>/", IssueEvent.as_view(), name=f"api-0-{name}-event"),
        path(issue + "tags/", IssueTags.as_view(), name=f"api-0-{name}-tags"),
        path(issue + "tags/<str:key>/", IssueTagDetail.as_view(), name=f"api-0-{name}-tag"),
        path(issue + "tags/<str:key>/values/", IssueTagValues.as_view(), name=f"api-0-{name}-tag-values"),
    ]


urlpatterns: list[URLPattern] = [
    path("projects/", Projects.as_view(), name="api-0-projects"),
    path(ORGANISATION + "projects/", Projects.as_view(), name="api-0-organisation-projects"),
    path(PROJECT, ProjectDetail.as_view(), name="api-0-project"),
    path(PROJECT + "keys/", ProjectKeys.as_view(), name="api-0-project-keys"),
    path(PROJECT + "stats/", ProjectStats.as_view(), name="api-0-project-stats"),
    path(ORGANISATION + "issues/", Issues.as_view(), name="api-0-organisation-issues"),
    path(PROJECT + "issues/", Issues.as_view(), name="api-0-project-issues"),
    path(PROJECT + "events/", ProjectEvents.as_view(), name="api-0-project-events"),
    path(PROJECT + "events/<str:event_id>/", ProjectEvent.as_view(), name="api-0-project-event"),
    *_of_issue("", "issue"),
    *_of_issue(ORGANISATION, "organisation-issue"),
]
