from __future__ import annotations

from django.db import models


class RetentionSettings(models.Model):
    """How long what has ended is kept. The row without a process id is the installation's; without any row, for ever."""

    process_id = models.TextField(primary_key=True)
    """Empty: of all processes that have no row of their own."""
    days = models.IntegerField(null=True)
    """After the end of the root instance. Null: for ever."""
    archives = models.BooleanField(default=True)
    """What is deleted is written into the archive first."""
    changed_at = models.DateTimeField()
    changed_by = models.TextField()
