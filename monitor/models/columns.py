"""Column types that tables keyed by project share."""

from typing import Any

from django.db import models
from django.db.models.functions import Now


def sequence_id(table: str) -> Any:
    """An id from the table's own sequence, which the migration makes: CompositePrimaryKey admits no AutoField."""
    return models.BigIntegerField(
        db_default=models.Func(models.Value(f"{table}_id_seq"), function="nextval"), editable=False
    )


def created_at() -> Any:
    """The database's clock at insert."""
    return models.DateTimeField(db_default=Now(), editable=False)


def project_key() -> Any:
    """The project, first in every key; the primary key indexes it, and a check a row would cost more than it finds."""
    return models.ForeignKey(
        "monitor.Project", on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
