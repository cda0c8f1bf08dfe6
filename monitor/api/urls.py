"""Every endpoint of the API: ours under /api/v1/, Sentry's shapes under /api/0/, and the schema of ours."""

from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView

from monitor.api.dead_letters import DeadLetterDetail, DeadLetterRetry, DeadLetters
from monitor.api.explain import EventSourceMaps, ReleaseReport
from monitor.api.metrics import Metrics
from monitor.api.outcomes import Outcomes
from monitor.api.probe import ProbeAssignments, ProbeResults
from monitor.api.whoami import Whoami

PROJECT = "api/v1/projects/<slug:org>/<slug:project>/"
DEAD_LETTERS = PROJECT + "dead-letters/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/whoami", Whoami.as_view(), name="api-whoami"),
    path("api/v1/probe/results", ProbeResults.as_view(), name="api-probe-results"),
    path("api/v1/probe/assignments", ProbeAssignments.as_view(), name="api-probe-assignments"),
    path("api/v1/metrics", Metrics.as_view(), name="api-metrics"),
    path(PROJECT + "outcomes/", Outcomes.as_view(), name="api-outcomes"),
    path(PROJECT + "events/<str:event_id>/sourcemaps/", EventSourceMaps.as_view(), name="api-event-sourcemaps"),
    path(PROJECT + "releases/<path:version>/sourcemaps/", ReleaseReport.as_view(), name="api-release-sourcemaps"),
    path(DEAD_LETTERS, DeadLetters.as_view(), name="api-dead-letters"),
    path(DEAD_LETTERS + "<int:letter>/", DeadLetterDetail.as_view(), name="api-dead-letter"),
    path(DEAD_LETTERS + "<int:letter>/retry/", DeadLetterRetry.as_view(), name="api-dead-letter-retry"),
    path("api/0/", include("monitor.api.sentry_urls")),
    path("api/0/", include("monitor.api.issue_urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"),
]
