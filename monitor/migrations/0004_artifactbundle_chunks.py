import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("monitor", "0003_clock_skew")]

    operations = [
        migrations.AddField(
            model_name="artifactbundle",
            name="chunks",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=40), default=list, size=None
            ),
        ),
    ]
