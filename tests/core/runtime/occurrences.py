"""Every event that something can wait for: its definition in the diagram, and how the world makes it occur."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from engine.testing import Engine, Instance
from tests.core.runtime.nodes import condition, timer

HOUR = timedelta(hours=1)
ROOTS = (
    '<bpmn:message id="m" name="paid"><bpmn:extensionElements><zeebe:subscription correlationKey="=&quot;k&quot;"/>'
    "</bpmn:extensionElements></bpmn:message>"
    '<bpmn:signal id="s" name="alarm"/><bpmn:error id="e" errorCode="E1"/><bpmn:escalation id="esc" escalationCode="X1"/>'
)
MESSAGE = '<bpmn:messageEventDefinition messageRef="m"/>'
SIGNAL = '<bpmn:signalEventDefinition signalRef="s"/>'
ERROR = '<bpmn:errorEventDefinition errorRef="e"/>'
ESCALATION = '<bpmn:escalationEventDefinition escalationRef="esc"/>'


def publishes(engine: Engine, _instance: Instance) -> None:
    engine.publish("paid", "k", {"brought": "by message"})


def broadcasts(engine: Engine, _instance: Instance) -> None:
    engine.broadcast("alarm", {"brought": "by signal"})


def waits(engine: Engine, _instance: Instance) -> None:
    engine.advance(HOUR)


def fails(engine: Engine, instance: Instance) -> None:
    engine.throw_error(instance, "E1", "work", variables={"brought": "by error"})


def escalates(engine: Engine, instance: Instance) -> None:
    engine.complete_job(instance, "work")


def changes(engine: Engine, instance: Instance) -> None:
    engine.set_variables(instance, {"level": 9})


def both(engine: Engine, instance: Instance) -> None:
    publishes(engine, instance)
    broadcasts(engine, instance)


@dataclass(frozen=True)
class Occurrence:
    """`attributes`: of the event that has the definition. `variables`: what the process has when it is over."""

    definition: str
    happens: Callable[[Engine, Instance], None]
    attributes: str = ""
    brought: str | None = None


OCCURRENCES = {
    "message": Occurrence(MESSAGE, publishes, brought="by message"),
    "signal": Occurrence(SIGNAL, broadcasts, brought="by signal"),
    "timer, date": Occurrence(timer("timeDate", "2030-01-01T11:00:00+01:00"), waits),
    "timer, duration": Occurrence(timer("timeDuration", "PT1H"), waits),
    "timer, cycle": Occurrence(timer("timeCycle", "R3/PT1H"), waits),
    "conditional": Occurrence(condition("level &gt; 5"), changes),
    "error": Occurrence(ERROR, fails, brought="by error"),
    "escalation": Occurrence(ESCALATION, escalates),
    "multiple": Occurrence(MESSAGE + SIGNAL, broadcasts, brought="by signal"),
    "parallel multiple": Occurrence(MESSAGE + SIGNAL, both, 'parallelMultiple="true"', brought="by signal"),
}
