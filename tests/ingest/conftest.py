"""The door as a fresh process would have it: no queue, no remembered keys."""

import pytest

from ingest import authenticate
from monitor.models import Project


@pytest.fixture
def door(transactional_db: None, valkey: object, project: Project) -> Project:
    """The project that the door lets in; its rows are committed, as the door asks on connections of its own."""
    authenticate._known.clear()
    return project
