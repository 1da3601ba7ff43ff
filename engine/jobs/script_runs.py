"""Running the script of a script task, and giving its answer to the instance."""

from __future__ import annotations

from engine import clock, jobs, scripts
from engine.actors import ENGINE
from engine.models import Job
from engine.runtime import inputs
from engine.scripts import ScriptBpmnError, ScriptError
from engine.transition import advance


def run(job: Job) -> None:
    """Run a leased job of the kind SCRIPT. A script that breaks is not tried again: the same source over the same variables
    breaks the same way. Raises what the sandbox itself raises, and NotFound or Conflict for an answer that comes too late."""
    payload = job.payload or {}
    try:
        outcome = scripts.run(payload["source"], payload["variables"], now=clock.now(), seed=job.key)
    except ScriptError as error:
        answer: inputs.Input = inputs.ScriptFailed(job.key, str(error), error.stack_trace)
    except ScriptBpmnError as error:
        answer = inputs.ScriptErrorThrown(job.key, error.code, error.message)
    else:
        answer = inputs.ScriptCompleted(job.key, outcome.variables, outcome.result)
    advance.deliver(
        job.instance_id,
        answer,
        by=ENGINE.username,
        guard=lambda: jobs.take_out(job.key, attempt=job.attempt, doing="answer"),
    )
