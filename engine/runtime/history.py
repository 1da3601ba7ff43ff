"""A fact is something that a step did. The journal keeps the facts in order, and every page about an instance is made from them.

They are tuples, because a step makes many. `element_instance` and `scope` are keys; `element_id` is the id in the diagram.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from engine.bpmn.model import ElementType
from engine.runtime.keys import Key


class ElementActivated(NamedTuple):
    """An element instance was entered. `scope` is the key of the enclosing element instance; None only for the process."""

    element_instance: Key
    element_id: str
    type: ElementType
    scope: Key | None


class ElementCompleted(NamedTuple):
    element_instance: Key
    element_id: str


class ElementTerminated(NamedTuple):
    element_instance: Key
    element_id: str


class ElementMigrated(NamedTuple):
    """An active element instance goes on as this element of the target of a migration."""

    element_instance: Key
    element_id: str


class FlowTaken(NamedTuple):
    """A token moved along a sequence flow. `scope` is the element instance in which the flow lies."""

    flow_id: str
    scope: Key


class VariableWritten(NamedTuple):
    scope: Key
    name: str
    value: Any


class IncidentRaised(NamedTuple):
    incident: Key
    element_instance: Key
    element_id: str
    type: str
    message: str


class IncidentClosed(NamedTuple):
    incident: Key
    element_instance: Key
    element_id: str


class ErrorThrown(NamedTuple):
    """`caught_by` is the id of the catching event, None when nothing catches it."""

    element_instance: Key
    element_id: str
    code: str
    caught_by: str | None


class Escalated(NamedTuple):
    element_instance: Key
    element_id: str
    code: str
    caught_by: str | None


class Compensated(NamedTuple):
    """The compensation handler of `element_id` was started as `element_instance`."""

    element_instance: Key
    element_id: str


class InputIgnored(NamedTuple):
    """An input was late or a duplicate: what it answers is no longer open."""

    input: str
    key: Key | None
    reason: str


class WarningRecorded(NamedTuple):
    """An expression gave null where a value was expected, and the standard says to go on."""

    element_instance: Key
    element_id: str
    message: str


Fact = (
    ElementActivated
    | ElementCompleted
    | ElementTerminated
    | ElementMigrated
    | FlowTaken
    | VariableWritten
    | IncidentRaised
    | IncidentClosed
    | ErrorThrown
    | Escalated
    | Compensated
    | InputIgnored
    | WarningRecorded
)
