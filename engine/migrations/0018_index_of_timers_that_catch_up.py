from django.db import migrations, models

from engine.postgres.index_migrations import MakeIndex


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("engine", "0017_timers_that_catch_up"),
    ]

    operations = [
        MakeIndex(
            model_name="timer",
            index=models.Index(
                condition=models.Q(("catches_up", True)), fields=["instance_key", "due_at"], name="timer_catches_up"
            ),
        ),
    ]
