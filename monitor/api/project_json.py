"""Projects and their keys in Sentry's form."""

from typing import Any

from django.conf import settings

from monitor.models import Key, Project


def project_json(project: Project) -> dict[str, Any]:
    """A project; `status` and `isMember` are fixed, for a token reaches only what it may read."""
    return {
        **project_reference(project),
        "dateCreated": project.created_at,
        "status": "active",
        "isMember": True,
        "hasAccess": True,
        "features": [],
        "organization": {
            "id": str(project.organisation_id),
            "slug": project.organisation.slug,
            "name": project.organisation.name,
        },
    }


def project_reference(project: Project) -> dict[str, Any]:
    """A project as other objects name it."""
    return {"id": str(project.pk), "slug": project.slug, "name": project.name, "platform": project.platform}


def key_json(key: Key) -> dict[str, Any]:
    """A DSN key. It has no secret part: the public key alone lets a client send."""
    dsn = key.dsn()
    return {
        "id": key.public_key,
        "name": key.label,
        "label": key.label,
        "public": key.public_key,
        "projectId": key.project_id,
        "isActive": key.is_active,
        "dateCreated": key.created_at,
        "dsn": {"public": dsn, "cdn": "", "security": f"{settings.FARSIDE_URL}/api/{key.project_id}/reports/"},
    }
