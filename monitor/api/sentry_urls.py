"""Sentry-shaped endpoints for uploads and releases, all below /api/0/."""

from django.urls import URLPattern, path

from monitor.api import deploys, release_files, releases, root, uploads

ORGANISATION = "organizations/<slug:org>/"
PROJECT = "projects/<slug:org>/<slug:project>/"


def release_urls(prefix: str, kind: str) -> list[URLPattern]:
    """The releases below an organisation or a project. A version may hold slashes: the longer paths come first."""
    version = f"{prefix}releases/<path:version>/"
    return [
        path(f"{prefix}releases/", releases.Releases.as_view(), name=f"api-0-{kind}-releases"),
        path(f"{version}assemble/", uploads.ReleaseAssemble.as_view(), name=f"api-0-{kind}-release-assemble"),
        path(f"{version}deploys/", deploys.Deploys.as_view(), name=f"api-0-{kind}-release-deploys"),
        path(f"{version}commits/", releases.Commits.as_view(), name=f"api-0-{kind}-release-commits"),
        path(
            f"{version}previous-with-commits/",
            releases.PreviousWithCommits.as_view(),
            name=f"api-0-{kind}-release-previous",
        ),
        path(f"{version}files/", release_files.ReleaseFiles.as_view(), name=f"api-0-{kind}-release-files"),
        path(f"{version}files/<int:file>/", release_files.ReleaseFile.as_view(), name=f"api-0-{kind}-release-file"),
        path(version, releases.ReleaseDetail.as_view(), name=f"api-0-{kind}-release"),
    ]


urlpatterns = [
    path("", root.Root.as_view(), name="api-0-root"),
    path("organizations/", root.Organisations.as_view(), name="api-0-organisations"),
    path(ORGANISATION, root.OrganisationDetail.as_view(), name="api-0-organisation"),
    path(f"{ORGANISATION}repos/", root.Repositories.as_view(), name="api-0-repositories"),
    path(f"{ORGANISATION}chunk-upload/", uploads.ChunkUpload.as_view(), name="api-0-chunk-upload"),
    path(
        f"{ORGANISATION}artifactbundle/assemble/",
        uploads.ArtifactBundleAssemble.as_view(),
        name="api-0-artifactbundle-assemble",
    ),
    *release_urls(ORGANISATION, "organisation"),
    *release_urls(PROJECT, "project"),
]
