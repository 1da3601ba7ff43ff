"""By a migration a running instance goes on by another diagram. What is active keeps its place under its new name. What it waits
for is then what the target says (Camunda 8): kept where it was mapped, opened where it is new, withdrawn where it is gone.
"""

from __future__ import annotations

from collections.abc import Callable

from engine.bpmn.model import (
    SCOPE_TYPES,
    ConditionalEvent,
    ElementType,
    EventDefinition,
    FlowNode,
    MessageEvent,
    SignalEvent,
    TimerEvent,
)
from engine.runtime import history, inputs
from engine.runtime.elements import events
from engine.runtime.evaluating import Trouble
from engine.runtime.machine import Machine
from engine.runtime.relocation import places
from engine.runtime.state import ElementInstance, OpenKind
from engine.runtime.state.memory import AdHocMemory, CompensationMemory, Placement, Record, ScopeMemory

_KINDS: dict[type[EventDefinition], OpenKind] = {
    MessageEvent: OpenKind.MESSAGE,
    SignalEvent: OpenKind.SIGNAL,
    TimerEvent: OpenKind.TIMER,
    ConditionalEvent: OpenKind.CONDITION,
}
_AWAITED = frozenset(_KINDS.values())
_WAITING_TYPES = frozenset({ElementType.INTERMEDIATE_CATCH_EVENT, ElementType.RECEIVE_TASK})
Rename = Callable[[str], str]


def migrate(m: Machine, item: inputs.Migrated) -> None:
    """Rename what is active to the target's ids; the model of this step is the target. The shell has checked that every active
    element has a target of its own type in the corresponding scope.
    """

    def renamed(name: str) -> str:
        return item.mapping.get(name, name)

    for element in m.state.elements.values():
        before = element.node
        element.node = m.model.id if element.type is ElementType.PROCESS else renamed(before)
        _rename_memory(m, element, renamed)
        m.facts.append(history.ElementMigrated(element.key, element.node))
    for opened in m.state.open.values():
        opened.node = renamed(opened.node) if opened.node else ""
        if opened.kind is OpenKind.INCIDENT and isinstance(opened.data, list):
            opened.data = [[key, renamed(node) if node else "", rest] for key, node, rest in opened.data]
    m.state.joins = dict.fromkeys((scope, renamed(place)) for scope, place in m.state.joins)
    targets = frozenset(item.mapping.values())
    for element in list(m.state.elements.values()):
        try:
            _renew_subscriptions(m, element, targets)
        except Trouble as trouble:
            m.incident(element, trouble.type, trouble.message, retry=None)


# --- names ---------------------------------------------------------------------------------------------------------------


def _rename_memory(m: Machine, element: ElementInstance, renamed: Rename) -> None:
    """Rename what an element instance remembers of other elements."""
    memory = element.memory
    if memory.got is not None:
        memory.got = {renamed(node): got for node, got in memory.got.items()}
    if isinstance(memory, CompensationMemory):
        if memory.records is not None:
            memory.records = _records(m, memory.records, renamed)
        if memory.undo is not None:
            memory.undo = _records(m, memory.undo, renamed)
    if isinstance(memory, ScopeMemory):
        _rename_gateways(m, memory, renamed)
        if memory.placed is not None:
            memory.placed = _placed(memory.placed, renamed)
    if isinstance(memory, AdHocMemory) and memory.todo is not None:
        memory.todo = [[renamed(name), given] for name, given in memory.todo if renamed(name) in m.nodes]


def _rename_gateways(m: Machine, memory: ScopeMemory, renamed: Rename) -> None:
    if memory.joins is not None:
        memory.joins = {
            m.nodes[renamed(place)].id: _flows_of(m.nodes[renamed(place)], flows)
            for place, flows in memory.joins.items()
        }
    if memory.complex is not None:
        memory.complex = {
            renamed(place): list(_flows_of(m.nodes[renamed(place)], dict.fromkeys(flows, 1)))
            for place, flows in memory.complex.items()
        }


def _flows_of(gateway: FlowNode, flows: dict[str, int]) -> dict[str, int]:
    """Put tokens that wait on flows on the flow of the same id, else on that of the same place among the incoming ones."""
    known = [each.id for each in gateway.incoming]
    kept: dict[str, int] = {}
    for index, (flow, count) in enumerate(flows.items()):
        name = flow if flow in known else known[min(index, len(known) - 1)]
        kept[name] = kept.get(name, 0) + count
    return kept


