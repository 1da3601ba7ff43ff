"""A process instance has a cold row for searching, a hot row that each step rewrites, and rows for what waits to be taken up."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from engine.models.deployment import ProcessDefinition
from engine.models.fields import DocumentField


class InstanceStatus(models.TextChoices):
    """An instance goes through these states; docs/states.md draws them."""

    ACTIVE = "ACTIVE"  # until a step of `advance` ends it
    COMPLETED = "COMPLETED"  # its last token is gone
    TERMINATED = "TERMINATED"  # cancelled by a person or with its parent
    ERROR = "ERROR"  # ended by an error that nothing in it caught; its parent received it


class ProcessInstance(models.Model):
    """The cold row is written when the instance starts, when it ends, and by an operator (migration, tags, suspension): never by a step
    between."""

    key = models.BigIntegerField(primary_key=True)
    definition = models.ForeignKey(
        ProcessDefinition, on_delete=models.PROTECT, db_index=False, related_name="instances"
    )
    process_id = models.TextField()
    version = models.IntegerField()
    business_id = models.TextField(default="", blank=True)
    status = models.CharField(max_length=12, choices=InstanceStatus.choices, default=InstanceStatus.ACTIVE)
    parent_key = models.BigIntegerField(null=True)
    """The instance whose call activity started this one."""
    parent_child_key = models.BigIntegerField(null=True)
    """The key of the parent's `StartChild`, which the end of this instance answers."""
    parent_element_instance_key = models.BigIntegerField(null=True)
    root_key = models.BigIntegerField()
    depth = models.IntegerField(default=0)
    """The number of call activities above it."""
    started_at = models.DateTimeField()
    started_by = models.TextField()
    ended_at = models.DateTimeField(null=True)
    suspended_at = models.DateTimeField(null=True)
    """The moment of its suspension while it is suspended: `InstanceState.suspended`, for searches."""
    tags = ArrayField(models.TextField(), default=list)
    correlation_key = models.TextField(default="", blank=True)
    """The correlation key of the message that started it. One running instance of a process at most for each that is not empty."""
    result = DocumentField(null=True)
    """The variables of the root scope when it ended."""

    class Meta:
        indexes = [
            models.Index(fields=["definition", "status"], name="instance_definition"),
            models.Index(fields=["process_id", "-started_at", "-key"], name="instance_of_process"),
            models.Index(fields=["status", "-started_at", "-key"], name="instance_in_status"),
            models.Index(fields=["-started_at", "-key"], name="instance_started"),
            models.Index(fields=["ended_at", "key"], name="instance_ended", condition=Q(ended_at__isnull=False)),
            models.Index(
                fields=["-started_at", "-key"], name="instance_suspended", condition=Q(suspended_at__isnull=False)
            ),
            models.Index(fields=["business_id", "key"], name="instance_business", condition=~Q(business_id="")),
            GinIndex(  # where PostgreSQL has pg_trgm, see `engine.postgres.index_migrations`
                fields=["business_id"],
                opclasses=["gin_trgm_ops"],
                name="instance_business_parts",
                condition=~Q(business_id=""),
            ),
            models.Index(fields=["parent_key"], name="instance_parent", condition=Q(parent_key__isnull=False)),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["process_id", "correlation_key"],
                condition=Q(status=InstanceStatus.ACTIVE) & ~Q(correlation_key=""),
                name="instance_correlation_key_unique",
            ),
        ]


class InstanceState(models.Model):
    """The hot row holds what the core needs to go on: one row a running instance, deleted at its end. `advance` locks this row.

    No index but the primary key and a fillfactor of 80 (in the migration): each step rewrites the row in its page.
    """

    instance = models.OneToOneField(
        ProcessInstance,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        primary_key=True,
        db_column="instance_key",
        related_name="state",
    )
    definition_key = models.BigIntegerField()
    data = DocumentField(null=True)
    """The core's state; null until the first step."""
    sequence = models.IntegerField(default=0)
    """The number of the last journal entry."""
    suspended = models.BooleanField(default=False)
    """While it is true, the instance's inputs wait, its jobs are not handed out, and its timers fire after it is resumed."""


class PendingInput(models.Model):
    """A pending input waits for the next step of its instance. Whoever holds the instance takes up all, in order of id."""

    id = models.BigAutoField(primary_key=True)
    instance_key = models.BigIntegerField()
    input = DocumentField()
    at = models.DateTimeField()
    by = models.TextField()
    incident_key = models.BigIntegerField(null=True)
    """The incident that this input waits for: it was set aside, because the step that took it up broke."""
    tries = models.SmallIntegerField(default=0, db_default=0)
    """The number of times that a sweeper or worker began to take up what was left behind, this among it."""

    class Meta:
        indexes = [models.Index(fields=["instance_key", "id"], name="pending_input_instance")]
