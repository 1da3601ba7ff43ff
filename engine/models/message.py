"""These rows hold messages that wait for a receiver, receivers that wait for a message, and those that wait for a signal."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from engine.models.fields import DocumentField


class Message(models.Model):
    """A message was published and is kept for its time to live. It reaches one instance of each process at most."""

    key = models.BigIntegerField(primary_key=True)
    name = models.TextField()
    correlation_key = models.TextField(default="", blank=True)
    message_id = models.TextField(default="", blank=True)
    """The publisher gives this id: a second message with the same name, key and id is refused while this one lives."""
    target_process_id = models.TextField(default="", blank=True)
    """Set by a message flow of a diagram: only instances of this process receive it. Empty: those of all processes. Empty: for all."""
    target_element_id = models.TextField(default="", db_default="", blank=True)
    """Set by a message flow of a diagram: only who waits at this element receives it. Empty: at any element. Empty: for all of the
    process."""
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
    """A message has reached this instance of a process; the row goes with its message. Goes with its message."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="correlated")
    process_id = models.TextField()
    instance_key = models.BigIntegerField()
    """The instance; 0 while it waits at a parallel multiple start event for what else has to occur."""

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
    """True where the first arrival closes the subscription."""
    created_at = models.DateTimeField()

    class Meta:
        abstract = True


class MessageSubscription(Subscription):
    """An instance waits for a message."""

    message_name = models.TextField()
    correlation_key = models.TextField(default="", blank=True)
    flow_end = models.BooleanField(default=False, db_default=False)
    """A message flow leads here: a message that comes over it may lack the correlation key, or the key may be missing here."""

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
