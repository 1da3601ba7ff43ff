"""One table says what each element type does when it is entered; around it is the life of every element instance.

activate (data, input mappings, start listeners) -> execute (boundary events, its processor) -> complete (end listeners) ->
finish (output mappings, outgoing flows). A Trouble in a stage becomes an incident, and resolving it runs the stage again.
"""

from __future__ import annotations

from collections.abc import Callable

from engine.bpmn.model import DataAssociation, ElementType, FlowNode, MultiInstance, SequenceFlow, StandardLoop
from engine.runtime import history, instantiation
from engine.runtime.elements import (
    activities,
    compensation,
    events,
    gateways,
    jobs,
    multi_instance,
    subprocesses,
    throwing,
    user_tasks,
)
from engine.runtime.evaluating import Trouble
from engine.runtime.machine import Machine
from engine.runtime.stages import Stage
from engine.runtime.state import ElementInstance, OpenKind, VisibleVariables
from engine.runtime.state.memory import ScopeMemory

Processor = Callable[[Machine, ElementInstance], None]


def pass_through(m: Machine, element: ElementInstance) -> None:
    m.complete(element)


PROCESSORS: dict[ElementType, Processor] = {
    ElementType.PROCESS: instantiation.begin,
    ElementType.SUB_PROCESS: subprocesses.begin,
    ElementType.TRANSACTION: subprocesses.begin,
    ElementType.EVENT_SUB_PROCESS: subprocesses.begin_event_sub_process,
    ElementType.AD_HOC_SUB_PROCESS: subprocesses.begin_ad_hoc,
    ElementType.CALL_ACTIVITY: activities.call,
    ElementType.TASK: activities.perform,
    ElementType.MANUAL_TASK: pass_through,
    ElementType.USER_TASK: user_tasks.offer,
    ElementType.SERVICE_TASK: activities.perform,
    ElementType.BUSINESS_RULE_TASK: activities.perform,
    ElementType.SEND_TASK: activities.perform,
    ElementType.SCRIPT_TASK: activities.run_script,
    ElementType.RECEIVE_TASK: activities.wait_for_message,
    ElementType.START_EVENT: pass_through,
    ElementType.BOUNDARY_EVENT: pass_through,
    ElementType.INTERMEDIATE_CATCH_EVENT: activities.wait_for_event,
    ElementType.INTERMEDIATE_THROW_EVENT: throwing.throw_all,
    ElementType.END_EVENT: throwing.throw_all,
    # gateways pass on here; `gateways.arrive` and `settle` say when the joining ones have enough tokens, `chosen_flows` where they go
    ElementType.EXCLUSIVE_GATEWAY: gateways.pass_on,
    ElementType.INCLUSIVE_GATEWAY: gateways.pass_on,
    ElementType.PARALLEL_GATEWAY: gateways.pass_on,
    ElementType.COMPLEX_GATEWAY: gateways.pass_on,
    ElementType.EVENT_BASED_GATEWAY: gateways.wait_for_first,
    ElementType.MULTI_INSTANCE_BODY: multi_instance.begin,
}

_ACTIVATE, _AD_HOC = Stage.ACTIVATE, ElementType.AD_HOC_SUB_PROCESS
"""They have names of their own, since each element comes to them, and to look up a member of an enumeration is slow."""
GATEWAYS = frozenset(type_ for type_ in ElementType if type_.value.endswith("_GATEWAY"))


def arrive(m: Machine, scope: ElementInstance, node: FlowNode, flow_id: str) -> None:
    """Let a token arrive at a node: it waits there for others, or the node is entered."""
    if flow_id and gateways.waits_for_tokens(node):
        if not gateways.arrive(m, scope, node, flow_id):
            return
    elif node.start_quantity > 1 and flow_id and not _enough(m, scope, node, flow_id):
        return
    scope.tokens -= 1
    looped = isinstance(node.loop, MultiInstance | StandardLoop)
    element = m.create(node, scope, type_=ElementType.MULTI_INSTANCE_BODY if looped else None)
    run(m, element, _ACTIVATE)


def _enough(m: Machine, scope: ElementInstance, node: FlowNode, flow_id: str) -> bool:
    """Return whether startQuantity tokens are there (13.2.1); they are merged into one then."""
    waiting = scope.memory_as(ScopeMemory).put_token(node.id, flow_id)
    if sum(waiting.values()) < node.start_quantity:
        return False
    gateways.consume(m, scope, node, [flow for flow, count in list(waiting.items()) for _ in range(count)])
    return True


def run(m: Machine, element: ElementInstance, stage: Stage) -> None:
    """Run a stage; a Trouble becomes an incident."""
    try:
        STAGES[stage](m, element)
    except Trouble as trouble:
        if element.key not in m.state.elements:  # what it threw has gone wrong at its catcher, and it is gone
            m.incident(m.root, trouble.type, trouble.message, retry=None)
            return
        if stage in (Stage.ACTIVATE, Stage.EXECUTE):
            m.withdraw(element)
            stage = Stage.ACTIVATE
        m.incident(element, trouble.type, trouble.message, retry=stage)


# --- stages ----------------------------------------------------------------------------------------------------------------


