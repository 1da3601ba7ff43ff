"""The modeler's library holds diagrams, decisions and forms that people draw, before and after they are deployed."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class DraftKind(models.TextChoices):
    BPMN = "BPMN"
    DMN = "DMN"
    FORM = "FORM"


class Draft(models.Model):
    """A draft is a file of the library. It may be invalid; it is saved as it is typed."""

    key = models.BigIntegerField(primary_key=True)
    kind = models.CharField(max_length=4, choices=DraftKind.choices)
    name = models.TextField()
    folder = models.TextField(default="", blank=True)
    """The names of the folders from the outermost, joined by `/`; empty for the top."""
    content = models.TextField()
    revision = models.IntegerField(default=1)
    """The number of saves. A save that names another than the newest is refused: someone else has saved."""
    created_at = models.DateTimeField()
    created_by = models.TextField()
    updated_at = models.DateTimeField()
    updated_by = models.TextField()
    deployed_at = models.DateTimeField(null=True)
    deployment_key = models.BigIntegerField(null=True)
    """The key of the newest deployment that was made from it."""
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["folder", "name"], name="draft_folder", condition=Q(deleted_at__isnull=True)),
            models.Index(fields=["-updated_at"], name="draft_updated", condition=Q(deleted_at__isnull=True)),
        ]


class DraftVersion(models.Model):
    """A draft version is a content that someone kept: by name, or because it was deployed."""

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="versions")
    revision = models.IntegerField()
    label = models.TextField(default="", blank=True)
    content = models.TextField()
    deployment_key = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()
    created_by = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["draft", "revision"], name="draft_version_unique"),
        ]
