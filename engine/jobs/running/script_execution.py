"""A worker runs the script of a script task and gives its answer to the instance."""

from __future__ import annotations

from engine import clock, scripts
from engine.actors import ENGINE
from engine.jobs import open_jobs
from engine.models import Job
from engine.runtime import inputs
from engine.scripts import ScriptBpmnError, ScriptError
from engine.transition import advance


def run(job: Job) -> None:
    """Run a leased job of the kind SCRIPT. A script that breaks is not tried again: the same source breaks in the same way over the
    same variables.

    Raises what the sandbox itself raises, and NotFound or Conflict for an answer that comes too late.
    """
    answer = _answer(job)
    advance.deliver(
        job.instance_id,
        answer,
        by=ENGINE.username,
        guard=lambda: open_jobs.take_out_script(job.key, attempt=job.attempt),
    )


def _answer(job: Job) -> inputs.Input:
    payload = job.payload or {}
    try:
        outcome = scripts.run(payload["source"], payload["variables"], now=clock.now(), seed=job.key)
    except ScriptError as error:
        return inputs.ScriptFailed(job.key, str(error), error.stack_trace)
    except ScriptBpmnError as error:
        return inputs.ScriptErrorThrown(job.key, error.code, error.message)
    return inputs.ScriptCompleted(job.key, outcome.variables, outcome.result)
