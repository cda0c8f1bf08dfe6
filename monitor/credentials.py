"""The credentials of the first account, kept in the data folder, where `farside bootstrap` reads them."""

import json
from pathlib import Path
from typing import TypedDict

from django.conf import settings


class Credentials(TypedDict):
    """What a person needs for the first login and a program for the first call."""

    url: str
    dsn: str
    token: str
    org: str
    project: str
    project_id: int
    email: str
    password: str


def credentials_file() -> Path:
    """Where they are kept, readable by the owner of the data folder alone."""
    return Path(settings.FARSIDE_DATA) / "bootstrap.json"


def kept_credentials() -> Credentials | None:
    """Return what an earlier call has made, None when there is nothing yet."""
    try:
        text = credentials_file().read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    found: Credentials = json.loads(text)
    return found
