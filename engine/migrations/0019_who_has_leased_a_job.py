from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("engine", "0018_index_of_timers_that_catch_up"),
    ]

    operations = [
        migrations.AddField(
            model_name="job",
            name="leased_by",
            field=models.TextField(null=True),
        ),
    ]
