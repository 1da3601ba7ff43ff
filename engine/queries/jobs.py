"""Jobs are read here. A finished job has no row: its story is in the journal of its instance."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Min, Q

from engine import clock, handlers, jobs
from engine.actors import Actor
from engine.jobs import job_types
from engine.models import Job, JobAttempt, JobKind, JobStatus, JobTypeSettings
from engine.queries.search import Field, Found, Kind, SearchRequest, Table, search
from engine.queries.search.view import DEFAULT_TENANT, View, text_or_none
from engine.queries.search.visibility import of_instances


class AttemptView(View, frozen=True, kw_only=True):
    attempt: int
    worker: str | None
    started_at: datetime | None
    ended_at: datetime
    message: str
    stack_trace: str | None
    outcome: str
    """FAILED, or LEASE_EXPIRED where the worker gave no answer."""
    inputs: dict[str, Any]
    """The variables that the attempt was given; of a large one the beginning."""


class JobView(View, frozen=True, kw_only=True):
    custom_headers: dict[str, Any]
    deadline: datetime | None
    denied_reason: str | None
    element_id: str
    element_instance_key: str
    end_time: datetime | None
    error_code: str | None
    error_message: str | None
    has_failed_with_retries_left: bool
    is_denied: bool | None
    job_key: str
    kind: str
    listener_event_type: str
    process_definition_id: str
    process_definition_key: str
    process_instance_key: str
    root_process_instance_key: str
    business_id: str | None
    retries: int
    state: str
    tenant_id: str
    type: str
    worker: str
    creation_time: datetime
    last_update_time: datetime | None
    available_at: datetime
    attempt: int
    priority: int
    attempts: list[AttemptView]
    """The attempts that failed."""


class ActivatedJobView(View, frozen=True, kw_only=True):
    type: str
    process_definition_id: str
    process_definition_version: int
    element_id: str
    custom_headers: dict[str, Any]
    worker: str
    retries: int
    deadline: int
    """The end of the lease, in milliseconds since 1970."""
    variables: dict[str, Any]
    tenant_id: str
    physical_tenant_id: str
    job_key: str
    process_instance_key: str
    root_process_instance_key: str
    business_id: str | None
    process_definition_key: str
    element_instance_key: str
    kind: str
    listener_event_type: str
    user_task: dict[str, Any] | None
    tags: list[str]
    priority: int
    job_lease_token: str
    """A name of this activation: an answer that brings it is refused when the job has been given to another since."""
    attempt: int


class JobTypeInput(View, frozen=True, kw_only=True):
    name: str
    type: str
    required: bool
    description: str | None


class JobTypeView(View, frozen=True, kw_only=True):
    type: str
    title: str
    description: str | None
    retries: int
    inputs: list[JobTypeInput]


class JobTypeStatistics(View, frozen=True, kw_only=True):
    type: str
    waiting: int
    """The number of jobs that are ready now."""
    delayed: int
    """The number of jobs that wait for the back-off after a failed attempt."""
    active: int
    failed: int
    oldest: datetime | None
    """The moment at which the oldest that is waiting was created."""
    workers: int
    has_handler: bool
    suspended_at: datetime | None
    rate_limit: Decimal | None
    """Jobs a second over all workers, as an operator or the handler has set it."""
    concurrency_limit: int | None
    changed_by: str | None
    """The name of who suspended or limited it last."""
    changed_at: datetime | None


_KIND_WORDS = {str(kind): str(kind) for kind in JobKind}
_STATE_WORDS = {
    **{str(status): str(status) for status in JobStatus},
    **{word: word for word in ("COMPLETED", "CANCELED", "TIMED_OUT", "ERROR_THROWN", "RETRIES_UPDATED", "MIGRATED")},
}
TABLE = Table(
    name="Job",
    fields={
        "jobKey": Field("key", Kind.KEY),
        "deadline": Field("lease_until", Kind.TIME, nullable=True),
        "elementId": Field("element_id"),
        "elementInstanceKey": Field("element_instance_key", Kind.KEY),
        "errorMessage": Field("error_message"),
        "kind": Field("kind", words=_KIND_WORDS),
        "listenerEventType": Field("listener_event"),
        "processDefinitionId": Field("process_id"),
        "processDefinitionKey": Field("definition_key", Kind.KEY),
        "processInstanceKey": Field("instance_id", Kind.KEY),
        "retries": Field("retries", Kind.NUMBER),
        "state": Field("status", words=_STATE_WORDS),
        "type": Field("type"),
        "worker": Field("worker"),
        "creationTime": Field("created_at", Kind.TIME),
        "priority": Field("priority", Kind.NUMBER),
    },
    sort=(("jobKey", "DESC"),),
)


def find(request: SearchRequest, *, by: Actor) -> Found[JobView]:
    rows = Job.objects.filter(of_instances(by, "instance_id")).select_related("instance")
    return search(TABLE, rows, request, view=_views)


def activated_view(found: jobs.ActivatedJob) -> ActivatedJobView:
    job = found.job
    deadline = job.lease_until
    assert deadline is not None
    return ActivatedJobView(
        type=job.type,
        process_definition_id=job.process_id,
        process_definition_version=found.version,
        element_id=job.element_id,
        custom_headers=job.headers or {},
        worker=job.worker,
        retries=job.retries,
        deadline=int(deadline.timestamp() * 1000),
        variables=dict(found.variables),
        tenant_id=DEFAULT_TENANT,
        physical_tenant_id="default",
        job_key=str(job.key),
        process_instance_key=str(job.instance_id),
        root_process_instance_key=str(job.instance.root_key),
        business_id=text_or_none(job.instance.business_id),
        process_definition_key=str(job.definition_key),
        element_instance_key=str(job.element_instance_key),
        kind=str(job.kind),
        listener_event_type=job.listener_event or "UNSPECIFIED",
        user_task=(job.payload or {}).get("userTask"),
        tags=list(job.instance.tags),
        priority=job.priority,
        job_lease_token=jobs.lease_token(job),
        attempt=job.attempt,
    )


def known_types() -> list[JobTypeView]:
    """Return the job types that this installation can do by itself: the handlers of its process packages, and its connectors."""
    return [
        JobTypeView(
            type=handler.type,
            title=handler.title,
            description=text_or_none(handler.description),
            retries=handler.retries,
            inputs=[
                JobTypeInput(
                    name=parameter.name, type=parameter.type_name, required=parameter.required, description=None
                )
                for parameter in handler.parameters
            ],
        )
        for handler in handlers.by_title()
    ]


def statistics() -> list[JobTypeStatistics]:
    """Return queue lengths by job type: of types with jobs, with a handler, or for which an operator has set something."""
    now = clock.now()
    ready = Q(status=JobStatus.CREATED, available_at__lte=now)
    rows = Job.objects.values("type").annotate(
        waiting=Count("key", filter=ready),
        delayed=Count("key", filter=Q(status=JobStatus.CREATED, available_at__gt=now)),
        active=Count("key", filter=Q(status=JobStatus.ACTIVATED)),
        failed=Count("key", filter=Q(status=JobStatus.FAILED)),
        oldest=Min("created_at", filter=ready),
        workers=Count("worker", filter=Q(status=JobStatus.ACTIVATED), distinct=True),
    )
    found: dict[str, Any] = {row["type"]: row for row in rows}
    with_handler = {handler.type for handler in handlers.by_title()}
    settings = job_types.settings_by_type()
    return [
        _statistics_of(name, found.get(name, {}), settings.get(name), has_handler=name in with_handler)
        for name in sorted(found.keys() | with_handler | settings.keys())
    ]


def _statistics_of(
    name: str, counts: dict[str, Any], row: JobTypeSettings | None, *, has_handler: bool
) -> JobTypeStatistics:
    nothing: dict[str, Any] = {"waiting": 0, "delayed": 0, "active": 0, "failed": 0, "oldest": None, "workers": 0}
    limits = job_types.effective_limits(name, row)
    return JobTypeStatistics(
        **{**nothing, **counts, "type": name},
        has_handler=has_handler,
        suspended_at=row.suspended_at if row else None,
        rate_limit=None if limits.rate is None else Decimal(repr(limits.rate)),
        concurrency_limit=limits.concurrency,
        changed_by=text_or_none(row.changed_by) if row else None,
        changed_at=row.changed_at if row else None,
    )


def attempts_of(job_keys: Iterable[int]) -> dict[int, list[AttemptView]]:
    found: dict[int, list[AttemptView]] = {}
    for row in JobAttempt.objects.filter(job_key__in=list(job_keys)).order_by("job_key", "attempt"):
        found.setdefault(row.job_key, []).append(
            AttemptView(
                attempt=row.attempt,
                worker=text_or_none(row.worker),
                started_at=row.started_at,
                ended_at=row.ended_at,
                message=row.message,
                stack_trace=text_or_none(row.stack_trace),
                outcome=str(row.outcome),
                inputs=row.inputs or {},
            )
        )
    return found


def _views(rows: Sequence[Job]) -> Iterable[JobView]:
    attempts = attempts_of(row.key for row in rows)
    for row in rows:
        yield JobView(
            custom_headers=row.headers or {},
            deadline=row.lease_until,
            denied_reason=None,
            element_id=row.element_id,
            element_instance_key=str(row.element_instance_key),
            end_time=None,
            error_code=None,
            error_message=text_or_none(row.error_message),
            has_failed_with_retries_left=bool(row.error_message) and row.retries > 0,
            is_denied=None,
            job_key=str(row.key),
            kind=str(row.kind),
            listener_event_type=row.listener_event or "UNSPECIFIED",
            process_definition_id=row.process_id,
            process_definition_key=str(row.definition_key),
            process_instance_key=str(row.instance_id),
            root_process_instance_key=str(row.instance.root_key),
            business_id=text_or_none(row.instance.business_id),
            retries=row.retries,
            state=str(row.status),
            tenant_id=DEFAULT_TENANT,
            type=row.type,
            worker=row.worker,
            creation_time=row.created_at,
            last_update_time=_last_update(row, attempts.get(row.key, [])),
            available_at=row.available_at,
            attempt=row.attempt,
            priority=row.priority,
            attempts=attempts.get(row.key, []),
        )


def _last_update(row: Job, attempts: Sequence[AttemptView]) -> datetime:
    return max(filter(None, [row.created_at, row.activated_at, *(attempt.ended_at for attempt in attempts)]))
