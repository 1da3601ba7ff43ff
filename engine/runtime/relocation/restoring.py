"""An instance goes back to a point of a journal: the state of then comes back under new keys, and what was open then is opened
anew.

Keys are new because the old ones are used: a job that was completed since is another job when it is done again, and answers to the
old one come too late. The instance keeps its own key, and so does its process scope.
"""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

from engine.runtime import codec, effects, history, inputs, keys
from engine.runtime.machine import Machine
from engine.runtime.state import ElementInstance, Opened, OpenKind, State
from engine.runtime.state.memory import TaskChange, UserTaskMemory


def restore(m: Machine, item: inputs.Restored) -> None:
    """End what is active and bring back the elements, variables, tokens and open effects of the point.

    A child instance is called again from its start. A job that stood in an incident is opened without it, to be tried afresh.
    """
    gone = _end_all(m)
    then = State.from_json(copy.deepcopy(dict(item.state)))  # the journal is to keep it as it was given
    asked = [codec.effect_from_json(each) for each in item.effects]
    with_job = {each.key for each in asked if isinstance(each, effects.RaiseIncident) and each.job is not None}
    new = {then.key: m.state.key}
    for element in then.elements.values():
        if element.key not in new:
            new[element.key] = m.state.next_key()
        if (change := _task_change(element)) is not None:  # of a user task whose listeners run; it may not be open yet
            new.setdefault(change["key"], m.state.next_key())
    _bring_back_elements(m, then, new)
    for name in gone:
        if name not in (m.root.variables or {}):
            m.facts.append(history.VariableWritten(m.state.key, name, None))
    for key, opened in then.open.items():
        if key not in with_job:
            new.setdefault(key, m.state.next_key())
            _bring_back_open(m, new[key], opened, new)
    for scope, gateway in then.joins:
        m.state.joins[(new[scope], gateway)] = None
    for effect in asked:
        if isinstance(effect, effects.Opening) and effect.key in new:
            m.effects.append(_renamed(effect, new))
            if isinstance(effect, effects.RaiseIncident):
                raised = history.IncidentRaised(
                    new[effect.key], new[effect.element_instance], effect.element_id, effect.type.value, effect.message
                )
                m.facts.append(raised)


def _end_all(m: Machine) -> list[str]:
    """End everything that is active. Returns the names of the variables that the process had."""
    root = m.state.elements.get(m.state.key)
    if root is None:
        return []
    names = list(root.variables or {})
    m.terminate(root)
    m.queue.clear()
    m.state.joins.clear()
    return names


def _bring_back_elements(m: Machine, then: State, new: dict[int, int]) -> None:
    for was in then.elements.values():
        scope = None if was.scope is None else new[was.scope]
        element = ElementInstance(new[was.key], was.node, was.type, scope)
        element.variables = was.variables
        element.memory = was.memory
        element.tokens = was.tokens
        if element.memory.undoes_for is not None:  # the thrower may be gone already
            element.memory.undoes_for = new.get(element.memory.undoes_for, 0)
        if (change := _task_change(element)) is not None:
            change["key"] = new[change["key"]]
        m.state.elements[element.key] = element
        if scope is not None:
            m.state.elements[scope].kids[element.key] = None
        m.facts.append(history.ElementActivated(element.key, element.node, element.type, scope))
        for name, value in (element.variables or {}).items():
            m.facts.append(history.VariableWritten(element.key, name, value))


def _task_change(element: ElementInstance) -> TaskChange | None:
    memory = element.memory_if(UserTaskMemory)
    return None if memory is None else memory.task


def _bring_back_open(m: Machine, key: int, was: Opened, new: dict[int, int]) -> None:
    data = was.data
    if was.kind is OpenKind.CHILD:
        data = None  # the instance that answers is yet to be started
    elif was.kind is OpenKind.INCIDENT and isinstance(data, list):
        data = [[new.get(moving, moving), node, rest] for moving, node, rest in data]
    m.open(m.state.elements[new[was.element]], was.kind, node=was.node, event=was.event, data=data, key=key)


def _renamed(effect: Any, new: dict[int, int]) -> Any:
    if isinstance(effect, effects.OpenJob) and effect.user_task:
        effect = replace(effect, user_task={**effect.user_task, "key": new[effect.user_task["key"]]})
    return keys.renamed(effect, new.__getitem__)
