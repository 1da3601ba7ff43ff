"""A job: work that an instance asks for, done outside by a handler or a job worker."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from engine.models.fields import DocumentField
from engine.models.process_instance import ProcessInstance


class JobStatus(models.TextChoices):
    """A job goes through these states; docs/states.md draws them. A finished job has no row: its story is in the journal."""

    CREATED = "CREATED"  # waits for `available_at`, then for a worker: `jobs.activate` moves it to ACTIVATED
    ACTIVATED = "ACTIVATED"  # leased: its answer deletes it, a failure or the lease's end moves it to CREATED or FAILED
    FAILED = "FAILED"  # no attempts left, an incident stands: `incidents.resolve` moves it to CREATED


class JobKind(models.TextChoices):
    """Camunda's kinds, and SCRIPT: a Python script of a script task, run by the engine's own workers in the sandbox."""

    BPMN_ELEMENT = "BPMN_ELEMENT"
    EXECUTION_LISTENER = "EXECUTION_LISTENER"
    TASK_LISTENER = "TASK_LISTENER"
    AD_HOC_SUB_PROCESS = "AD_HOC_SUB_PROCESS"
    SCRIPT = "SCRIPT"


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
    """Larger goes first."""
    retries = models.IntegerField()
    """Attempts left, the running one included."""
    attempt = models.IntegerField(default=0)
    """The number of activations. An answer that names another attempt than the running one comes too late."""
    headers = DocumentField(default=dict)
    payload = DocumentField(null=True)
    """A script job has its source, line and variables here; a task listener's job has `userTask`, what it is to know of its task."""
    backoff = ArrayField(models.FloatField(), default=list)
    """The waiting times in seconds before the second, third, ... attempt; the last one repeats. Empty: the handler's or the default."""
    timeout = models.FloatField(null=True)
    """The seconds that one attempt may take. Null: the handler's or the default."""
    wait_timeout = models.FloatField(null=True)
    """The seconds that the job may wait for a worker, from `available_at`; then an incident stands. Null: for ever."""
    is_suspect = models.BooleanField(default=False, db_default=False)
    """It was leased, with others, by a worker of ours that died or hung: it is run alone next time."""
    on_hold = models.BooleanField(default=False, db_default=False)
    """Its instance is suspended: it is handed out no more."""
    available_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    activated_at = models.DateTimeField(null=True)
    worker = models.TextField(default="", blank=True)
    """The name that the worker calls itself. Anybody may take any name."""
    leased_by = models.TextField(null=True)
    """The user who was given the lease, by whose rights it was asked for; empty: a worker of ours. It stays when the lease ends. Null:
    nobody has leased the job, or who did has given it back."""
    trace_context = models.TextField(default="", db_default="", blank=True)
    """The W3C `traceparent` of the transition that opened it; empty when nothing was traced."""
    details = DocumentField(null=True)
    """What the last heartbeat reported; the next attempt reads it."""
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
    """An attempt that failed or whose lease ended."""

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
    """The variables that it was given, large ones cut short."""

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
    """Jobs a second that are handed out at most. Null: the handler's."""
    concurrency = models.IntegerField(null=True)
    """Jobs that are leased at once at most. Null: the handler's."""
    free_at = models.DateTimeField(null=True)
    """The moment at which the rate limit has forgotten what was handed out (the theoretical arrival time of a leaky bucket)."""
    changed_at = models.DateTimeField(null=True)
    changed_by = models.TextField(default="", blank=True)
