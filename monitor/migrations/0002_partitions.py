"""Partitions the tables that retention empties by day: their plain forms, still empty, are made anew."""

from django.db import migrations

TABLES = {
    "monitor_event": (
        "project_id, day, event_id",
        ["CREATE INDEX event_by_issue ON monitor_event (project_id, issue_id, occurred_at DESC)"],
    ),
    "monitor_result": ("project_id, day, check_id, location, scheduled_at", []),
    "monitor_reading": ("project_id, day, host_id, at", []),
}


def partition(table: str, key: str, indexes: list[str]) -> list[str]:
    """The statements that replace an empty table by one partitioned by day."""
    return [
        f"ALTER TABLE {table} RENAME TO {table}_plain",
        f"CREATE TABLE {table} (LIKE {table}_plain INCLUDING DEFAULTS) PARTITION BY RANGE (day)",
        f"DROP TABLE {table}_plain",
        f"ALTER TABLE {table} ADD PRIMARY KEY ({key})",
        *indexes,
    ]


class Migration(migrations.Migration):
    dependencies = [("monitor", "0001_initial")]
    operations = [
        migrations.RunSQL(partition(table, key, indexes), migrations.RunSQL.noop)
        for table, (key, indexes) in TABLES.items()
    ]
