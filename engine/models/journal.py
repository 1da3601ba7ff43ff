"""The journal keeps every input of an instance, and what the step did that took it up."""

from __future__ import annotations

from django.db import models
from django.db.models import Func, Value

from engine.models.fields import DocumentField


class JournalEntry(models.Model):
    """A journal entry is one step, and is never changed. Never changed. Partitioned by ranges of the instance key, which grow with the time
    of the start.

    `position` grows over all instances, for readers that follow the whole journal (see `engine.journal.projection`).
    """

    pk = models.CompositePrimaryKey("instance_key", "sequence")
    instance_key = models.BigIntegerField()
    sequence = models.IntegerField()
    """The number of the entry in its instance, from 1 without gaps."""
    position = models.BigIntegerField(
        editable=False, db_default=Func(Value("engine_journalentry_position"), function="nextval")
    )
    definition_key = models.BigIntegerField()
    at = models.DateTimeField()
    by = models.TextField()
    """The name of who gave the first input."""
    inputs = DocumentField()
    """The inputs as `engine.runtime.codec` writes them, each as `[input]`, or `[input, by]` where it came from someone else."""
    facts = DocumentField()

    class Meta:
        db_table = "engine_journalentry"  # made by hand in the migrations, for Django knows no partitions


class ElementStatus(models.TextChoices):
    ACTIVE = "ACTIVE"
    COMPLETED = "COMPLETED"
    TERMINATED = "TERMINATED"


class ElementInstance(models.Model):
    """The projector fills this table from the journal, a moment late, for searches over many instances."""

    key = models.BigIntegerField(primary_key=True)
    instance_key = models.BigIntegerField()
    definition_key = models.BigIntegerField()
    process_id = models.TextField()
    element_id = models.TextField()
    element_name = models.TextField(default="", blank=True)
    type = models.CharField(max_length=30)
    scope_key = models.BigIntegerField(null=True)
    status = models.CharField(max_length=12, choices=ElementStatus.choices, default=ElementStatus.ACTIVE)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["instance_key", "key"], name="element_instance_instance"),
            models.Index(fields=["definition_key", "element_id", "status"], name="element_instance_element"),
        ]


class Variable(models.Model):
    """A variable has its newest value here; the projector fills this table as it fills `ElementInstance`."""

    key = models.BigAutoField(primary_key=True)
    scope_key = models.BigIntegerField()
    instance_key = models.BigIntegerField()
    definition_key = models.BigIntegerField()
    process_id = models.TextField()
    name = models.TextField()
    value = DocumentField()
    text = models.TextField()
    """The value as JSON text, cut at 250 characters: what searches compare."""
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scope_key", "name"], name="variable_name_unique_in_scope"),
        ]
        indexes = [
            models.Index(fields=["instance_key", "name"], name="variable_instance"),
            models.Index(fields=["name", "text"], name="variable_name_text"),
        ]


class LargeValue(models.Model):
    """A large value is one that the documents of an instance refer to by its hash (see `engine.postgres.large_values`); it is never
    changed. Never changed."""

    pk = models.CompositePrimaryKey("instance_key", "hash")
    instance_key = models.BigIntegerField()
    hash = models.BinaryField()
    """The SHA-256 of the value's JSON."""
    value = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["hash"], name="large_value_hash")]


class FlowCount(models.Model):
    """A flow count says how often a sequence flow was taken, over all instances of a definition."""

    definition_key = models.BigIntegerField()
    flow_id = models.TextField()
    count = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["definition_key", "flow_id"], name="flow_count_unique"),
        ]


class ProjectionWatermark(models.Model):
    """The one row says up to which `JournalEntry.position` the projector has read."""

    id = models.IntegerField(primary_key=True, default=1)
    position = models.BigIntegerField(default=0)
