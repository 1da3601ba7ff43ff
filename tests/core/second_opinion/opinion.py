"""What SpiffWorkflow makes of a process instance that ran here: the same diagram, the same work done in the same order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine import exact_json
from engine.bpmn.expressions import Language
from engine.bpmn.model import ElementType, ProcessModel
from engine.runtime import codec, inputs
from engine.runtime.effects import IncidentType
from engine.runtime.history import ElementActivated, ElementCompleted, InputIgnored
from engine.testing import Engine
from tests.core.second_opinion import spiff

_NOT_COMPARED = (ElementType.PROCESS, ElementType.MULTI_INSTANCE_BODY)
"""SpiffWorkflow has no task of its own for these."""


@dataclass(frozen=True, slots=True)
class Opinion:
    ours: spiff.Outcome
    theirs: spiff.Outcome


def second_opinion(engine: Engine, source: str) -> Opinion | None:
    """None where SpiffWorkflow could not be asked: more than work was done to the one instance, or its parser refuses the diagram."""
    instance = next((each for each in engine.instances if each.parent is None), None)
    if instance is None or any(each.parent is None and each is not instance for each in engine.instances):
        return None  # instances that may have spoken to each other
    if not all(_says_it_in_the_standard(each.model) for each in engine.instances):
        return None
    if any(each.type is not IncidentType.CONDITION_ERROR for each in instance.incidents):
        return None
    started = codec.input_from_json(exact_json.decode(instance.journal[0].inputs)[0])
    work = _work(engine)
    if work is None or not isinstance(started, inputs.Started) or started != inputs.Started(started.variables):
        return None
    try:
        theirs = spiff.run(source, instance.model.id, started.variables, work)
    except spiff.CannotReadError:
        return None
    return Opinion(_ours(engine), theirs)


def _says_it_in_the_standard(model: ProcessModel) -> bool:
    """Nothing is in it that only an extension, another language or the ioSpecification says, which SpiffWorkflow reads in its own way."""
    return all(
        not (node.listeners or node.data_inputs or node.data_outputs or node.inputs or node.outputs)
        and not (node.job is not None and node.type in _EVENTS)
        and not (node.ad_hoc is not None and node.ad_hoc.active_elements is not None)
        and (node.script is None or node.script.expression is None or node.script.expression.language is Language.FEEL)
        and all(flow.condition is None or flow.condition.language is Language.FEEL for flow in node.outgoing)
        for node in model.nodes.values()
    )


_EVENTS = (ElementType.INTERMEDIATE_THROW_EVENT, ElementType.END_EVENT)
_OF_NOBODY = (inputs.Started, inputs.ScriptCompleted, inputs.ChildStarted, inputs.ChildCompleted)
"""Inputs that follow by themselves."""


def _work(engine: Engine) -> list[tuple[str, Mapping[str, Any]]] | None:
    """The jobs and user tasks that were completed, in order over all instances; None when anything else was done."""
    done: list[tuple[int, str, Mapping[str, Any]]] = []
    opened: dict[int, str] = {}
    for instance in engine.instances:
        for number, entry in enumerate(instance.journal):
            for data in exact_json.decode(entry.inputs):
                item = codec.input_from_json(data)
                if isinstance(item, inputs.JobCompleted | inputs.UserTaskCompleted):
                    key = item.job if isinstance(item, inputs.JobCompleted) else item.user_task
                    if key not in opened:
                        return None
                    done.append((number, opened[key], item.variables))
                elif not isinstance(item, _OF_NOBODY) or instance.facts(InputIgnored):
                    return None
            for effect in exact_json.decode(entry.effects):
                if effect[0] in ("OpenJob", "OpenUserTask"):
                    opened[effect[1]] = effect[3]
    if len(engine.instances) > 1 and done:
        return None  # the order over several instances is not kept
    return [(element_id, variables) for _, element_id, variables in done]


def _ours(engine: Engine) -> spiff.Outcome:
    completed: list[str] = []
    waiting: list[str] = []
    for instance in engine.instances:
        left_out = {fact.element_instance for fact in instance.facts(ElementActivated) if fact.type in _NOT_COMPARED}
        completed += [
            fact.element_id for fact in instance.facts(ElementCompleted) if fact.element_instance not in left_out
        ]
        completed += [spiff.STOPPED] * bool(instance.incidents)
        waiting += [job.element_id for job in instance.jobs] + [task.element_id for task in instance.user_tasks]
    return spiff.Outcome.of(completed, waiting)
