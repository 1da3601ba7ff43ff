from __future__ import annotations

from django.db import models
from django.db.models import Q

from engine.models.fields import DocumentField


class Timer(models.Model):
    """A timer is a time that an instance waits for, or at which a process is started. Firing deletes the row, or moves it on."""

    key = models.BigIntegerField(primary_key=True)
    due_at = models.DateTimeField()
    instance_key = models.BigIntegerField(null=True)
    definition_key = models.BigIntegerField()
    process_id = models.TextField()
    element_id = models.TextField()
    element_instance_key = models.BigIntegerField(null=True)
    schedule = DocumentField(null=True)
    """What is left of the cycle of a start timer. Null: it fires once."""
    event_index = models.IntegerField(default=0, db_default=0)
    """The place of a start timer among the event definitions of its element, from 0."""
    parts = models.IntegerField(default=1, db_default=1)
    """The number of triggers that start an instance together with a start timer, as in `StartSubscription.parts`."""
    catches_up = models.BooleanField(default=False, db_default=False)
    """While such a timer of an instance waits, later ones of that instance wait for it: its step opens the next one, which may be due
    before them."""
    has_fired = models.BooleanField(default=False, db_default=False)
    """A timer that catches up keeps its row until its step is done, so that later ones go on waiting."""

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], name="timer_due"),
            models.Index(fields=["instance_key"], name="timer_instance", condition=Q(instance_key__isnull=False)),
            models.Index(fields=["process_id"], name="timer_start", condition=Q(instance_key__isnull=True)),
            models.Index(fields=["instance_key", "due_at"], name="timer_catches_up", condition=Q(catches_up=True)),
        ]
