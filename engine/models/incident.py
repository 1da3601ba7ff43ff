from __future__ import annotations

from django.db import models
from django.db.models import Q


class IncidentStatus(models.TextChoices):
    """An incident is ACTIVE until `incidents.resolve`, or the end of its element, moves it to RESOLVED."""

    ACTIVE = "ACTIVE"
    RESOLVED = "RESOLVED"


class Incident(models.Model):
    """An incident is a technical failure that waits for a person. The instance stands still there and goes on elsewhere."""

    key = models.BigIntegerField(primary_key=True)
    instance_key = models.BigIntegerField()
    definition_key = models.BigIntegerField()
    process_id = models.TextField()
    element_id = models.TextField()
    element_instance_key = models.BigIntegerField()
    job_key = models.BigIntegerField(null=True)
    type = models.CharField(max_length=40)
    """One of the values of `engine.runtime.effects.IncidentType`."""
    message = models.TextField()
    stack_trace = models.TextField(default="", blank=True)
    status = models.CharField(max_length=10, choices=IncidentStatus.choices, default=IncidentStatus.ACTIVE)
    in_state = models.BooleanField(default=True)
    """False where the shell around the core has raised it (a step broke), so that the core's state knows nothing of it."""
    created_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.TextField(default="", blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["instance_key", "status"], name="incident_instance"),
            models.Index(fields=["-created_at"], name="incident_active", condition=Q(status="ACTIVE")),
            models.Index(
                fields=["definition_key", "element_id"], name="incident_element", condition=Q(status="ACTIVE")
            ),
        ]
