"""A worker's database connection outlives its tasks, until it breaks."""

import pytest
from celery.fixups.django import DjangoWorkerFixup
from django.db import OperationalError, connection

from monitor.celery import app, drop_dead_connections


@pytest.mark.django_db(transaction=True)
def test_the_connection_is_kept_from_task_to_task() -> None:
    connection.ensure_connection()
    kept = connection.connection
    DjangoWorkerFixup(app).close_database()
    drop_dead_connections()
    assert connection.connection is kept


@pytest.mark.django_db(transaction=True)
def test_a_broken_one_is_made_anew() -> None:
    with pytest.raises(OperationalError), connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    drop_dead_connections()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)
