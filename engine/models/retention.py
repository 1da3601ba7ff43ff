from __future__ import annotations

from django.db import models


class RetentionSettings(models.Model):
    """Retention settings say how long what has ended is kept. The row with the empty process id holds for the installation; without any
    row all is kept for ever."""

    process_id = models.TextField(primary_key=True)
    """The process that the row is for; empty for all processes that have no row of their own."""
    days = models.IntegerField(null=True)
    """The days after the end of the root instance. Null: for ever."""
    archives = models.BooleanField(default=True)
    """What is deleted is written into the archive first."""
    changed_at = models.DateTimeField()
    changed_by = models.TextField()
