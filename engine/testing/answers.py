"""Scripts, decisions and job functions give their answers at once here, in this process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from engine import dmn, feel, handlers, scripts
from engine.handlers import Handler, JobContext
from engine.runtime import effects as fx
from engine.runtime import inputs, visible_variables
from engine.testing.instance import Instance

JobFunction = Callable[[dict[str, Any]], Mapping[str, Any] | None]


def of_script(effect: fx.RunScript, *, now: datetime) -> inputs.Input:
    try:
        outcome = scripts.run(effect.source, effect.variables, now=now, seed=effect.key)
    except scripts.ScriptError as error:
        return inputs.ScriptFailed(effect.key, str(error), error.stack_trace)
    except scripts.ScriptBpmnError as error:
        return inputs.ScriptErrorThrown(effect.key, error.code, error.message)
    return inputs.ScriptCompleted(effect.key, outcome.variables, outcome.result)


def of_decision(effect: fx.EvaluateDecision, model: dmn.Model | None, *, now: datetime) -> inputs.Input:
    if model is None:
        text = f"Expected a deployed decision '{effect.decision_id}' for '{effect.element_id}', found none"
        return inputs.DecisionFailed(effect.key, text)
    try:
        result = model.evaluate(effect.decision_id, effect.variables, now=now)
    except (dmn.DmnError, feel.FeelError) as error:
        return inputs.DecisionFailed(effect.key, str(error))
    return inputs.DecisionEvaluated(effect.key, feel.to_json(result))


def of_function(
    function: JobFunction | Handler, instance: Instance, job: fx.OpenJob, attempt: int
) -> Mapping[str, Any] | None:
    """Call the function and return its variables. Raises what it raises."""
    variables = visible_variables(instance.state, job.element_instance)
    if not isinstance(function, Handler):
        return handlers.result_of(job.type, function(variables))
    context = JobContext(
        key=job.key,
        type=job.type,
        attempt=attempt,
        instance_key=instance.key,
        process_id=instance.model.id,
        element_id=job.element_id,
        headers=job.headers,
    )
    return handlers.result_of(job.type, handlers.call(function, variables, context))
