"""Many rows in one statement: INSERT … SELECT FROM unnest(…) ON CONFLICT."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any

import psycopg
from django.db import connection


@dataclass(frozen=True)
class Column:
    """A column, its PostgreSQL type, and the SQL that merges a row that exists with the new one ("": it stays)."""

    name: str
    type: str
    merge: str = ""


def upsert(
    table: str, columns: Sequence[Column], rows: Sequence[tuple[Any, ...]], *, conflict: str, returning: str = ""
) -> list[tuple[Any, ...]]:
    """Insert `rows`, in the order of the conflict key so that two writers never wait for each other in a circle.

    Returns what `returning` names of the rows really inserted or merged. Table, columns and SQL are the code's own,
    never a client's.
    """
    if not rows:
        return []
    key = [part.strip() for part in conflict.split(",")]
    places = [index for name in key for index, column in enumerate(columns) if column.name == name]
    ordered = sorted(rows, key=itemgetter(*places))
    merges = [f"{column.name} = {column.merge}" for column in columns if column.merge]
    statement = (
        f"INSERT INTO {table} ({', '.join(_quoted(column.name) for column in columns)})"
        f" SELECT * FROM unnest({_places(columns)})"
        f" ON CONFLICT ({conflict}) DO {'UPDATE SET ' + ', '.join(merges) if merges else 'NOTHING'}"
        f"{' RETURNING ' + returning if returning else ''}"
    )
    return _execute(statement, _arrays(columns, ordered))


def update(table: str, columns: Sequence[Column], rows: Sequence[tuple[Any, ...]], *, key: str) -> None:
    """Set the columns of rows that exist and that the caller has locked; `key` names those that find a row."""
    if not rows:
        return
    keys = [part.strip() for part in key.split(",")]
    settings = ", ".join(f"{_quoted(one.name)} = new.{_quoted(one.name)}" for one in columns if one.name not in keys)
    statement = (
        f"UPDATE {table} SET {settings}"
        f" FROM unnest({_places(columns)})"
        f" AS new ({', '.join(_quoted(column.name) for column in columns)})"
        f" WHERE {' AND '.join(f'{table}.{name} = new.{name}' for name in keys)}"
    )
    _execute(statement, _arrays(columns, rows))


def _arrays(columns: Sequence[Column], rows: Sequence[tuple[Any, ...]]) -> list[Any]:
    """The rows' values, column by column, as PostgreSQL's array literals: written here, since the driver takes three
    times as long over them. Bytes are left to the driver.
    """
    found: list[Any] = []
    for column, values in zip(columns, zip(*rows, strict=True), strict=True):
        write = WRITERS.get(column.type)
        if write is None:
            found.append(list(values))
        else:
            found.append("{" + ",".join(map(_Written(write).__getitem__, values)) + "}")
    return found


class _Written(dict[Any, str]):
    """Value -> how it stands in a literal, each written once: most values of a column are among the same few."""

    def __init__(self, write: Callable[[Any], str]) -> None:
        super().__init__({None: "NULL"})
        self._write = write

    def __missing__(self, value: Any) -> str:
        self[value] = written = self._write(value)
        return written


def _text(value: str) -> str:
    if "\\" in value or '"' in value:
        value = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{value}"'


def _time(value: datetime) -> str:
    return f'"{value.isoformat()}"'


WRITERS: dict[str, Callable[[Any], str]] = {
    "bigint": str,
    "int": str,
    "uuid": str,
    "date": str,
    "varchar": _text,
    "timestamptz": _time,
}
"""How a value of each type stands in an array literal (PostgreSQL's manual, "Array Value Input")."""


def _quoted(name: str) -> str:
    return f'"{name}"'


def select_known(
    tables: Sequence[str], key: Sequence[Column], wanted: Sequence[tuple[Any, ...]]
) -> set[tuple[Any, ...]]:
    """Those of `wanted` that are keys of rows of any of the tables; `key` are their columns."""
    if not wanted:
        return set()
    names = ", ".join(column.name for column in key)
    one = "SELECT {names} FROM {table} WHERE ({names}) IN (SELECT * FROM unnest({arrays}))"
    statement = " UNION ALL ".join(one.format(names=names, table=table, arrays=_places(key)) for table in tables)
    return set(_execute(statement, _arrays(key, wanted) * len(tables)))


def _execute(statement: str, arrays: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Run a statement in Django's connection and transaction; its rows, if it returns any.

    The arrays go beside the statement, bytes as they are. Django's cursor would write them into it as text, which costs
    this side ten times as much and the database, which reads it again, five times.
    """
    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(statement.encode(), arrays)
        return cursor.fetchall() if cursor.description else []


def _places(columns: Sequence[Column]) -> str:
    """Where the arrays stand in a statement."""
    return ", ".join(f"{'%b' if column.type == 'bytea' else '%s'}::{column.type}[]" for column in columns)
