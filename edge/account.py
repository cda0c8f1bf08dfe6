"""Whom a token belongs to, and which project a request is about."""

from urllib.parse import quote

from edge.options import UsageError
from edge.send import Client, Denied, SendError


def whoami(client: Client) -> tuple[str, str | None]:
    """Slugs of the token's organisation and project, the latter None when it is for all projects. Raises SendError."""
    answer = client.get("/api/v1/whoami")
    if not isinstance(answer, dict) or not isinstance(answer.get("organisation"), str):
        raise Denied("the server does not tell the token's organisation: is that a Farside server?")
    return answer["organisation"], answer.get("project")


def with_project(path: str, project: str | None) -> str:
    """`path` of a request about `project`; None leaves it to the token."""
    return f"{path}?project={quote(project, safe='')}" if project else path


def require_project(client: Client, project: str | None) -> None:
    """Raises UsageError when neither `project` nor the token names one. A server that is away is no reason to stop."""
    if project:
        return
    try:
        organisation, own_project = whoami(client)
    except SendError:
        return
    if own_project is None:
        raise UsageError(f"the token is for all projects of {organisation}: name one by --project or FARSIDE_PROJECT")
