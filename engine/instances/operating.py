"""Operators change a running instance by these commands.

The transaction of the change calls the command's `guard`; when it returns False, nothing is changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from engine import definitions, exact_json
from engine.actors import Actor
from engine.bpmn.model import ElementType, ProcessModel
from engine.errors import Conflict, InvalidArgument, NotFound
from engine.instances.lookup import instance_of_scope, require, require_running
from engine.models import InstanceState, ProcessInstance
from engine.runtime import State, inputs
from engine.runtime.relocation import places, placing
from engine.transition import advance
from engine.transition.advance import Guard


def cancel(key: int, *, by: Actor, reason: str = "", guard: Guard | None = None) -> None:
    """End a running instance with its children. Raises NotFound, and Conflict for a child: its parent waits for it."""
    by.require_operator("cancel process instances")
    _require_root(require(key))
    _give(key, inputs.Cancelled(reason), by=by, guard=guard)


def _require_root(instance: ProcessInstance) -> None:
    """Raise Conflict for an instance that a call activity waits for."""
    if instance.parent_key is not None and instance.parent_child_key is not None:
        raise Conflict(
            f"Expected a root process instance; {instance.key} was called by {instance.parent_key}. Cancel {instance.root_key}."
        )


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

    A move from an element inside a scope that runs several times, such as an instance of a multi-instance sub-process, stays in
    that scope. Raises InvalidArgument where an element cannot be activated (`relocation.placing` says where it can), and for what is
    to end and is not active; Conflict where a called instance would end.
    """
    by.require_operator("modify process instances")
    if not activate and not terminate and not moves:
        raise InvalidArgument("Expected at least one element to activate or to terminate.")
    instance = require(key)
    if any(each.element_instance == key for each in terminate):
        _require_root(instance)
    item = _with_moves(key, activate, terminate, moves)

    def check() -> bool:
        if guard is not None and not guard():
            return False
        model, state = _locked(key)
        _require_active(state, (each.element_instance for each in item.terminate))
        try:
            placing.plan(model, state, item.activate, item.terminate)
        except places.PlaceError as error:
            raise InvalidArgument(str(error)) from error
        return True

    _give(key, item, by=by, guard=check)


def _with_moves(
    key: int,
    activate: Sequence[inputs.ActivateInstruction],
    terminate: Sequence[inputs.TerminateInstruction],
    moves: Sequence[Move],
) -> inputs.Modified:
    """Return the instructions with the moves as what they are: something is activated and something ends. What has changed when
    the instance is locked is found by the check there.
    """
    if not moves:
        return inputs.Modified(tuple(activate), tuple(terminate))
    row = InstanceState.objects.filter(instance_id=key).first()
    if row is None or row.data is None:
        raise InvalidArgument(f"Expected an active instance of the element '{moves[0].source}', found none.")
    model, state = definitions.model_of(row.definition_key), State.from_json(row.data)
    activate, terminate = list(activate), list(terminate)
    for move in moves:
        for active in _active_of(state, move.source):
            ancestor = placing.ancestor_of_move(model, state, source=active, target=move.target)
            activate.append(inputs.ActivateInstruction(move.target, ancestor, move.variables))
            terminate.append(inputs.TerminateInstruction(active))
    return inputs.Modified(tuple(activate), tuple(terminate))


def _active_of(state: State, element_id: str) -> list[int]:
    """Return the keys of the active instances of an element; of a multi-instance activity that of its body, with which they all
    end. Raises InvalidArgument when there are none.
    """
    found = [
        each.key
        for each in state.elements.values()
        if each.node == element_id and (each.scope is None or not state.elements[each.scope].is_body)
    ]
    if not found:
        raise InvalidArgument(f"Expected an active instance of the element '{element_id}', found none.")
    return found


def _require_active(state: State, keys: Iterable[int]) -> None:
    for key in keys:
        if key not in state.elements:
            raise InvalidArgument(
                f"Expected the key of an active element instance of process instance {state.key} to terminate, found {key}."
            )


def _locked(key: int) -> tuple[ProcessModel, State]:
    """Return the model and the state of an instance that this transaction has locked. Raises Conflict when nothing is active."""
    row = InstanceState.objects.filter(instance_id=key).first()
    state = None if row is None or row.data is None else State.from_json(row.data)
    if row is None or state is None or not state.elements:
        raise Conflict(f"Expected process instance {key} to have begun and not to have ended.")
    return definitions.model_of(row.definition_key), state


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
        model, state = _locked(key)
        active = state.elements.get(scope)
        if active is None or active.type is not ElementType.AD_HOC_SUB_PROCESS:
            raise NotFound(f"Expected an active ad-hoc sub-process with the key {scope}, found none.")
        try:
            places.check_ad_hoc(model, state, active, [each.element_id for each in elements])
        except places.PlaceError as error:
            raise InvalidArgument(str(error)) from error
        return True

    require_running(key)
    item = inputs.AdHocActivated(scope, tuple(elements), cancel_remaining)
    advance.order(key, item, by=by.username, guard=guard)


def _give(key: int, item: inputs.Input, *, by: Actor, guard: Guard | None = None) -> None:
    """Give an operator's input to the instance, which takes it up even while it is suspended."""
    require_running(key)
    advance.order(key, item, by=by.username, guard=guard)
