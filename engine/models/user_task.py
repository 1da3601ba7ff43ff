"""A user task is work for a person."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Func, Q

from engine.models.deployment import Form
from engine.models.fields import DocumentField
from engine.models.process_instance import ProcessInstance


class UserTaskStatus(models.TextChoices):
    """A user task goes through these states; docs/states.md draws them."""

    CREATED = "CREATED"  # open: `user_tasks.complete`, or the first of the next three, moves it on; so does the end of its element
    ASSIGNING = (
        "ASSIGNING"  # its task listeners are asked: their answer (`advance`) moves it back to CREATED, assigned or not
    )
    UPDATING = "UPDATING"  # the same, for candidates, dates and priority
    COMPLETING = "COMPLETING"  # the same: they move it on to COMPLETED, or back to CREATED when one denies it
    COMPLETED = "COMPLETED"  # by a person; nothing moves it on
    CANCELED = "CANCELED"  # withdrawn by its instance (a boundary event, a cancellation); nothing moves it on


_OPEN = Q(status=UserTaskStatus.CREATED)
_DONE = Q(status=UserTaskStatus.COMPLETED)
_NOBODY_NAMED = Q(assignee="", candidate_users=[], candidate_groups=[])


class UserTask(models.Model):
    key = models.BigIntegerField(primary_key=True)
    instance = models.ForeignKey(
        ProcessInstance,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_column="instance_key",
        db_index=False,
        related_name="user_tasks",
    )
    definition_key = models.BigIntegerField()
    process_id = models.TextField()
    process_name = models.TextField(default="", blank=True)
    version = models.IntegerField()
    element_id = models.TextField()
    element_instance_key = models.BigIntegerField()
    name = models.TextField(default="", blank=True)
    status = models.CharField(max_length=10, choices=UserTaskStatus.choices, default=UserTaskStatus.CREATED)
    assignee = models.TextField(default="", blank=True)
    candidate_users = ArrayField(models.TextField(), default=list)
    candidate_groups = ArrayField(models.TextField(), default=list)
    due_date = models.DateTimeField(null=True)
    follow_up_date = models.DateTimeField(null=True)
    priority = models.IntegerField(default=50)
    form = models.ForeignKey(Form, on_delete=models.PROTECT, null=True, db_index=False, related_name="+")
    external_form_reference = models.TextField(default="", blank=True)
    headers = DocumentField(default=dict)
    created_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True)
    completed_by = models.TextField(default="", blank=True)
    revision = models.IntegerField(default=0)
    """The number of changes, for clients that watch it."""

    class Meta:
        # Searches: an index for each order of the open ones, and for each reason to see one (`user_tasks.visible_to`). None stands
        # over open and closed ones together, so that those over the open ones stay as small as the work there is.
        indexes = [
            models.Index(fields=["-created_at", "-key"], name="user_task_open", condition=_OPEN),
            models.Index(fields=["assignee", "-created_at", "-key"], name="user_task_assigned", condition=_OPEN),
            models.Index(
                fields=["due_date", "key"], name="user_task_due_date", condition=_OPEN & Q(due_date__isnull=False)
            ),
            models.Index(
                fields=["follow_up_date", "key"],
                name="user_task_follow_up",
                condition=_OPEN & Q(follow_up_date__isnull=False),
            ),
            models.Index(fields=["priority", "key"], name="user_task_priority", condition=_OPEN),
            models.Index(fields=["name", "key"], name="user_task_name", condition=_OPEN),
            models.Index(fields=["created_at", "key"], name="user_task_nobody", condition=_OPEN & _NOBODY_NAMED),
            GinIndex(fields=["candidate_groups"], name="user_task_of_group", condition=_OPEN & ~Q(candidate_groups=[])),
            GinIndex(fields=["candidate_users"], name="user_task_of_user", condition=_OPEN & ~Q(candidate_users=[])),
            models.Index(fields=["completed_at", "key"], name="user_task_done", condition=_DONE),
            models.Index(fields=["completed_by", "completed_at", "key"], name="user_task_done_by", condition=_DONE),
            models.Index(
                fields=["assignee"],
                name="user_task_done_for",
                condition=_DONE & ~Q(assignee="") & ~Q(assignee=F("completed_by")),
            ),
            models.Index(fields=["completed_at", "key"], name="user_task_done_nobody", condition=_DONE & _NOBODY_NAMED),
            GinIndex(  # with the name, of which a part is looked for among the many that a group has ever done
                F("candidate_groups"),
                Func(F("name"), template="ARRAY[%(expressions)s]"),
                name="user_task_done_group_name",
                condition=_DONE & ~Q(candidate_groups=[]),
            ),
            GinIndex(
                fields=["candidate_users"], name="user_task_done_of_user", condition=_DONE & ~Q(candidate_users=[])
            ),
            models.Index(fields=["name"], name="user_task_closed_name", condition=~_OPEN),
            models.Index(fields=["instance"], name="user_task_instance"),
        ]


class UserTaskDraft(models.Model):
    """The row keeps what a person has filled in so far."""

    user_task = models.ForeignKey(UserTask, on_delete=models.CASCADE, related_name="drafts")
    username = models.TextField()
    variables = DocumentField()
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user_task", "username"], name="user_task_draft_unique"),
        ]


class Comment(models.Model):
    user_task = models.ForeignKey(UserTask, on_delete=models.CASCADE, related_name="comments")
    author = models.TextField()
    text = models.TextField()
    created_at = models.DateTimeField()
