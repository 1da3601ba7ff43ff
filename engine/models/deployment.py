"""These rows hold what was deployed: the files, and the processes, decisions and forms that they define, each with its versions."""

from __future__ import annotations

from django.db import models

from engine.models.fields import DocumentField


class Deployment(models.Model):
    """A deployment is one bundle of files, deployed wholly or not at all."""

    key = models.BigIntegerField(primary_key=True)
    created_at = models.DateTimeField()
    created_by = models.TextField()


class Resource(models.Model):
    """A resource is a file as it was uploaded, byte for byte."""

    key = models.BigIntegerField(primary_key=True)
    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="resources")
    name = models.TextField()
    checksum = models.CharField(max_length=64)
    """The SHA-256 of the content, in hexadecimal digits."""
    content = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["deployment", "name"], name="resource_name_unique_in_deployment"),
        ]


class DefinitionState(models.TextChoices):
    """A definition is ACTIVE until `deployments.delete_process` moves it to DELETED; then no instance starts by it any more."""

    ACTIVE = "ACTIVE"
    DELETED = "DELETED"


class Definition(models.Model):
    """All kinds of definitions have these columns in common. `key` is unique over all kinds; versions of one id count from 1."""

    key = models.BigIntegerField(primary_key=True)
    version = models.IntegerField()
    version_tag = models.TextField(default="", blank=True)
    name = models.TextField(default="", blank=True)
    deployment = models.ForeignKey(Deployment, on_delete=models.PROTECT, related_name="+")
    resource = models.ForeignKey(Resource, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=DefinitionState.choices, default=DefinitionState.ACTIVE)

    class Meta:
        abstract = True


class ProcessDefinition(Definition):
    """A process definition is one version of an executable process."""

    process_id = models.TextField()
    documentation = models.TextField(default="", blank=True)
    start_form_id = models.TextField(default="", blank=True)
    """The id of the form of the none start event; empty where it has none."""
    start_form_binding = models.CharField(max_length=12, default="", blank=True)
    start_form_version_tag = models.TextField(default="", blank=True)
    has_none_start_event = models.BooleanField(default=True)
    """False where the process is started by messages, signals or timers alone: nobody can start it by hand."""
    suspended_at = models.DateTimeField(null=True)
    """While it is set, nothing starts by this version: see `engine.batch_operations.suspension`."""
    suspended_by = models.TextField(default="", db_default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["process_id", "version"], name="process_version_unique"),
        ]


class Form(Definition):
    """A form is one version of a form-js form."""

    form_id = models.TextField()
    schema = DocumentField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["form_id", "version"], name="form_version_unique"),
        ]


class DecisionRequirements(Definition):
    """Decision requirements are one version of a DMN file."""

    decision_requirements_id = models.TextField()
    namespace = models.TextField(default="", blank=True)
    """The namespace by which other files import this one."""
    imports = DocumentField(default=list)
    """The keys of the versions that its imports mean, settled when it was deployed."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["decision_requirements_id", "version"], name="decision_requirements_version_unique"
            ),
        ]
        indexes = [models.Index(fields=["namespace", "-key"], name="decision_requirements_imported")]


class DecisionDefinition(Definition):
    """A decision definition is one version of a decision of a DMN file."""

    decision_id = models.TextField()
    requirements = models.ForeignKey(DecisionRequirements, on_delete=models.PROTECT, related_name="decisions")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["decision_id", "version"], name="decision_version_unique"),
        ]


class DefinitionKind(models.TextChoices):
    PROCESS = "PROCESS"
    FORM = "FORM"
    DECISION = "DECISION"
    DECISION_REQUIREMENTS = "DECISION_REQUIREMENTS"


class DeployedItem(models.Model):
    """A deployed item is a definition that a deployment contains: a new version, or one that its unchanged file already had.

    What the binding `deployment` means is looked up here.
    """

    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="items")
    kind = models.CharField(max_length=24, choices=DefinitionKind.choices)
    definition_id = models.TextField()
    """The id in the diagram: process id, form id, decision id, ..."""
    definition_key = models.BigIntegerField()
    is_new = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["deployment", "kind", "definition_id"], name="deployed_item_unique"),
        ]


class StartKind(models.TextChoices):
    MESSAGE = "MESSAGE"
    SIGNAL = "SIGNAL"
    TIMER = "TIMER"
    CONDITION = "CONDITION"


class StartSubscription(models.Model):
    """A start subscription is a message, signal or condition that starts instances of the newest version of a process; a newer version
    replaces it. Start timers are `Timer` rows."""

    kind = models.CharField(max_length=9, choices=StartKind.choices)
    name = models.TextField()
    """The name of the message or signal; empty for a condition."""
    event_index = models.IntegerField(default=0, db_default=0)
    """The place of the trigger among the event definitions of the element, from 0."""
    parts = models.IntegerField(default=1, db_default=1)
    """The number of triggers that start an instance together: more than one at a parallel multiple start event."""
    definition = models.ForeignKey(ProcessDefinition, on_delete=models.CASCADE, related_name="start_subscriptions")
    process_id = models.TextField()
    element_id = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "name", "process_id", "element_id", "event_index"], name="start_subscription_unique"
            ),
        ]
        indexes = [models.Index(fields=["process_id"], name="start_subscription_process")]


class StartOccurrence(models.Model):
    """A start occurrence is a trigger of a parallel multiple start event that has occurred and waits for the others; the last one starts
    the instance."""

    process_id = models.TextField()
    element_id = models.TextField()
    event_index = models.IntegerField()
    kind = models.CharField(max_length=9, choices=StartKind.choices)
    correlation_key = models.TextField(default="", blank=True)
    variables = DocumentField(default=dict)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["process_id", "element_id"], name="start_occurrence_element")]
