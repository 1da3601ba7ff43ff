"""The extensions of an element are said here in words that belong to no dialect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace

from engine.bpmn.expressions import Expression
from engine.bpmn.model import (
    CalledDecision,
    CalledElement,
    DataItem,
    FormReference,
    JobDefinition,
    Listener,
    ScriptDefinition,
    VariableMapping,
)


@dataclass(frozen=True, slots=True)
class LoopData:
    """A dialect says this about the data of a multi-instance activity."""

    collection: Expression | None = None
    element_variable: str | None = None
    output_collection: str | None = None
    output_element: Expression | None = None


@dataclass(frozen=True, slots=True)
class Extensions:
    """All fields are None or empty when the element's extensions do not speak of them."""

    job: JobDefinition | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    retries: Expression | None = None
    backoff: Expression | None = None
    job_priority: Expression | None = None
    inputs: tuple[VariableMapping, ...] = ()
    outputs: tuple[VariableMapping, ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)
    assignee: Expression | None = None
    candidate_users: Expression | None = None
    candidate_groups: Expression | None = None
    due_date: Expression | None = None
    follow_up_date: Expression | None = None
    priority: Expression | None = None
    form: FormReference | None = None
    call: CalledElement | None = None
    decision: CalledDecision | None = None
    script: ScriptDefinition | None = None
    result_variable: str | None = None
    loop: LoopData | None = None
    correlation_key: Expression | None = None
    version_tag: str | None = None
    listeners: tuple[Listener, ...] = ()
    active_elements: Expression | None = None
    code_variable: str | None = None
    message_variable: str | None = None
    data_items: tuple[DataItem, ...] = ()

    def merged(self, other: Extensions) -> Extensions:
        """Join both; where both speak of one thing, `self` is heard."""
        if self is NONE or self == NONE:
            return other
        return replace(
            self, **{item.name: getattr(other, item.name) for item in fields(self) if not getattr(self, item.name)}
        )


NONE = Extensions()
