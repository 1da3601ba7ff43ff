"""A batch operation does the same to many instances, in the background, to each item once."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from engine.models.fields import DocumentField


class BatchOperationType(models.TextChoices):
    """These are Camunda's words for what is done."""

    CANCEL_PROCESS_INSTANCE = "CANCEL_PROCESS_INSTANCE"
    RESOLVE_INCIDENT = "RESOLVE_INCIDENT"
    MIGRATE_PROCESS_INSTANCE = "MIGRATE_PROCESS_INSTANCE"
    MODIFY_PROCESS_INSTANCE = "MODIFY_PROCESS_INSTANCE"
    DELETE_PROCESS_INSTANCE = "DELETE_PROCESS_INSTANCE"
    SUSPEND_PROCESS_INSTANCE = "SUSPEND_PROCESS_INSTANCE"
    RESUME_PROCESS_INSTANCE = "RESUME_PROCESS_INSTANCE"


class BatchOperationStatus(models.TextChoices):
    """A batch operation goes through these states; docs/states.md draws them."""

    CREATED = "CREATED"  # its items are being collected: `working_off` moves it to ACTIVE
    ACTIVE = "ACTIVE"  # its items are worked off, the last one moves it to COMPLETED
    SUSPENDED = "SUSPENDED"  # `batch_operations.suspend`, until `resume`
    COMPLETED = "COMPLETED"  # every item has been tried; some may have failed
    CANCELED = "CANCELED"  # `batch_operations.cancel`: items that had not begun were left alone
    FAILED = "FAILED"  # its items could not be collected


class BatchOperation(models.Model):
    """A batch operation is meant for the instances that were started before `created_at`."""

    key = models.BigIntegerField(primary_key=True)
    type = models.CharField(max_length=30, choices=BatchOperationType.choices)
    status = models.CharField(max_length=10, choices=BatchOperationStatus.choices, default=BatchOperationStatus.CREATED)
    filter = DocumentField()
    """The filter of process instances (or of incidents, see `plan`), as a search takes it."""
    plan = DocumentField(default=dict)
    """What a migration or modification does to each instance."""
    by = models.TextField()
    groups = ArrayField(models.TextField(), default=list)
    """The groups that the actor was in when they asked for it."""
    is_admin = models.BooleanField(default=False)
    is_system = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    collected_up_to = models.BigIntegerField(default=0)
    """Instances with keys up to this one have been looked at for items."""
    completed_count = models.IntegerField(null=True)
    """This count is written at the end, when nothing changes any more, as are `failed_count` and `total_count`; before that it is
    counted."""
    failed_count = models.IntegerField(null=True)
    total_count = models.IntegerField(null=True)
    error = models.TextField(default="", blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["key"], name="batch_operation_unfinished", condition=Q(status__in=["CREATED", "ACTIVE"])
            ),
            models.Index(fields=["ended_at"], name="batch_operation_ended", condition=Q(ended_at__isnull=False)),
        ]


class BatchItemStatus(models.TextChoices):
    ACTIVE = "ACTIVE"  # waits, or is being done
    COMPLETED = "COMPLETED"  # done, in the transaction of the very change
    FAILED = "FAILED"  # refused; `error` says why
    SKIPPED = "SKIPPED"  # what it was to be done to is gone
    CANCELED = "CANCELED"  # the operation was cancelled before its turn


class BatchOperationItem(models.Model):
    id = models.BigAutoField(primary_key=True)
    operation = models.ForeignKey(
        BatchOperation, on_delete=models.CASCADE, db_column="operation_key", db_index=False, related_name="items"
    )
    item_key = models.BigIntegerField()
    """The key of the incident, or of the process instance."""
    instance_key = models.BigIntegerField()
    root_key = models.BigIntegerField()
    status = models.CharField(max_length=9, choices=BatchItemStatus.choices, default=BatchItemStatus.ACTIVE)
    lease_until = models.DateTimeField(null=True)
    """Somebody works on the item until then; afterwards another may take it."""
    processed_at = models.DateTimeField(null=True)
    error = models.TextField(default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["operation", "item_key"], name="batch_item_once"),
        ]
        indexes = [
            models.Index(fields=["operation", "status", "id"], name="batch_item_status"),
            models.Index(fields=["instance_key"], name="batch_item_instance"),
        ]
