"""Job workers work on jobs over HTTP."""

from __future__ import annotations

import time
from typing import Any

import msgspec

from engine import clock, jobs
from engine.errors import InvalidArgument
from engine.jobs import job_types
from engine.queries import awaited
from engine.queries import jobs as reads
from engine.queries.jobs import TABLE, ActivatedJobView, JobTypeStatistics, JobTypeView, JobView
from webapp.api import answers
from webapp.api.answers import VariablesAfterView
from webapp.api.operation import ApiView, Body, Call, operation
from webapp.long_polls import LongPoll, Topic

TAG = "Job"
DEFAULT_WAIT = 10.0
MAX_WAIT = 60.0
"""An activation may wait for so many seconds, and a longer time is cut to that."""


class ActivateJobs(Body, frozen=True, kw_only=True):
    """All times are in milliseconds. `requestTimeout` 0 waits for a default time, a negative one not at all."""

    type: str
    timeout: int
    max_jobs_to_activate: int
    worker: str | None = None
    fetch_variable: list[str] | None = None
    request_timeout: int | None = None
    tenant_ids: list[str] | None = None


class CompleteJob(Body, frozen=True, kw_only=True):
    variables: dict[str, Any] | None = None
    result: dict[str, Any] | None = None
    attempt: int | None = None
    """The attempt of the activated job: an answer to an older attempt is refused."""
    job_lease_token: str | None = None
    """The lease token of the activated job, which says the same in Camunda's words."""
    return_variables: bool | None = None
    """True: answer with the variables after the step."""
    request_timeout: int | None = None
    """The milliseconds to wait for the step."""


class FailJob(Body, frozen=True, kw_only=True):
    retries: int | None = None
    error_message: str | None = None
    retry_back_off: int | None = None
    variables: dict[str, Any] | None = None
    attempt: int | None = None
    job_lease_token: str | None = None
    stack_trace: str | None = None


class ThrowJobError(Body, frozen=True, kw_only=True):
    error_code: str
    error_message: str | None = None
    variables: dict[str, Any] | None = None
    attempt: int | None = None
    job_lease_token: str | None = None


class JobChangeset(Body, frozen=True, kw_only=True):
    retries: int | None = None
    timeout: int | None = None
    priority: int | None = None


class UpdateJob(Body, frozen=True, kw_only=True):
    changeset: JobChangeset
    attempt: int | None = None
    job_lease_token: str | None = None
    """As in an answer: the job is changed only while this activation runs."""
    operation_reference: int | None = None


class JobTypeChangeset(Body, frozen=True, kw_only=True):
    """Null gives a limit back to the handler; what is left out stays."""

    rate_limit: str | msgspec.UnsetType | None = msgspec.UNSET
    """The most jobs that are handed out in a time, such as `10/s`, `100/min` or `5000/h`."""
    concurrency_limit: int | msgspec.UnsetType | None = msgspec.UNSET


class UpdateJobType(Body, frozen=True, kw_only=True):
    changeset: JobTypeChangeset


class Activation(ApiView):
    @operation("activateJobs", tag=TAG, summary="Activate jobs", body=ActivateJobs, answer={"jobs": [ActivatedJobView]})
    def post(self, call: Call) -> Any:
        """Lease jobs to the caller; wait for one up to `requestTimeout`."""
        body: ActivateJobs = call.body
        asked = body.request_timeout or 0
        wait = 0.0 if asked < 0 else min(asked / 1000 or DEFAULT_WAIT, MAX_WAIT)
        leased: list[jobs.ActivatedJob] = []

        def look() -> dict[str, Any] | None:
            leased[:] = jobs.activate(
                body.type,
                worker=body.worker or "",
                max_jobs=body.max_jobs_to_activate,
                lease=_seconds(body.timeout),
                fetch_variables=body.fetch_variable or None,
                by=call.actor,
            )
            return {"jobs": [reads.activated_view(job) for job in leased]} if leased else None

        return LongPoll(
            Topic(awaited.ready_jobs, body.type),
            until=time.monotonic() + wait,
            look=look,
            over=lambda: {"jobs": []},
            undo=lambda: jobs.give_back(leased),
        )


