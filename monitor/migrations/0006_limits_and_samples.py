"""Limits, quotas and filters of projects; what hot issues and repeated batches need to be counted exactly."""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


TABLES = {"monitor_countedbatch": "project_id, day, batch_id", "monitor_sampledevent": "project_id, day, event_id"}


def partition(table: str, key: str) -> list[str]:
    """The statements that replace an empty table by one partitioned by day."""
    return [
        f"ALTER TABLE {table} RENAME TO {table}_plain",
        f"CREATE TABLE {table} (LIKE {table}_plain INCLUDING DEFAULTS) PARTITION BY RANGE (day)",
        f"DROP TABLE {table}_plain",
        f"ALTER TABLE {table} ADD PRIMARY KEY ({key})",
    ]


class Migration(migrations.Migration):
    dependencies = [
        ("monitor", "0005_artifact_sha1"),
    ]

    operations = [
        migrations.AddField(
            model_name="deadletter",
            name="received",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="issue",
            name="hour",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="issue",
            name="hour_events",
            field=models.IntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name="issue",
            name="sampled_count",
            field=models.BigIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name="key",
            name="rate_limit",
            field=models.PositiveIntegerField(
                blank=True, null=True, validators=[django.core.validators.MinValueValidator(1)]
            ),
        ),
        migrations.AddField(
            model_name="key",
            name="rate_window_s",
            field=models.PositiveIntegerField(
                default=60,
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(86400),
                ],
            ),
        ),
        migrations.AddField(
            model_name="project",
            name="filters",
            field=models.JSONField(blank=True, default=dict, editable=False),
        ),
        migrations.AddField(
            model_name="project",
            name="keeps_addresses",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="project",
            name="quota",
            field=models.PositiveBigIntegerField(
                blank=True, null=True, validators=[django.core.validators.MinValueValidator(1)]
            ),
        ),
        migrations.AddField(
            model_name="project",
            name="quota_period",
            field=models.CharField(choices=[("day", "a day"), ("month", "a month")], default="month", max_length=5),
        ),
        migrations.AddField(
            model_name="project",
            name="rate_limit",
            field=models.PositiveIntegerField(
                blank=True, null=True, validators=[django.core.validators.MinValueValidator(1)]
            ),
        ),
        migrations.AddField(
            model_name="project",
            name="rate_window_s",
            field=models.PositiveIntegerField(
                default=60,
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(86400),
                ],
            ),
        ),
        migrations.CreateModel(
            name="CountedBatch",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "project_id", "day", "batch_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("day", models.DateField()),
                ("batch_id", models.CharField(max_length=28)),
                (
                    "project",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="monitor.project",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SampledEvent",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "project_id", "day", "event_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("day", models.DateField()),
                ("event_id", models.UUIDField()),
                (
                    "project",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="monitor.project",
                    ),
                ),
            ],
        ),
        *[migrations.RunSQL(partition(table, key), migrations.RunSQL.noop) for table, key in TABLES.items()],
    ]
