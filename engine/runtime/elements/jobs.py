"""Jobs are the work that elements and their listeners ask of handlers and workers outside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.bpmn.model import JobDefinition, Listener
from engine.runtime import effects
from engine.runtime.effects import JobKind
from engine.runtime.elements.definition_values import integer, seconds
from engine.runtime.machine import Machine
from engine.runtime.state import ElementInstance, OpenKind

OPENED = {
    JobKind.BPMN_ELEMENT: OpenKind.JOB,
    JobKind.EXECUTION_LISTENER: OpenKind.LISTENER,
    JobKind.TASK_LISTENER: OpenKind.TASK_LISTENER,
}
"""The kind under which the state keeps an open job of each kind."""

_OF_THE_ELEMENT = JobKind.BPMN_ELEMENT


def open_job(
    m: Machine,
    element: ElementInstance,
    job: JobDefinition,
    *,
    listener: Listener | None = None,
    user_task: Mapping[str, Any] | None = None,
) -> None:
    """Open a job of the element itself, or of a listener of it: a task listener is told what it is to know of its user task."""
    kind = _OF_THE_ELEMENT
    if listener is not None:
        kind = JobKind.EXECUTION_LISTENER if user_task is None else JobKind.TASK_LISTENER
    effect = effects.OpenJob(
        key=m.state.next_key(),
        element_instance=element.key,
        element_id=element.node,
        type=m.text(job.type, element, "the job type"),
        retries=integer(m, job.retries, element, "the retries"),
        headers=dict(job.headers),
        priority=integer(m, job.priority, element, "the priority"),
        backoff=seconds(m, job.backoff, element, "the back-off"),
        timeout=next(iter(seconds(m, job.timeout, element, "the time-out")), None),
        kind=kind,
        listener_event=None if listener is None else listener.event,
        user_task=user_task or {},
    )
    m.open(element, OPENED[kind], key=effect.key, data=None if listener is None else listener.event)
    m.effects.append(effect)
