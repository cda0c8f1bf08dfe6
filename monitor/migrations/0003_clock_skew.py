"""Adds to the rows of probers and hosts what was added to the times they said."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("monitor", "0002_partitions"),
    ]

    operations = [
        migrations.AddField(
            model_name="host",
            name="clock_skew_s",
            field=models.FloatField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="location",
            name="clock_skew_s",
            field=models.FloatField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="reading",
            name="clock_skew_s",
            field=models.FloatField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="result",
            name="clock_skew_s",
            field=models.FloatField(db_default=0, default=0),
        ),
    ]
