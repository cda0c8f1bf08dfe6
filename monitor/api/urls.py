"""Every endpoint of the API: ours under /api/v1/, Sentry's shapes under /api/0/, and the schema of ours."""

from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView

from monitor.api.metrics import Metrics
from monitor.api.probe import ProbeAssignments, ProbeResults
from monitor.api.whoami import Whoami

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/whoami", Whoami.as_view(), name="api-whoami"),
    path("api/v1/probe/results", ProbeResults.as_view(), name="api-probe-results"),
    path("api/v1/probe/assignments", ProbeAssignments.as_view(), name="api-probe-assignments"),
    path("api/v1/metrics", Metrics.as_view(), name="api-metrics"),
    path("api/0/", include("monitor.api.sentry_urls")),
    path("api/0/", include("monitor.api.issue_urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"),
]
