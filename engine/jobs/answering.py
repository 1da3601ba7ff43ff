"""A worker answers a job: the job is done, or ends in a BPMN error. `failing` has the third answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.db import OperationalError, transaction

from engine import exact_json
from engine.actors import Actor
from engine.errors import EngineError, InvalidArgument
from engine.failpoints import failpoint
from engine.jobs import open_jobs
from engine.models import Job, JobKind
from engine.postgres import keys
from engine.runtime import inputs, user_task_values
from engine.transition import advance, idempotency


def complete(
    key: int,
    variables: Mapping[str, Any] | None = None,
    *,
    by: Actor,
    result: Mapping[str, Any] | None = None,
    attempt: int | None = None,
    idempotency_key: str | None = None,
) -> int:
    """End a job that is done, and return the key of its instance; `variables` go to its element. `result` is a task listener's:
    `denied`, `deniedReason`, `corrections`.

    Raises NotFound for a job that is not open any more, Conflict for one that `by` may not answer, InvalidArgument for a result that
    cannot be read.
    """
    by.require_worker_or_operator("complete jobs")
    given = exact_json.checked_variables(variables)
    said = _checked_result(key, result or {})

    instance_key = open_jobs.instance_of(key)

    def recalled() -> dict[str, Any] | None:
        arguments = {"key": key, "variables": given} | ({"result": said} if said else {})
        return idempotency.recall(idempotency_key, command="complete job", arguments=arguments, by=by)

    def guard() -> bool:
        if recalled() is not None:
            return False
        open_jobs.take_out(key, by=by, attempt=attempt, doing="complete")
        idempotency.remember(idempotency_key, {"processInstanceKey": str(instance_key)}, by=by)
        return True

    if instance_key is None:
        return _completed_before(key, recalled)
    failpoint("jobs.before_complete")
    advance.deliver(instance_key, inputs.JobCompleted(key, given, said), by=by.username, guard=guard)
    return instance_key


def _completed_before(key: int, recalled: Callable[[], dict[str, Any] | None]) -> int:
    """Return the instance of a job that has ended by this very request, sent before. Raises NotFound when it has ended otherwise."""
    with transaction.atomic(durable=True):
        answer = recalled()
        if answer is None:
            raise open_jobs.never_or_ended(key)
    # the answers of the version before do not say whose job it was: the first block of its keys does, mostly
    return int(answer.get("processInstanceKey", key >> keys.BITS_PER_BLOCK << keys.BITS_PER_BLOCK))


def _checked_result(key: int, result: Mapping[str, Any]) -> dict[str, Any]:
    """Return the result as the instance takes it. Raises InvalidArgument for a result of a job that is no task listener's, and for
    one that denies a creation.
    """
    denied, corrections = result.get("denied"), result.get("corrections")
    if not denied and not corrections:
        return {}
    if not isinstance(denied, bool | None) or not isinstance(corrections, dict | None):
        raise InvalidArgument("Expected true or false in 'denied' and an object in 'corrections' of the result.")
    try:
        user_task_values.corrections(corrections or {})
    except (TypeError, ValueError) as error:
        raise InvalidArgument(f"Expected corrections that can be read: {error}.") from error
    job = Job.objects.filter(key=key).first()
    if job is not None and (
        job.kind != JobKind.TASK_LISTENER or (denied and job.listener_event in ("creating", "canceling"))
    ):
        raise InvalidArgument(f"Expected no denial and no correction from this job ({job.kind} {job.listener_event}).")
    reason = str(result.get("deniedReason") or "")
    return {"denied": True, "deniedReason": reason} if denied else {"corrections": dict(corrections or {})}


def complete_with(key: int, work: Callable[[], Mapping[str, Any] | None], *, by: Actor, attempt: int) -> None:
    """Run `work` and complete the job with the variables that it returns, in one transaction: what `work` writes into this database
    is there exactly when the job is completed.

    When the transaction has to be repeated, `work` is rolled back and runs again. Raises what `work` raises.
    """

    def item() -> inputs.Input:
        try:
            return inputs.JobCompleted(key, exact_json.checked_variables(work()))
        except OperationalError:
            raise
        except Exception as error:
            raise _WorkFailed(error) from error

    def guard() -> bool:
        return open_jobs.take_out(key, by=by, attempt=attempt, doing="complete")

    try:
        advance.deliver(open_jobs.require(key).instance_id, item, by=by.username, guard=guard)
    except _WorkFailed as failure:
        raise failure.error from failure.error.__cause__


class _WorkFailed(EngineError):  # noqa: N818 - carries an exception past those that a step may raise
    """An internal error that carries what `work` raised through the transaction, which repeats or refuses by other kinds of errors."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


def throw_error(
    key: int,
    code: str,
    *,
    by: Actor,
    message: str = "",
    variables: Mapping[str, Any] | None = None,
    attempt: int | None = None,
) -> None:
    """End a job in a BPMN error, which the nearest error event with `code` catches; uncaught it is an incident. Raises NotFound for
    a job that is not open any more, Conflict for one that `by` may not answer, InvalidArgument for an empty code."""
    by.require_worker_or_operator("throw errors for jobs")
    if not code:
        raise InvalidArgument("Expected an error code that is not empty.")
    item = inputs.JobErrorThrown(key, code, message, exact_json.checked_variables(variables))

    def guard() -> bool:
        return open_jobs.take_out(key, by=by, attempt=attempt, doing="throw an error for")

    advance.deliver(open_jobs.require(key).instance_id, item, by=by.username, guard=guard)
