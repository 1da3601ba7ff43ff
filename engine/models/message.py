"""Messages that wait for a receiver, receivers that wait for a message, and the same for signals."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from engine.models.fields import DocumentField


class Message(models.Model):
    """A published message, kept for its time to live. It reaches one instance of each process at most."""

    key = models.BigIntegerField(primary_key=True)
    name = models.TextField()
    correlation_key = models.TextField(default="", blank=True)
    message_id = models.TextField(default="", blank=True)
    """Given by the publisher: a second message with the same name, key and id is refused while this one lives."""
    target_process_id = models.TextField(default="", blank=True)
    """By a message flow of a diagram: only for instances of this process. Empty: for all."""
    target_element_id = models.TextField(default="", db_default="", blank=True)
    """By a message flow of a diagram: only for who waits at this element. Empty: for all of the process."""
    variables = DocumentField(default=dict)
    published_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    by = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["name", "correlation_key", "message_id"],
                condition=~Q(message_id=""),
                name="message_id_unique",
            ),
        ]
        indexes = [
            models.Index(fields=["name", "correlation_key", "key"], name="message_name_and_key"),
            models.Index(fields=["expires_at"], name="message_expires"),
        ]


class MessageCorrelated(models.Model):
    """Which instance of a process a message reached. Goes with its message."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="correlated")
    process_id = models.TextField()
    instance_key = models.BigIntegerField()
    """0: it waits at a parallel multiple start event for what else has to occur."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message", "process_id"], name="message_reaches_a_process_once"),
        ]


class Subscription(models.Model):
    key = models.BigIntegerField(primary_key=True)
    instance_key = models.BigIntegerField()
    definition_key = models.BigIntegerField()
    process_id = models.TextField()
    element_id = models.TextField()
    element_instance_key = models.BigIntegerField()
    interrupting = models.BooleanField(default=True)
    """True: the first arrival closes it."""
    created_at = models.DateTimeField()

    class Meta:
        abstract = True


class MessageSubscription(Subscription):
    """An instance waits for a message."""

    message_name = models.TextField()
    correlation_key = models.TextField(default="", blank=True)
    flow_end = models.BooleanField(default=False, db_default=False)
    """A message flow leads here: a message over it may lack the key, or the key may be missing here."""

    class Meta:
        indexes = [
            models.Index(fields=["message_name", "correlation_key", "key"], name="message_subscription_name"),
            models.Index(fields=["instance_key"], name="message_subscription_instance"),
        ]


class SignalSubscription(Subscription):
    """An instance waits for a signal."""

    signal_name = models.TextField()

    class Meta:
        indexes = [
            models.Index(fields=["signal_name", "key"], name="signal_subscription_name"),
            models.Index(fields=["instance_key"], name="signal_subscription_instance"),
        ]
