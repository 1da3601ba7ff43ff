"""A process instance has a cold row for searching, a hot row that each step rewrites, and inputs that wait to be taken up."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from engine.models.deployment import ProcessDefinition
from engine.models.fields import DocumentField


class InstanceStatus(models.TextChoices):
    """The life cycle of an instance; docs/states.md draws it."""

    ACTIVE = "ACTIVE"  # until a step of `advance` ends it
    COMPLETED = "COMPLETED"  # its last token is gone
    TERMINATED = "TERMINATED"  # cancelled by a person or with its parent
    ERROR = "ERROR"  # ended by an error that nothing in it caught; its parent received it


class ProcessInstance(models.Model):
    """The cold row is written when the instance starts, when it ends, and by an operator (migration, tags, suspension): never by a
    step between."""

    key = models.BigIntegerField(primary_key=True)
    definition = models.ForeignKey(
        ProcessDefinition, on_delete=models.PROTECT, db_index=False, related_name="instances"
    )
    process_id = models.TextField()
    version = models.IntegerField()
    business_id = models.TextField(default="", blank=True)
    status = models.CharField(max_length=12, choices=InstanceStatus.choices, default=InstanceStatus.ACTIVE)
    parent_key = models.BigIntegerField(null=True)
    """A call activity of this instance started it."""
    parent_child_key = models.BigIntegerField(null=True)
    """The end of this instance answers the parent's `StartChild` of this key."""
    parent_element_instance_key = models.BigIntegerField(null=True)
    root_key = models.BigIntegerField()
    depth = models.IntegerField(default=0)
    """So many call activities lie above it."""
    started_at = models.DateTimeField()
    started_by = models.TextField()
    ended_at = models.DateTimeField(null=True)
    suspended_at = models.DateTimeField(null=True)
    """It was suspended then, and still is: `InstanceState.suspended`, for searches."""
    tags = ArrayField(models.TextField(), default=list)
    correlation_key = models.TextField(default="", blank=True)
    """The message that started it had this one. One running instance of a process at most has each that is not empty."""
    result = DocumentField(null=True)
    """The root scope had these variables when it ended."""

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
    """The core needs this to go on: one row a running instance, deleted at its end. `advance` locks this row.

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
    """It is the core's state; null until the first step."""
    sequence = models.IntegerField(default=0)
    """The last journal entry has this number."""
    suspended = models.BooleanField(default=False)
    """Its inputs wait, its jobs are not handed out, its timers fire after it is resumed."""


class PendingInput(models.Model):
    """An input waits for the next step of its instance. Whoever holds the instance takes up all, in order of id."""

    id = models.BigAutoField(primary_key=True)
    instance_key = models.BigIntegerField()
    input = DocumentField()
    at = models.DateTimeField()
    by = models.TextField()
    incident_key = models.BigIntegerField(null=True)
    """It is set aside, because the step that took it up broke, and waits until this incident is resolved."""
    tries = models.SmallIntegerField(default=0, db_default=0)
    """So many times a sweeper or worker began to take up what was left behind, this among it."""

    class Meta:
        indexes = [models.Index(fields=["instance_key", "id"], name="pending_input_instance")]