def _activate(m: Machine, element: ElementInstance) -> None:
    node = m.node_of(element)
    if not element.is_body:
        for item in node.data_items:
            if item.name not in (element.variables or {}):
                initial = None if item.initial is None else m.value(item.initial, element, f"the data '{item.name}'")
                m.write_local(element, item.name, initial)
        for association in node.data_inputs:
            _associate(m, association, element, element, local=True)
        m.map_variables(node.inputs, element, element, local=True)
        if _listen(m, element, node, "start"):
            return
    _execute(m, element)


def _execute(m: Machine, element: ElementInstance) -> None:
    node = m.node_of(element)
    if node.boundary_events and (element.is_body or not m.scope_of(element).is_body):
        events.subscribe_boundary_events(m, element, node)
    PROCESSORS[element.type](m, element)


def _complete(m: Machine, element: ElementInstance) -> None:
    memory = element.memory
    if memory.completing:
        del memory.completing
    if element.is_body or memory.undoing or not _listen(m, element, m.node_of(element), "end"):
        _finish(m, element)


def _finish(m: Machine, element: ElementInstance) -> None:
    node = m.node_of(element)
    if element.kids or element.tokens:
        return  # an operator has begun something in it meanwhile: it completes after that
    if element.scope is None:
        subprocesses.end_process(m, element)
        return
    scope = m.scope_of(element)
    memory = element.memory
    if not element.is_body and not memory.undoing and not memory.mapped:
        m.map_variables(node.outputs, element, scope, local=False)
        for association in node.data_outputs:
            _associate(m, association, element, scope, local=False)
        if node.outputs or node.data_outputs:
            memory.mapped = True  # a condition that fails below is tried again, and its mappings are not
    flows: list[SequenceFlow] = []
    is_instance = scope.is_body
    is_handler = memory.undoes_for is not None
    if is_instance:
        multi_instance.instance_completed(m, scope, element)
    elif not is_handler:
        flows = gateways.chosen_flows(m, element, node) if node.type in GATEWAYS else m.outgoing(element, node)
    compensation.record(m, element, node)
    m.facts.append(history.ElementCompleted(element.key, element.node))
    m.remove(element)
    if is_instance:
        m.later(scope, Stage.INSTANCE_COMPLETED)
        return
    for _ in range(node.completion_quantity):
        m.take(scope, flows)
    target = throwing.link_target(m, node)
    if target is not None:
        m.token(scope, target)
    if is_handler:
        compensation.handled(m, element)
    if scope.type is _AD_HOC and not is_handler and element.type in AD_HOC_STEPS:
        m.next(scope, Stage.INNER_COMPLETED)  # before its tokens go on: they may not be wanted any more
    m.drain(scope)


def _instance_completed(m: Machine, body: ElementInstance) -> None:
    multi_instance.after_instance(m, body)


def _execute_again(m: Machine, element: ElementInstance) -> None:
    """Run the processor again after a failure outside, with the variables as they are now; the boundary events are still open."""
    PROCESSORS[element.type](m, element)


STAGES: dict[Stage, Processor] = {
    Stage.ACTIVATE: _activate,
    Stage.EXECUTE: _execute,
    Stage.EXECUTE_AGAIN: _execute_again,
    Stage.COMPLETE: _complete,
    Stage.FINISH: _finish,
    Stage.DRAINED: subprocesses.drained,
    Stage.INNER_COMPLETED: subprocesses.activity_in_ad_hoc_completed,
    Stage.INSTANCE_COMPLETED: _instance_completed,
    Stage.THROW: throwing.throw_all,
    Stage.UNDO_NEXT: compensation.undo_next,
    Stage.UNDONE: subprocesses.undone,
    Stage.TASK_LISTENER: user_tasks.listen,
    Stage.LAST_WORDS: user_tasks.last_words,
}
AD_HOC_STEPS = subprocesses.ACTIVITIES | {ElementType.MULTI_INSTANCE_BODY}


# --- pieces ----------------------------------------------------------------------------------------------------------------


def _listen(m: Machine, element: ElementInstance, node: FlowNode, event: str) -> bool:
    """Open the job of the next execution listener of this event. Returns False when there is none left."""
    listeners = [listener for listener in node.listeners if listener.event == event]
    if not listeners or (done := element.memory.listeners_done(event)) >= len(listeners):
        return False
    if any(m.state.open[key].kind is OpenKind.LISTENER for key in element.open):
        return True  # it is running already
    jobs.open_job(m, element, listeners[done].job, listener=listeners[done])
    return True


def listener_completed(m: Machine, element: ElementInstance, event: str) -> None:
    element.memory.count_listener(event)
    if _listen(m, element, m.node_of(element), event):
        return
    m.later(element, Stage.EXECUTE if event == "start" else Stage.FINISH)


def _associate(
    m: Machine, association: DataAssociation, source: ElementInstance, target: ElementInstance, *, local: bool
) -> None:
    """Follow a data association: the transformation, the assignments, or a plain copy (10.3.2)."""
    if association.assignments:
        m.map_variables(association.assignments, source, target, local=local)
        return
    if association.target is None:
        return
    if association.transformation is not None:
        value = m.value(association.transformation, source, f"the association to '{association.target}'")
    elif association.source is not None:
        value = VisibleVariables(m.state, source.key).get(association.source)
    else:
        return
    if local:
        m.write_local(target, association.target, value)
    else:
        m.write(target, association.target, value)
