"""A place is where a token may be put by hand: an element that can begin by itself, in a scope that is active."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.bpmn.model import ElementType, FlowNode, ProcessModel
from engine.runtime.evaluating import shown
from engine.runtime.stages import Stage
from engine.runtime.state import ElementInstance, OpenKind, State
from engine.runtime.state.memory import ProcessMemory


class PlaceError(ValueError):
    """There is no room for the token; the message says what was expected."""


# --- elements --------------------------------------------------------------------------------------------------------------


def check_ad_hoc(model: ProcessModel, state: State, scope: ElementInstance, element_ids: Iterable[str]) -> None:
    """Raise PlaceError unless these elements can be activated in the ad-hoc sub-process: they are its own, and no flow leads to
    them.
    """
    node = model.nodes[scope.node]
    require_active(model, state, scope)
    for element_id in element_ids:
        if element_id not in node.children or model.nodes[element_id].incoming:
            raise PlaceError(
                f"Expected elements of ad-hoc sub-process '{node.id}' that no flow leads to, found '{element_id}'."
            )
        target(model, element_id)


def is_none_start(model: ProcessModel, element_id: str) -> bool:
    """Return whether it is the start event of the process itself at which an instance starts without an event."""
    return element_id in model.root.start_events and not model.nodes[element_id].events


def target(model: ProcessModel, element_id: str) -> FlowNode:
    """Return the node at which a token can be put by hand. Raises PlaceError."""
    node = model.nodes.get(element_id)
    if node is None:
        found = "a sequence flow" if element_id in model.flows else "no element of it"
        raise PlaceError(f"Expected an element of process '{model.id}', found '{element_id}', which is {found}.")
    if node.scope is None:
        raise PlaceError(f"Expected an element inside process '{model.id}', found the process itself.")
    if node.type is ElementType.BOUNDARY_EVENT:
        raise PlaceError(
            f"Expected an element that can be activated by itself, found the boundary event '{node.id}'. Activate what follows it."
        )
    if node.type is ElementType.START_EVENT:
        raise PlaceError(
            f"Expected an element that can be activated by itself, found the start event '{node.id}'. Activate what follows it, "
            f"or {shown(model.nodes[node.scope])} itself."
        )
    for flow in node.incoming:
        if model.nodes[flow.source].type is ElementType.EVENT_BASED_GATEWAY:
            raise PlaceError(
                f"Expected an element that can be activated by itself, found '{node.id}' after an event-based gateway. Activate "
                f"the gateway '{flow.source}'."
            )
    return node


# --- scopes ----------------------------------------------------------------------------------------------------------------


def path(model: ProcessModel, node: FlowNode) -> list[FlowNode]:
    """Return the scopes around a node, from the process inward."""
    path: list[FlowNode] = []
    while node.scope is not None:
        node = model.nodes[node.scope]
        path.append(node)
    path.reverse()
    return path


def upward(state: State, element: ElementInstance) -> Iterator[ElementInstance]:
    """Yield the element instance and those around it, the innermost first."""
    yield element
    while element.scope is not None:
        element = state.elements[element.scope]
        yield element


def running(state: State, scope: ElementInstance, level: FlowNode) -> list[ElementInstance]:
    """Return the instances of a node directly in a scope, those of a multi-instance activity instead of its body."""
    found: list[ElementInstance] = []
    for kid in (state.elements[key] for key in scope.kids):
        if kid.node == level.id and kid.is_body:
            found += [state.elements[key] for key in kid.kids]
        elif kid.node == level.id:
            found.append(kid)
    return found


def require_active(model: ProcessModel, state: State, element: ElementInstance) -> None:
    reason = why_closed(state, element)
    if reason is not None:
        raise PlaceError(
            f"Expected {shown(model.nodes[element.node])} ({element.key}) to be active, since an element is activated in it; {reason}"
        )


def why_closed(state: State, scope: ElementInstance) -> str | None:
    """Return why nothing can be put into a scope, None where it can."""
    if not has_begun(state, scope):
        return "it has not begun. Complete its start listeners or resolve its incident first."
    is_ending = isinstance(scope.memory, ProcessMemory) and scope.memory.ending is not None
    if is_ending or any(state.open[key].kind is OpenKind.LISTENER for key in scope.open):
        return "it is about to end."
    return "what is in it is being undone." if scope.memory.is_leaving else None


def has_begun(state: State, element: ElementInstance) -> bool:
    """Return whether its start listeners are done and its inputs are mapped."""
    for opened in (state.open[key] for key in element.open):
        if (opened.kind, opened.data) in ((OpenKind.LISTENER, "start"), (OpenKind.INCIDENT, Stage.ACTIVATE)):
            return False
    return True


def listed(path: list[FlowNode]) -> str:
    return ", ".join(f"'{each.id}'" for each in path)
