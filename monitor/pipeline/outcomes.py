"""What became of every item, by project and hour; and that a batch delivered again changes nothing."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta

from monitor.batch import Batch, Count, made_at
from monitor.models import CountedBatch
from monitor.pipeline.retain import BATCHES_KEPT_DAYS
from monitor.pipeline.upsert import Column, upsert


def day_of(batch: Batch) -> date:
    """The partition of the batch's record: the day it was made, or the oldest one that takes records."""
    oldest = datetime.now(UTC) - timedelta(days=BATCHES_KEPT_DAYS - 1)
    return max(datetime.fromtimestamp(made_at(batch.id), UTC), oldest).date()


def record_batches(batches: Sequence[Batch]) -> set[str]:
    """Record, in the caller's transaction, that batches are processed; the ids of those that no earlier one recorded.

    Another worker that records the same batch waits here until the first one commits. The partitions must exist.
    """
    recorded = upsert(
        "monitor_countedbatch",
        [Column("project_id", "bigint"), Column("day", "date"), Column("batch_id", "varchar")],
        [(project_id, day_of(batch), batch.id) for batch in batches for project_id in _projects(batch)],
        conflict="project_id, day, batch_id",
        returning="batch_id",
    )
    return {batch_id for (batch_id,) in recorded}


def is_recorded(batch: Batch) -> bool:
    """Whether a transaction that processed the batch has committed."""
    rows = CountedBatch.objects.filter(project_id__in=_projects(batch), day=day_of(batch), batch_id=batch.id)
    return rows.exists()


def _projects(batch: Batch) -> set[int]:
    return {item.project_id for item in batch.items} | {count.project_id for count in batch.counts}


def count_outcomes(counts: Iterable[Count]) -> None:
    """Add to the outcomes of each hour. Call it last: every worker's batches meet in these rows."""
    found: Counter[tuple[int, datetime, str, str, str]] = Counter()
    for count in counts:
        hour = datetime.fromtimestamp(count.received_at // 3600 * 3600, UTC)
        found[(count.project_id, hour, count.category, count.outcome, count.reason)] += count.items
    upsert(
        "monitor_outcome",
        [
            Column("project_id", "bigint"),
            Column("hour", "timestamptz"),
            Column("category", "varchar"),
            Column("outcome", "varchar"),
            Column("reason", "varchar"),
            Column("items", "bigint", "monitor_outcome.items + EXCLUDED.items"),
        ],
        [(*key, many) for key, many in found.items()],
        conflict="project_id, hour, category, outcome, reason",
    )
