"""Batch operations: the same done to many instances, in the background, each item once."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from engine.models.fields import DocumentField


class BatchOperationType(models.TextChoices):
    """Camunda's words."""

    CANCEL_PROCESS_INSTANCE = "CANCEL_PROCESS_INSTANCE"
    RESOLVE_INCIDENT = "RESOLVE_INCIDENT"
    MIGRATE_PROCESS_INSTANCE = "MIGRATE_PROCESS_INSTANCE"
    MODIFY_PROCESS_INSTANCE = "MODIFY_PROCESS_INSTANCE"
    DELETE_PROCESS_INSTANCE = "DELETE_PROCESS_INSTANCE"
    SUSPEND_PROCESS_INSTANCE = "SUSPEND_PROCESS_INSTANCE"
    RESUME_PROCESS_INSTANCE = "RESUME_PROCESS_INSTANCE"


class BatchOperationStatus(models.TextChoices):
    """The life cycle of a batch operation; docs/states.md draws it."""

    CREATED = "CREATED"  # its items are being collected: `working_off` moves it to ACTIVE
    ACTIVE = "ACTIVE"  # its items are worked off, the last one moves it to COMPLETED
    SUSPENDED = "SUSPENDED"  # `batch_operations.suspend`, until `resume`
    COMPLETED = "COMPLETED"  # every item has been tried; some may have failed
    CANCELED = "CANCELED"  # `batch_operations.cancel`: items that had not begun were left alone
    FAILED = "FAILED"  # its items could not be collected


class BatchOperation(models.Model):
    """Instances that are started after `created_at` are not meant."""

    key = models.BigIntegerField(primary_key=True)
    type = models.CharField(max_length=30, choices=BatchOperationType.choices)
    status = models.CharField(max_length=10, choices=BatchOperationStatus.choices, default=BatchOperationStatus.CREATED)
    filter = DocumentField()
    """Of process instances, as the search takes it."""
    plan = DocumentField(default=dict)
    """What a migration or modification does to each."""
    by = models.TextField()
    groups = ArrayField(models.TextField(), default=list)
    """Those of who asked for it, then."""
    is_admin = models.BooleanField(default=False)
    is_system = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    collected_up_to = models.BigIntegerField(default=0)
    """The instances with keys up to here have been looked at for items."""
    completed_count = models.IntegerField(null=True)
    """Written at the end, when nothing changes any more, as `failed_count` and `total_count`; counted before."""
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
    """Of the incident, or of the process instance."""
    instance_key = models.BigIntegerField()
    root_key = models.BigIntegerField()
    status = models.CharField(max_length=9, choices=BatchItemStatus.choices, default=BatchItemStatus.ACTIVE)
    lease_until = models.DateTimeField(null=True)
    """Somebody is at it until then."""
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
