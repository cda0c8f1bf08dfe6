"""Multiplies the events of a project in SQL, with their issues and everything that is counted beside them."""

from collections.abc import Mapping

from django.db import connection, models

from monitor.models import Event, Fingerprint, Issue

USERS = 3000
ISSUES_A_THOUSAND = 1
"""New issues among a thousand new events."""
_PLACES = """
    CREATE TEMP TABLE added AS
    SELECT n AS seed, gen_random_uuid() AS event_id, now() - random() * make_interval(days => %(days)s) AS at,
        ids[1 + floor(cardinality(ids) * power(random(), 2))::int] AS issue_id
    FROM generate_series(1, %(many)s) n,
        (SELECT array_agg(id ORDER BY id) AS ids FROM monitor_issue WHERE project_id = %(project)s)
"""
_SEEDS = """
    CREATE TEMP TABLE seed AS
    SELECT event.*, row_number() OVER () - 1 AS place, count(*) OVER () AS many
    FROM (SELECT * FROM monitor_event WHERE project_id = %(project)s LIMIT 1000) event
"""
_COUNTERS = (
    """
    INSERT INTO monitor_issuecount (project_id, issue_id, bin, events)
    SELECT %(project)s, issue_id, date_bin('5 minutes', at, 'epoch'), count(*) FROM added GROUP BY 2, 3
    ON CONFLICT (project_id, issue_id, bin) DO UPDATE SET events = monitor_issuecount.events + EXCLUDED.events
    """,
    """
    INSERT INTO monitor_issueuser (project_id, issue_id, user_hash)
    SELECT DISTINCT %(project)s, issue_id, md5(floor(random() * %(users)s)::text) FROM added ON CONFLICT DO NOTHING
    """,
    """
    INSERT INTO monitor_issuetag (project_id, issue_id, key, value, events, last_seen)
    SELECT %(project)s, counted.issue_id, key, value, counted.many, now()
    FROM (SELECT issue_id, count(*) AS many FROM added GROUP BY 1) counted, (
        SELECT DISTINCT key, value FROM monitor_issuetag WHERE project_id = %(project)s AND issue_id = (
            SELECT id FROM monitor_issue WHERE project_id = %(project)s ORDER BY event_count DESC LIMIT 1)) tag
    ON CONFLICT (project_id, issue_id, key, value) DO UPDATE SET events = monitor_issuetag.events + EXCLUDED.events
    """,
    """
    INSERT INTO monitor_issuerelease (project_id, issue_id, release, environment, events, first_seen, last_seen)
    SELECT %(project)s, issue_id, release, environment, sum(many), now(), now()
    FROM (SELECT issue_id, count(*) AS many FROM added GROUP BY 1), (SELECT DISTINCT release, environment FROM seed)
    GROUP BY 2, 3, 4
    ON CONFLICT (project_id, issue_id, release, environment)
        DO UPDATE SET events = monitor_issuerelease.events + EXCLUDED.events
    """,
    """
    UPDATE monitor_issue issue SET event_count = event_count + many, last_seen = greatest(last_seen, last),
        user_count = (SELECT count(*) FROM monitor_issueuser seen
            WHERE seen.project_id = issue.project_id AND seen.issue_id = issue.id)
    FROM (SELECT issue_id, count(*) AS many, max(at) AS last FROM added GROUP BY 1) counted
    WHERE project_id = %(project)s AND id = issue_id
    """,
)


def copy_events(project_id: int, many: int, days: int) -> None:
    """Add `many` events over the last `days`, copies of stored ones with ids and times of their own."""
    if not many:
        return
    values = {"project": project_id, "many": many, "days": days, "users": USERS}
    issues = many * ISSUES_A_THOUSAND // 1000
    moved = {"event_id": "added.event_id", "issue_id": "added.issue_id", "day": "(at AT TIME ZONE 'UTC')::date"}
    moved |= {"occurred_at": "at", "received_at": "at", "processed_at": "at"}
    with connection.cursor() as cursor:
        cursor.execute(_copy(Issue, _NEW_ISSUE, f"monitor_issue, {_NEW_NUMBERS.format(issues)}", _ISSUE), values)
        cursor.execute(_copy(Fingerprint, _NEW_FINGERPRINT, "monitor_issue issue", _WITHOUT_FINGERPRINT), values)
        cursor.execute(_NUMBERS, values)
        cursor.execute(_SEEDS, values)
        cursor.execute(_PLACES, values)
        cursor.execute(_copy(Event, moved, "added JOIN seed ON added.seed %% many = place"), values)
        for statement in _COUNTERS:
            cursor.execute(statement, values)
        cursor.execute("DROP TABLE added, seed")


_NEW_NUMBERS = """
    (SELECT last_issue_number AS last_number FROM monitor_project WHERE id = %(project)s), generate_series(1, {}) n
"""
_NEW_ISSUE = {
    "id": "nextval('monitor_issue_id_seq')",
    "number": "last_number + n",
    "value": "value || ' ' || (last_number + n)",
    "event_count": "0",
    "user_count": "0",
}
_ISSUE = "WHERE id = (SELECT min(id) FROM monitor_issue WHERE project_id = %(project)s)"
_NEW_FINGERPRINT = {
    "digest": "md5(issue.id::text) || md5(issue.value)",
    "version": "'bench'",
    "issue_id": "issue.id",
    "reason": "'copied'",
    "created_at": "now()",
    "project_id": "issue.project_id",
}
_WITHOUT_FINGERPRINT = (
    "WHERE NOT EXISTS (SELECT FROM monitor_fingerprint known"
    " WHERE known.project_id = issue.project_id AND known.issue_id = issue.id)"
)
_NUMBERS = """
    UPDATE monitor_project
    SET last_issue_number = (SELECT max(number) FROM monitor_issue WHERE project_id = %(project)s)
    WHERE id = %(project)s
"""


def _copy(model: type[models.Model], changed: Mapping[str, str], source: str, where: str = "") -> str:
    """INSERT … SELECT of every column of the model, some of them by an expression."""
    columns = [str(field.column) for field in model._meta.concrete_fields if field.column]
    taken = [changed.get(column, f'"{column}"') for column in columns]
    names = ", ".join(f'"{column}"' for column in columns)
    return f"INSERT INTO {model._meta.db_table} ({names}) SELECT {', '.join(taken)} FROM {source} {where}"