def _placed(placements: list[Placement], renamed: Rename) -> list[Placement]:
    """Rename what is put into a scope when it has begun."""
    found: list[Placement] = []
    for each in placements:
        new: Placement = {**each, "n": renamed(each["n"])}
        if "i" in each:
            new["i"] = _placed(each["i"], renamed)
        found.append(new)
    return found


def _records(m: Machine, records: list[Record], renamed: Rename) -> list[Record]:
    """Keep what can be undone, by the handlers of the target. What has none there cannot be undone any more."""
    kept: list[Record] = []
    for record in records:
        node = m.nodes.get(renamed(record["n"]))
        if node is None:
            continue
        inside = _records(m, record["r"], renamed)
        handler = None if record["h"] is None else node.compensation_handler
        if handler is not None or inside or record["h"] is None:
            kept.append({**record, "n": node.id, "h": handler, "r": inside})
    return kept


# --- subscriptions ---------------------------------------------------------------------------------------------------------


def _renew_subscriptions(m: Machine, element: ElementInstance, targets: frozenset[str]) -> None:
    """Renew what an element instance waits for. A target that the mapping names keeps what is left of its subscriptions (a timer
    that has fired does not begin anew); one that it does not name is new, unless it was waited for under the same id.
    """
    awaited = {node.id: node for node in _awaited_nodes(m, element)}
    kept: set[tuple[str, int]] = set()
    gone: set[tuple[str, int]] = set()
    for key in list(element.open):
        opened = m.state.open[key]
        if opened.kind not in _AWAITED:
            continue
        place = (opened.node, opened.event)
        if opened.node == element.node and element.type is ElementType.AD_HOC_SUB_PROCESS:
            m.close(key)
            m.drain(element)  # it rests on, or ends, by the condition of the target
        elif opened.node in awaited and _kind_at(awaited[opened.node], opened.event) == opened.kind:
            kept.add(place)
        else:
            gone.add(place)
            m.withdraw_one(key)
    for node in awaited.values():
        occurred = (element.memory.got or {}).get(node.id, [()])[0]
        for index in range(max(len(node.events), 1)):
            place = (node.id, index)
            is_new = node.id not in targets or place in gone
            if place not in kept and is_new and index not in occurred and _kind_at(node, index) is not None:
                _open(m, element, node, index)


def _open(m: Machine, element: ElementInstance, node: FlowNode, index: int) -> None:
    if node.events:
        events.subscribe_one(m, element, node, index, node.events[index])
    elif node.message is not None:
        events.subscribe_message(m, element, node, node.message)


def _kind_at(node: FlowNode, index: int) -> OpenKind | None:
    if index < len(node.events):
        return _KINDS.get(type(node.events[index]))
    return OpenKind.MESSAGE if node.message is not None and index == 0 else None


def _awaited_nodes(m: Machine, element: ElementInstance) -> list[FlowNode]:
    """Return the events for which the element instance waits by the target: boundary events, event sub-processes, or the element
    itself.
    """
    if element.memory.is_leaving or not places.has_begun(m.state, element):
        return []
    node = m.node_of(element)
    found: list[str] = []
    if element.scope is not None and (element.is_body or not m.scope_of(element).is_body):
        found += node.boundary_events
    if element.type in SCOPE_TYPES and not _is_ending(m, element):
        found += [start for child in node.event_sub_processes for start in m.nodes[child].start_events]
    waits = any(m.state.open[key].kind in _AWAITED for key in element.open)
    if waits and element.type is ElementType.EVENT_BASED_GATEWAY:
        found += [flow.target for flow in node.outgoing]
    elif waits and element.type in _WAITING_TYPES:
        found.append(node.id)
    return [m.nodes[each] for each in found]


def _is_ending(m: Machine, scope: ElementInstance) -> bool:
    """Return whether its end listeners run, or an interrupting event sub-process does: no other begins there any more."""
    if any(m.state.open[key].kind is OpenKind.LISTENER for key in scope.open):
        return True
    running = [m.node_of(m.state.elements[kid]) for kid in scope.kids]
    return any(
        node.type is ElementType.EVENT_SUB_PROCESS and all(m.nodes[start].interrupting for start in node.start_events)
        for node in running
    )
