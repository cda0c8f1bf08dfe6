from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("monitor", "0004_artifactbundle_chunks")]

    operations = [
        migrations.AddField(
            model_name="artifact",
            name="sha1",
            field=models.CharField(blank=True, default="", max_length=40),
        ),
    ]
