from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("engine", "0016_group_and_name_of_done_tasks"),
    ]

    operations = [
        migrations.AddField(
            model_name="timer",
            name="catches_up",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="timer",
            name="has_fired",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
