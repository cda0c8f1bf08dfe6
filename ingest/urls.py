"""Every collection endpoint: path, format, and nothing else."""

import re
from collections.abc import Callable

from ingest.formats import Envelope, parse_envelope, parse_store

ENDPOINTS: list[tuple[re.Pattern[str], Callable[[bytes], Envelope]]] = [
    (re.compile(r"/api/(?P<project_id>\d{1,18})/envelope/?"), parse_envelope),
    (re.compile(r"/api/(?P<project_id>\d{1,18})/store/?"), parse_store),
]


def find(path: str) -> tuple[int, Callable[[bytes], Envelope]] | None:
    """The project id and format of a collection path; None for any other path."""
    for pattern, parse in ENDPOINTS:
        if found := pattern.fullmatch(path):
            return int(found["project_id"]), parse
    return None
