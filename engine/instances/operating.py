"""Operators change a running instance by these commands.

The transaction of the change calls the command's `guard`; when it returns False, nothing is changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from engine import definitions, exact_json
from engine.actors import Actor
from engine.errors import Conflict, InvalidArgument, NotFound
from engine.instances.lookup import instance_of_scope, require, require_running
from engine.models import InstanceState
from engine.runtime import State, inputs
from engine.transition import advance
from engine.transition.advance import Guard


def cancel(key: int, *, by: Actor, reason: str = "", guard: Guard | None = None) -> None:
    """End a running instance with its children. Raises NotFound, and Conflict for a child: its parent waits for it."""
    by.require_operator("cancel process instances")
    instance = require(key)
    if instance.parent_key is not None and instance.parent_child_key is not None:
        raise Conflict(
            f"Expected a root process instance; {key} was called by {instance.parent_key}. Cancel {instance.root_key}."
        )
    _give(key, inputs.Cancelled(reason), by=by, guard=guard)


def set_variables(scope: int, variables: Mapping[str, Any], *, by: Actor, local: bool = False) -> None:
    """Write variables into the scope of an element instance, or of the process (whose scope is the instance's key)."""
    by.require_operator("set variables")
    given = exact_json.checked_variables(variables)
    _give(instance_of_scope(scope), inputs.VariablesSet(scope, given, local), by=by)


@dataclass(frozen=True, slots=True)
class Move:
    """A move ends every active instance of the element `source` and activates each `target` with `variables` in its place."""

    source: str
    target: str
    variables: Mapping[str, Any] = field(default_factory=dict)


def modify(
    key: int,
    *,
    activate: Sequence[inputs.ActivateInstruction] = (),
    terminate: Sequence[inputs.TerminateInstruction] = (),
    moves: Sequence[Move] = (),
    by: Actor,
    guard: Guard | None = None,
) -> None:
    """Activate elements, terminate element instances, and move from elements to others, all in one step.

    Raises InvalidArgument for an element that the process does not have, and for a move from one that is not active.
    """
    by.require_operator("modify process instances")
    if not activate and not terminate and not moves:
        raise InvalidArgument("Expected at least one element to activate or to terminate.")
    model = definitions.model_of(require(key).definition_id)
    moved = [(move, active) for move in moves for active in _active_of(key, move.source)]
    activate = [*activate, *(inputs.ActivateInstruction(move.target, None, move.variables) for move, _ in moved)]
    terminate = [*terminate, *(inputs.TerminateInstruction(active) for _, active in moved)]
    for instruction in activate:
        if instruction.element_id not in model.nodes:
            raise InvalidArgument(f"Expected an element of process '{model.id}', found '{instruction.element_id}'.")
    _give(key, inputs.Modified(tuple(activate), tuple(terminate)), by=by, guard=guard)


def _active_of(key: int, element_id: str) -> list[int]:
    """Return the keys of the active instances of an element. Raises InvalidArgument when there are none."""
    row = InstanceState.objects.filter(instance_id=key).first()
    elements = {} if row is None or row.data is None else State.from_json(row.data).elements
    found = [each.key for each in elements.values() if each.node == element_id]
    if not found:
        raise InvalidArgument(f"Expected an active instance of the element '{element_id}', found none.")
    return found


def activate_in_ad_hoc(
    scope: int, elements: Sequence[inputs.ActivateInstruction], *, cancel_remaining: bool = False, by: Actor
) -> None:
    """Activate elements of the active ad-hoc sub-process `scope`. Raises NotFound where it is none, InvalidArgument for elements
    that it does not contain or to which a flow leads.
    """
    by.require_operator("activate elements of ad-hoc sub-processes")
    if not elements:
        raise InvalidArgument("Expected at least one element to activate.")
    key = instance_of_scope(scope)
    elements = [replace(each, variables=exact_json.checked_variables(each.variables)) for each in elements]

    def guard() -> bool:
        row = InstanceState.objects.get(instance_id=key)
        model = definitions.model_of(row.definition_key)
        active = State.from_json(row.data).elements.get(scope) if row.data else None
        node = None if active is None else model.nodes[active.node]
        if node is None or node.ad_hoc is None:
            raise NotFound(f"Expected an active ad-hoc sub-process with the key {scope}, found none.")
        for each in elements:
            if each.element_id not in node.children or model.nodes[each.element_id].incoming:
                raise InvalidArgument(
                    f"Expected elements of ad-hoc sub-process '{node.id}' that no flow leads to, found '{each.element_id}'."
                )
        return True

    require_running(key)
    item = inputs.AdHocActivated(scope, tuple(elements), cancel_remaining)
    advance.order(key, item, by=by.username, guard=guard)


def _give(key: int, item: inputs.Input, *, by: Actor, guard: Guard | None = None) -> None:
    """Give an operator's input to the instance, which takes it up even while it is suspended."""
    require_running(key)
    advance.order(key, item, by=by.username, guard=guard)
