from __future__ import annotations

from django.db import models

from engine.models.fields import DocumentField


class DecisionInstance(models.Model):
    """A decision was evaluated: this row says what went in, which rules matched, what came out."""

    key = models.BigIntegerField(primary_key=True)
    decision_key = models.BigIntegerField()
    decision_id = models.TextField()
    version = models.IntegerField()
    instance_key = models.BigIntegerField(null=True)
    """The process instance; null where the decision was evaluated by request."""
    definition_key = models.BigIntegerField(null=True)
    element_id = models.TextField(default="", blank=True)
    element_instance_key = models.BigIntegerField(null=True)
    inputs = DocumentField()
    result = DocumentField(null=True)
    trace = DocumentField(null=True)
    """The decisions that this one required, each with its inputs, matched rules and outputs."""
    failure = models.TextField(default="", blank=True)
    evaluated_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["instance_key"], name="decision_instance_instance"),
            models.Index(fields=["decision_key", "-key"], name="decision_instance_decision"),
        ]
