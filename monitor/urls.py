"""Every page and API endpoint of the server; the collection endpoints are ingest.urls'."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("monitor.api.urls")),
    path("", include("monitor.views.urls")),
]
