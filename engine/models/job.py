"""A job is work that an instance asks for, done outside by a handler or a job worker."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from engine.models.fields import DocumentField
from engine.models.process_instance import ProcessInstance


class JobStatus(models.TextChoices):
    """The life cycle of a job; docs/states.md draws it. A finished job has no row: its story is in the journal."""

    CREATED = "CREATED"  # waits for `available_at`, then for a worker: `jobs.activate` moves it to ACTIVATED
    ACTIVATED = "ACTIVATED"  # leased: its answer deletes it, a failure or the lease's end moves it to CREATED or FAILED
    FAILED = "FAILED"  # no attempts left, an incident stands: `incidents.resolve` moves it to CREATED


class JobKind(models.TextChoices):
    """Something in a diagram asks for a job; these are Camunda's kinds, and SCRIPT."""

    BPMN_ELEMENT = "BPMN_ELEMENT"  # the work of a task or event itself
    EXECUTION_LISTENER = "EXECUTION_LISTENER"  # at the start or end of an element
    TASK_LISTENER = "TASK_LISTENER"  # before a user task changes its state; it may deny and correct
    AD_HOC_SUB_PROCESS = "AD_HOC_SUB_PROCESS"  # of an ad-hoc sub-process; the engine opens none
    SCRIPT = "SCRIPT"  # a Python script of a script task: run by the engine's own workers in the sandbox


class Job(models.Model):
    """The table stays small: rows are deleted when their job ends. Times in seconds."""

    key = models.BigIntegerField(primary_key=True)
    instance = models.ForeignKey(
        ProcessInstance,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_column="instance_key",
        db_index=False,
        related_name="jobs",
    )
    definition_key = models.BigIntegerField()
    process_id = models.TextField()
    element_id = models.TextField()
    element_instance_key = models.BigIntegerField()
    type = models.TextField()
    kind = models.CharField(max_length=20, choices=JobKind.choices, default=JobKind.BPMN_ELEMENT)
    listener_event = models.TextField(default="", blank=True)
    status = models.CharField(max_length=10, choices=JobStatus.choices, default=JobStatus.CREATED)
    priority = models.IntegerField(default=0)
    """A job of a larger one goes first."""
    retries = models.IntegerField()
    """The job has so many attempts left, the running one included."""
    attempt = models.IntegerField(default=0)
    """It counts the activations. An answer that names another attempt than the running one comes too late."""
    headers = DocumentField(default=dict)
    payload = DocumentField(null=True)
    """A script has its source, line and variables here; a task listener `userTask`, what it is to know of its task."""
    backoff = ArrayField(models.FloatField(), default=list)
    """The second, third, ... attempt waits for so many seconds; the last wait repeats. Empty: the handler's or the default."""
    timeout = models.FloatField(null=True)
    """One attempt may take so many seconds. Null: the handler's or the default."""
    wait_timeout = models.FloatField(null=True)
    """The job may wait for a worker for so many seconds from `available_at`; then an incident is raised. Null: for ever."""
    is_suspect = models.BooleanField(default=False, db_default=False)
    """It was leased, with others, by a worker of ours that died or hung: it is run alone next time."""
    on_hold = models.BooleanField(default=False, db_default=False)
    """Its instance is suspended: it is handed out no more."""
    available_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    activated_at = models.DateTimeField(null=True)
    worker = models.TextField(default="", blank=True)
    trace_context = models.TextField(default="", db_default="", blank=True)
    """The transition that opened it had this W3C `traceparent`; empty when nothing was traced."""
    details = DocumentField(null=True)
    """The last heartbeat reported this; the next attempt reads it."""
    error_message = models.TextField(default="", blank=True)
    incident_key = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(
                fields=["type", "process_id", "-priority", "available_at", "key"],
                name="job_lane",
                condition=Q(status=JobStatus.CREATED, on_hold=False),
            ),
            models.Index(
                fields=["available_at"],
                name="job_waits",
                condition=Q(status=JobStatus.CREATED, on_hold=False, wait_timeout__isnull=False),
            ),
            models.Index(fields=["lease_until"], name="job_lease", condition=Q(status=JobStatus.ACTIVATED)),
            models.Index(fields=["instance"], name="job_instance"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status=JobStatus.ACTIVATED, lease_until__isnull=False)
                | (~Q(status=JobStatus.ACTIVATED) & Q(lease_until__isnull=True)),
                name="job_leased_while_activated",
            ),
        ]


class AttemptOutcome(models.TextChoices):
    FAILED = "FAILED"  # the worker said so
    LEASE_EXPIRED = "LEASE_EXPIRED"  # the worker said nothing: it died, hangs, or is cut off


class JobAttempt(models.Model):
    """An attempt has failed, or its lease has ended."""

    job_key = models.BigIntegerField()
    instance_key = models.BigIntegerField()
    element_id = models.TextField()
    attempt = models.IntegerField()
    worker = models.TextField(default="", blank=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField()
    message = models.TextField()
    stack_trace = models.TextField(default="", blank=True)
    outcome = models.CharField(
        max_length=13,
        choices=AttemptOutcome.choices,
        default=AttemptOutcome.FAILED,
        db_default=AttemptOutcome.FAILED.value,
    )
    inputs = DocumentField(null=True)
    """It was given these variables; large ones are cut short."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job_key", "attempt"], name="job_attempt_unique"),
        ]
        indexes = [models.Index(fields=["instance_key"], name="job_attempt_instance")]


class JobTypeSettings(models.Model):
    """An operator has set this for a job type; the state of its rate limit is here too. A type that nobody touched may have no row."""

    type = models.TextField(primary_key=True)
    suspended_at = models.DateTimeField(null=True)
    rate = models.FloatField(null=True)
    """So many jobs a second are handed out at most; others wait. Null: the handler's."""
    concurrency = models.IntegerField(null=True)
    """So many jobs are leased at once at most; others wait. Null: the handler's."""
    free_at = models.DateTimeField(null=True)
    """By then the rate limit has forgotten what was handed out (the theoretical arrival time of a leaky bucket)."""
    changed_at = models.DateTimeField(null=True)
    changed_by = models.TextField(default="", blank=True)
