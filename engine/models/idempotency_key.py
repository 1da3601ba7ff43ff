from __future__ import annotations

from django.db import models

from engine.models.fields import DocumentField


class IdempotencyKey(models.Model):
    """An actor has marked a request with a key; its answer is written in the transaction of the request's own change."""

    actor = models.TextField()
    key = models.TextField()
    fingerprint = models.CharField(max_length=64)
    """The SHA-256 of the command and its arguments: the same key with other arguments is a mistake."""
    answer = DocumentField(null=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["actor", "key"], name="idempotency_key_unique"),
        ]
        indexes = [models.Index(fields=["at"], name="idempotency_key_at")]
