"""Issues in the order in which they were seen last, whatever their status."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Built beside the writers, so outside a transaction."""

    atomic = False
    dependencies = [("monitor", "0007_stacks_and_dictionaries")]
    operations = [
        AddIndexConcurrently("issue", models.Index(fields=["project", "-last_seen", "-id"], name="issue_by_seen")),
    ]
