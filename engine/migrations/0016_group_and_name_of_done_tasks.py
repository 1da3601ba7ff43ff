"""Completed user tasks are found by group and name together; see docs/decisions/0008-searches.md."""

from django.contrib.postgres.indexes import GinIndex
from django.db import migrations
from django.db.models import F, Func, Q

from engine.postgres.index_migrations import DropIndex, MakeIndex


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("engine", "0015_tries_of_inputs")]

    operations = [
        MakeIndex(
            model_name="usertask",
            index=GinIndex(
                F("candidate_groups"),
                Func(F("name"), template="ARRAY[%(expressions)s]"),
                condition=Q(("status", "COMPLETED"), Q(("candidate_groups", []), _negated=True)),
                name="user_task_done_group_name",
            ),
        ),
        DropIndex(model_name="usertask", name="user_task_done_of_group"),
    ]