class Completion(ApiView):
    @operation(
        "completeJob",
        tag=TAG,
        summary="Complete a job",
        body=CompleteJob,
        answer=VariablesAfterView,
        empty=204,
        is_idempotent=True,
    )
    def post(self, call: Call, job_key: int) -> Any:
        """Complete the job; 404 when it has ended, 409 when it is another worker's or a script's. 200 with what the process made of it for
        `returnVariables`."""
        body: CompleteJob = call.body
        began = clock.now()
        if body.result is not None and body.result.get("type") not in (None, "userTask"):
            raise InvalidArgument("Expected no result: this server supports none of the type that was sent.")
        instance_key = jobs.complete(
            job_key,
            body.variables,
            result=body.result,
            attempt=_attempt(job_key, body),
            by=call.actor,
            idempotency_key=call.idempotency_key,
        )
        if not body.return_variables:
            return None
        return answers.variables_after(instance_key, since=began, request_timeout=body.request_timeout)


class Failure(ApiView):
    @operation("failJob", tag=TAG, summary="Fail a job", body=FailJob, status=204)
    def post(self, call: Call, job_key: int) -> Any:
        """Fail the job: `retries` are those left; with 0, as when it is missing, an incident is raised."""
        body: FailJob = call.body
        jobs.fail(
            job_key,
            retries=body.retries or 0,
            message=body.error_message or "",
            stack_trace=body.stack_trace or "",
            backoff=_seconds(body.retry_back_off or 0),
            variables=body.variables,
            attempt=_attempt(job_key, body),
            by=call.actor,
        )


class Error(ApiView):
    @operation("throwJobError", tag=TAG, summary="Throw a BPMN error", body=ThrowJobError, status=204)
    def post(self, call: Call, job_key: int) -> Any:
        body: ThrowJobError = call.body
        jobs.throw_error(
            job_key,
            body.error_code,
            message=body.error_message or "",
            variables=body.variables,
            attempt=_attempt(job_key, body),
            by=call.actor,
        )


class One(ApiView):
    @operation("updateJob", tag=TAG, summary="Update a job", body=UpdateJob, status=204)
    def patch(self, call: Call, job_key: int) -> Any:
        changes: JobChangeset = call.body.changeset
        jobs.update(
            job_key,
            retries=changes.retries,
            lease=None if changes.timeout is None else _seconds(changes.timeout),
            priority=changes.priority,
            attempt=_attempt(job_key, call.body),
            by=call.actor,
        )


class Search(ApiView):
    @operation("searchJobs", tag=TAG, summary="Search jobs", search=(TABLE, JobView))
    def post(self, call: Call) -> Any:
        """Find the jobs that are not finished; the journal has the others."""
        return reads.find(call.body, by=call.actor)


class JobTypes(ApiView):
    @operation("getJobTypes", tag=TAG, summary="What this installation can do", answer={"items": [JobTypeView]})
    def get(self, call: Call) -> Any:
        """Return the job types of the handlers of the process packages, and of the connectors."""
        return {"items": reads.known_types()}


class Statistics(ApiView):
    @operation(
        "getJobTypeStatistics", tag=TAG, summary="Queue lengths by job type", answer={"items": [JobTypeStatistics]}
    )
    def get(self, call: Call) -> Any:
        return {"items": reads.statistics()}


class JobType(ApiView):
    @operation("updateJobType", tag=TAG, summary="Limit a job type", body=UpdateJobType, status=204)
    def patch(self, call: Call, job_type: str) -> Any:
        """Change the limits of a job type, over all workers, from the next activation on."""
        changes: JobTypeChangeset = call.body.changeset
        job_types.limit(
            job_type,
            rate=job_types.KEEP if changes.rate_limit is msgspec.UNSET else changes.rate_limit,
            concurrency=job_types.KEEP if changes.concurrency_limit is msgspec.UNSET else changes.concurrency_limit,
            by=call.actor,
        )


class JobTypeSuspension(ApiView):
    @operation("suspendJobType", tag=TAG, summary="Suspend a job type", status=204)
    def post(self, call: Call, job_type: str) -> Any:
        """Suspend the job type: its jobs are handed out no more; those that run go on."""
        job_types.suspend(job_type, by=call.actor)


class JobTypeResumption(ApiView):
    @operation("resumeJobType", tag=TAG, summary="Resume a job type", status=204)
    def post(self, call: Call, job_type: str) -> Any:
        job_types.resume(job_type, by=call.actor)


def _attempt(job_key: int, body: CompleteJob | FailJob | ThrowJobError | UpdateJob) -> int | None:
    """Return the activation that is answered or changed; None when the worker does not say."""
    return body.attempt if body.job_lease_token is None else jobs.attempt_of(body.job_lease_token, job_key)


def _seconds(milliseconds: int) -> float:
    return milliseconds / 1000
