"""The door as a fresh process would have it: no queue, no remembered keys."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ingest import authenticate
from monitor.models import Project


@pytest.fixture
def door(transactional_db: None, valkey: object, project: Project, settings: Any, tmp_path: Path) -> Iterator[Project]:
    """The project that the door lets in; its rows are committed, as the door asks on connections of its own."""
    settings.FARSIDE_SPOOL = tmp_path / "spool"
    authenticate.forget()
    yield project
    authenticate.close_connections()
