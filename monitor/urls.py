"""Every page and API endpoint of the server; the collection endpoints are ingest.urls'."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
