"""Stacks are stored once a day, and dictionaries make payloads half as large."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("monitor", "0006_limits_and_samples"),
    ]

    operations = [
        migrations.CreateModel(
            name="Dictionary",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "project_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("id", models.BigIntegerField()),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("trained_on", models.BigIntegerField()),
                ("content", models.BinaryField()),
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
            name="Stack",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "project_id", "day", "digest", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("day", models.DateField()),
                ("digest", models.UUIDField()),
                ("frames", models.BinaryField()),
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
        migrations.RunSQL(
            [
                "ALTER TABLE monitor_stack RENAME TO monitor_stack_plain",
                "CREATE TABLE monitor_stack (LIKE monitor_stack_plain INCLUDING DEFAULTS) PARTITION BY RANGE (day)",
                "DROP TABLE monitor_stack_plain",
                "ALTER TABLE monitor_stack ADD PRIMARY KEY (project_id, day, digest)",
            ],
            migrations.RunSQL.noop,
        ),
    ]
