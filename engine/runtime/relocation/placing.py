"""A token is put at an element by hand, at the start of an instance or by a modification. This module says where there is room for
it, and opens each scope between, once.

The rules for which scope is meant are Camunda 8's. From the process downward, the one active instance of each scope is used, and
where there is none, one is opened. With a named ancestor, that instance is used, and everything below it is opened anew. Whatever
is ambiguous or impossible is refused, before anything is changed: `plan` needs the model and the state alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from engine.bpmn.model import ElementType, FlowNode, ProcessModel
from engine.runtime.evaluating import shown
from engine.runtime.inputs import ActivateInstruction, TerminateInstruction
from engine.runtime.machine import Machine
from engine.runtime.relocation import places
from engine.runtime.state import ElementInstance, State
from engine.runtime.state.memory import Placement, ScopeMemory

Plan = list[tuple[ElementInstance, list[Placement]]]
"""A plan says for each scope that is active what is put into it."""


# --- planning --------------------------------------------------------------------------------------------------------------


def plan(
    model: ProcessModel,
    state: State,
    activate: Sequence[ActivateInstruction],
    terminate: Sequence[TerminateInstruction] = (),
) -> Plan:
    """Return what is to be put where, so that `put` does it. Raises PlaceError."""
    leaving = {each.element_instance for each in terminate}
    planner = _Planner(model, state, leaving)
    for each in activate:
        node = places.target(model, each.element_id)
        planner.place(node, ancestor=each.ancestor_scope, placement=_leaf(node, each))
    return planner.plan()


def plan_start(model: ProcessModel, before: Sequence[str]) -> list[Placement]:
    """Return what is put into the process when it starts before these elements, of which its none start event may be one. Raises
    PlaceError.
    """
    state = State.new(0)
    state.elements[state.key] = ElementInstance(state.key, model.id, ElementType.PROCESS, None)
    planner = _Planner(model, state, ())
    for element_id in before:
        node = model.nodes[element_id] if places.is_none_start(model, element_id) else places.target(model, element_id)
        planner.place(node, ancestor=None, placement={"n": node.id})
    return [each for _, placements in planner.plan() for each in placements]


def ancestor_of_move(model: ProcessModel, state: State, *, source: int, target: str) -> int | None:
    """Return the key of the scope in which a move from an element instance stays, where the scopes of the target run several
    times; None where there is nothing to choose.
    """
    node = model.nodes.get(target)
    if node is None or node.scope is None:
        return None
    around = {each.key for each in places.upward(state, state.elements[source])}
    scope, has_chosen = state.elements[state.key], False
    for level in places.path(model, node)[1:]:
        found = places.running(state, scope, level)
        own = [each for each in found if each.key in around]
        if len(found) > 1 and own:
            has_chosen = True
        if len(own or found) != 1:
            break
        scope = (own or found)[0]
    return scope.key if has_chosen else None


@dataclass(slots=True)
class _Scope:
    """A scope is an active one (`element`), or one that is to be opened."""

    node: FlowNode
    element: ElementInstance | None
    placements: list[Placement] = field(default_factory=list)
    opened: list[_Scope] = field(default_factory=list)


class _Planner:
    """A planner puts one token after the other, so that each finds the scopes that those before have opened."""

    def __init__(self, model: ProcessModel, state: State, leaving: Collection[int]) -> None:
        self._model = model
        self._state = state
        self._leaving = leaving
        self._active: dict[int, _Scope] = {}

    def plan(self) -> Plan:
        return [(each.element, each.placements) for each in self._active.values() if each.element and each.placements]

    def place(self, node: FlowNode, *, ancestor: int | None, placement: Placement) -> None:
        path = places.path(self._model, node)
        root = self._state.elements[self._state.key]
        known = [root] if ancestor is None else self._named(node, path, ancestor)
        for each in known:
            places.require_active(self._model, self._state, each)
        scope = self._scope(known[-1])
        for level in path[len(known) :]:
            scope = self._inside(scope, level, node, is_new=ancestor is not None)
        scope.placements.append(placement)

    def _named(self, node: FlowNode, path: list[FlowNode], key: int) -> list[ElementInstance]:
        """Return the instances of the scopes around `node` from the process down to the ancestor that was named."""
        ancestor = self._state.elements.get(key)
        if ancestor is None:
            raise places.PlaceError(
                f"Expected the key of an active element instance of this process instance as the ancestor of {shown(node)}, "
                f"found {key}."
            )
        if ancestor.node not in [each.id for each in path]:
            raise places.PlaceError(
                f"Expected an instance of one of the scopes of {shown(node)} as its ancestor "
                f"({places.listed(path)}), found {key} of {shown(self._model.nodes[ancestor.node])}."
            )
        if ancestor.is_body:
            raise places.PlaceError(
                f"Expected one instance of the multi-instance {shown(self._model.nodes[ancestor.node])} as the ancestor of "
                f"{shown(node)}, found {key}, which is its body. Name the element instance inside it."
            )
        return [each for each in reversed(list(places.upward(self._state, ancestor))) if not each.is_body]

    def _scope(self, element: ElementInstance) -> _Scope:
        for each in places.upward(self._state, element):
            if each.key in self._leaving:
                raise places.PlaceError(
                    f"Expected {shown(self._model.nodes[each.node])} ({each.key}) to stay, since an element is activated in "
                    "it; the same modification terminates it. Terminate what is in it, or name another ancestor."
                )
        known = self._active.get(element.key)
        if known is None:
            known = self._active[element.key] = _Scope(self._model.nodes[element.node], element)
        return known

    def _inside(self, scope: _Scope, level: FlowNode, target: FlowNode, *, is_new: bool) -> _Scope:
        """Return the instance of `level` that is in a scope; where there is none, or a new one is wanted, plan to open one."""
        if not is_new:
            opened = [each for each in scope.opened if each.node is level]
            running = [] if scope.element is None else places.running(self._state, scope.element, level)
            active = [each for each in running if places.why_closed(self._state, each) is None]
            if len(active) + len(opened) > 1:
                raise places.PlaceError(
                    f"Expected one active instance of {shown(level)} in which to activate {shown(target)}, found "
                    f"{len(active) + len(opened)}. Name one of them as the ancestor."
                )
            if opened or active:
                return opened[0] if opened else self._scope(active[0])
            for each in running:
                places.require_active(self._model, self._state, each)
        if level.loop is not None:
            raise places.PlaceError(
                f"Expected an active instance of the multi-instance {shown(level)} in which to activate {shown(target)}, found "
                f"{'none' if not is_new else 'an ancestor outside it'}. Activate '{level.id}' itself, or name the element "
                "instance of one of its instances as the ancestor."
            )
        new = _Scope(level, None)
        scope.opened.append(new)
        scope.placements.append({"n": level.id, "i": new.placements})
        return new


def _leaf(node: FlowNode, instruction: ActivateInstruction) -> Placement:
    if instruction.variables:
        return {"n": node.id, "v": dict(instruction.variables)}
    return {"n": node.id}


# --- putting ---------------------------------------------------------------------------------------------------------------


def put(m: Machine, scope: ElementInstance, placements: Iterable[Placement]) -> None:
    """Put tokens into an active scope. A scope that is opened for them begins as any other, with its inputs, listeners, boundary
    events and event sub-processes, and gets its own tokens when it has begun.
    """
    for each in placements:
        for name, value in each.get("v", {}).items():
            m.write_local(scope, name, value)
        if "i" in each:
            opened = m.create(m.nodes[each["n"]], scope)
            opened.memory_as(ScopeMemory).placed = each["i"]
            m.activate(opened)
        else:
            m.token(scope, each["n"])


def put_planned(m: Machine, scope: ElementInstance) -> bool:
    """Put what was planned for a scope that begins, and return whether anything was: it does not begin at its start then."""
    memory = scope.memory_as(ScopeMemory)
    if memory.bare:
        del memory.bare
        return True
    if memory.placed is None:
        return False
    placed = memory.placed
    del memory.placed
    put(m, scope, placed)
    m.drain(scope)
    return True
