"""Random processes that are sound: whatever happens, they end, or wait for something that is named.

A process is made of blocks. A block has one way in and one way out; what it puts in between is drawn, blocks within blocks.
"""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from tests.core.bpmn.diagrams import file
from tests.core.random import graphs
from tests.core.random.scope import (
    COMPENSATION,
    ERRORS,
    MAIL,
    MESSAGES,
    NO_WAIT,
    ROOTS,
    VARIABLES,
    WAITS,
    Scope,
    a_condition,
    conditional_event,
    error_event,
    escalation_event,
    link_event,
    message_event,
    signal_event,
)
from tests.core.runtime.nodes import boundary, node, timer

# --- blocks: each takes the id of the node before it and gives the id of its last node


def block(draw: st.DrawFn, scope: Scope, before: str, depth: int) -> str:
    simple = [task, task, task, task, catch, throw, linked]
    nested = [
        exclusive,
        parallel,
        deferred,
        loop,
        sub_process,
        sub_process,
        call,
        multiple,
        multiple,
        implicit,
        several,
        ad_hoc,
    ]
    nested += [complex_join, graph, graph]
    if not scope.crowded:
        nested += [inclusive, inclusive, web]
    return draw(st.sampled_from(simple + (nested if depth > 0 else [])))(draw, scope, before, depth)


def sequence(draw: st.DrawFn, scope: Scope, before: str, depth: int, *, most: int = 3) -> str:
    for _ in range(draw(st.integers(1 if depth > 1 else 0, most))):
        before = block(draw, scope, before, depth)
    return before


def task(draw: st.DrawFn, scope: Scope, before: str, depth: int) -> str:
    kind = draw(
        st.sampled_from(
            [
                "serviceTask",
                "serviceTask",
                "userTask",
                "manualTask",
                "task",
                "receiveTask",
                "scriptTask",
                "businessRuleTask",
            ]
        )
    )
    identifier = add_task(draw, scope, kind)
    scope.flow(before, identifier)
    return guarded(draw, scope, identifier, depth) if kind in ("serviceTask", "userTask", "receiveTask") else identifier


def add_task(draw: st.DrawFn, scope: Scope, kind: str, *, inner: str = "") -> str:
    extension, attributes = "", ""
    if kind == "serviceTask":
        extension = '<zeebe:taskDefinition type="work"/>'
    elif kind == "userTask":
        extension = "<zeebe:userTask/>"
    elif kind == "scriptTask":
        name = draw(st.sampled_from(VARIABLES))
        extension = f'<zeebe:script expression="=({name} + 1)" resultVariable="{name}"/>'
    elif kind == "businessRuleTask":
        name = draw(st.sampled_from(VARIABLES))
        extension = f'<zeebe:calledDecision decisionId="decision" resultVariable="{name}"/>'
    elif kind == "receiveTask":
        attributes = f'messageRef="{draw(st.sampled_from(MESSAGES))}"'
    if draw(st.integers(0, 9)) == 9:
        listener = '<zeebe:executionListener eventType="{}" type="listen"/>'
        events = draw(st.sampled_from([["start"], ["end"], ["start", "end"]]))
        extension += f"<zeebe:executionListeners>{''.join(map(listener.format, events))}</zeebe:executionListeners>"
    extensions = f"<bpmn:extensionElements>{extension}</bpmn:extensionElements>" if extension else ""
    return scope.add(kind, kind[:-4] or "task", extensions + inner, attributes)


def catch(draw: st.DrawFn, scope: Scope, before: str, depth: int) -> str:
    events = draw(st.lists(st.sampled_from(WAITS), min_size=1, max_size=2, unique=True))
    attributes = 'parallelMultiple="true"' if len(events) > 1 and draw(st.booleans()) else ""
    identifier = scope.add("intermediateCatchEvent", "catch", "".join(events), attributes)
    scope.flow(before, identifier)
    return identifier


def throw(draw: st.DrawFn, scope: Scope, before: str, depth: int) -> str:
    events = [COMPENSATION, NO_WAIT]
    if not scope.reacting:
        events += [signal_event("s1"), signal_event("s2"), escalation_event("x1"), MAIL]
    event = draw(st.sampled_from(events))
    identifier = scope.add("intermediateThrowEvent", "throw", event)
    scope.flow(before, identifier)
    return identifier


def exclusive(draw: st.DrawFn, scope: Scope, before: str, depth: int) -> str:
    return choosing(draw, scope, before, depth, "exclusiveGateway", joins=draw(st.booleans()))


def inclusive(draw: st.DrawFn, scope: Scope, before: str, depth: int) -> str:
    return choosing(draw, scope, before, depth, "inclusiveGateway", joins=True)


def choosing(draw: st.DrawFn, scope: Scope, before: str, depth: int, kind: str, *, joins: bool) -> str:
    """A choice by conditions, with a default; merged by the same kind of gateway, or implicitly by a task."""
    fork, default = scope.new("fork"), scope.new("manual")
    scope.parts.append(node(kind, fork, attributes=f'default="{fork}_{default}"'))
    scope.parts.append(node("manualTask", default))
    scope.flow(before, fork)
    scope.flow(fork, default)
    join = scope.add(kind, "join") if joins else scope.add("exclusiveGateway", "merge")
    for _ in range(draw(st.integers(1, 2))):
        first = scope.add("manualTask", "manual")
        scope.flow(fork, first, a_condition(draw))
        scope.flow(sequence(draw, scope, first, depth - 1, most=2), join)
    scope.flow(default, join)
    return join


def parallel(draw: st.DrawFn, scope: Scope, before: str, depth: int) -> str:
    fork, join = scope.add("parallelGateway", "fork"), scope.new("join")
    kinds = ["parallelGateway"] if scope.crowded else ["parallelGateway", "parallelGateway", "inclusiveGateway"]
    scope.parts.append(node(draw(st.sampled_from(kinds)), join))
    scope.flow(before, fork)
    for _ in range(draw(st.integers(2, 3))):
        first = scope.add("manualTask", "manual")
        scope.flow(fork, first)
        scope.flow(sequence(draw, scope, first, depth - 1, most=2), join)
    return join


def web(draw: st.DrawFn, scope: Scope, before: str, depth: int) -> str:
    """No blocks: tasks with flows forward to any later ones, split and joined by inclusive gateways, which are sound there."""
    count = draw(st.integers(3, 5))
    tasks = [add_task(draw, scope, draw(st.sampled_from(["serviceTask", "manualTask"]))) for _ in range(count)]
    last = scope.add("manualTask", "manual")
    way = [*tasks, last]
    onward = {
        number: {number + 1} | draw(st.sets(st.integers(number + 1, count), max_size=2)) for number in range(count)
    }
    arriving = [sum(number in targets for targets in onward.values()) for number in range(count + 1)]
    entries = list(way)
    for number, each in enumerate(way):
        if arriving[number] > 1:
            entries[number] = scope.add("inclusiveGateway", "join")
            scope.flow(entries[number], each)
    scope.flow(before, entries[0])
    for number, targets in onward.items():
        first, *others = [entries[target] for target in sorted(targets)]
        if not others:
            scope.flow(way[number], first)
            continue
        split = scope.new("split")
        scope.parts.append(node("inclusiveGateway", split, attributes=f'default="{split}_{first}"'))
        scope.flow(way[number], split)
        scope.flow(split, first)
        for other in others:
            scope.flow(split, other, a_condition(draw))
    return last


def deferred(draw: st.DrawFn, scope: Scope, before: str, depth: int) -> str:
    gateway, merge = scope.add("eventBasedGateway", "first"), scope.add("exclusiveGateway", "merge")
    scope.flow(before, gateway)
    events = draw(st.lists(st.sampled_from(WAITS[:3]), min_size=2, max_size=3, unique=True))
    for event in events:
        caught = scope.add("intermediateCatchEvent", "catch", event)
        scope.flow(gateway, caught)
        scope.flow(sequence(draw, scope, caught, depth - 1, most=1), merge)
    return merge


def loop(draw: st.DrawFn, scope: Scope, before: str, depth: int) -> str:
    """Round again while a counter is small: exclusive gateways and a flow backward."""
    merge, test, counter = scope.add("exclusiveGateway", "merge"), scope.new("test"), scope.new("n")
    scope.flow(before, merge)
    extension = (
        f'<zeebe:script expression="=if {counter} = null then 1 else {counter} + 1" resultVariable="{counter}"/>'
    )
    count = scope.add("scriptTask", "script", f"<bpmn:extensionElements>{extension}</bpmn:extensionElements>")
    scope.flow(merge, count)
    last = sequence(draw, scope, count, depth - 1, most=2)
    onward = scope.add("manualTask", "manual")
    scope.parts.append(node("exclusiveGateway", test, attributes=f'default="{test}_{onward}"'))
    scope.flow(last, test)
    scope.flow(test, onward)
    scope.flow(test, merge, f"={counter} &lt; {draw(st.integers(1, 3))}")
    return onward


def linked(draw: st.DrawFn, scope: Scope, before: str, depth: int) -> str:
    """A jump by a pair of link events."""
    name = scope.new("link")
    scope.flow(before, scope.add("intermediateThrowEvent", "throw", link_event(name)))
    return scope.add("intermediateCatchEvent", "catch", link_event(name))


def implicit(draw: st.DrawFn, scope: Scope, before: str, depth: int) -> str:
    """Flows out of a task without a gateway, and into one that waits for as many tokens as there are flows."""
    count = draw(st.integers(2, 3))
    fork, join = scope.add("manualTask", "fork"), scope.new("join")
    scope.parts.append(node("manualTask", join, attributes=f'startQuantity="{count}"'))
    scope.flow(before, fork)
    for _ in range(count):
        first = scope.add("manualTask", "manual")
        scope.flow(fork, first)
        scope.flow(_crowded(draw, scope, first, depth - 1), join)
    return join


def several(draw: st.DrawFn, scope: Scope, before: str, depth: int) -> str:
    """Several tokens on one flow: completionQuantity makes them, startQuantity takes them."""
    count = draw(st.integers(2, 3))
    fork = scope.add("manualTask", "many", attributes=f'completionQuantity="{count}"')
    join = scope.add("manualTask", "one", attributes=f'startQuantity="{count}"')
    scope.flow(before, fork)
    scope.flow(_crowded(draw, scope, fork, depth - 1), join)
    return join


def _crowded(draw: st.DrawFn, scope: Scope, before: str, depth: int) -> str:
    around, scope.crowded = scope.crowded, True
    last = sequence(draw, scope, before, depth, most=2)
    scope.crowded = around
    return last


def complex_join(draw: st.DrawFn, scope: Scope, before: str, depth: int) -> str:
    """Some of several branches are enough; the gateway waits for the rest before it can be passed again. In a scope of its own,
    as the branches that come late may be on their way still."""
    branches = draw(st.integers(2, 3))
    wanted = draw(st.integers(1, branches))
    inside = scope.inner()
    fork, start = inside.add("parallelGateway", "fork"), inside.add("startEvent", "start")
    inside.flow(start, fork)
    condition = f"=activationCount &gt;= {wanted}"
    inner = f'<bpmn:activationCondition xsi:type="bpmn:tFormalExpression">{condition}</bpmn:activationCondition>'
    join = inside.add("complexGateway", "join", inner)
    for _ in range(branches):
        first = add_task(draw, inside, draw(st.sampled_from(["serviceTask", "manualTask"])))
        inside.flow(fork, first)
        inside.flow(sequence(draw, inside, first, depth - 1, most=1), join)
    last = sequence(draw, inside, join, depth - 1, most=1)
    inside.flow(last, inside.add("endEvent", "end"))
    identifier = scope.new("sub")
    scope.parts.append(node("subProcess", identifier, inside.xml()))
    scope.flow(before, identifier)
    return guarded(draw, scope, identifier, depth)


def graph(draw: st.DrawFn, scope: Scope, before: str, depth: int) -> str:
    """No blocks at all. In a scope of its own when more or fewer tokens than one may come out."""
    drawn, verdict = graphs.a_graph(draw)
    if verdict.leaves_once and not scope.crowded and draw(st.booleans()):
        return _graph_in(draw, scope, before, depth, drawn, crowded=True)
    inside = scope.inner()
    start = inside.add("startEvent", "start")
    last = _graph_in(draw, inside, start, depth, drawn, crowded=True)
    inside.flow(last, inside.add("endEvent", "end"))
    identifier = scope.new("sub")
    scope.parts.append(node("subProcess", identifier, inside.xml()))
    scope.flow(before, identifier)
    return guarded(draw, scope, identifier, depth)


def _graph_in(draw: st.DrawFn, scope: Scope, before: str, depth: int, drawn: graphs.Graph, *, crowded: bool) -> str:
    around, scope.crowded = scope.crowded, crowded
    last = graphs.draw_into(
        draw,
        scope,
        before,
        drawn,
        lambda scope: add_task(draw, scope, draw(st.sampled_from(["serviceTask", "userTask", "manualTask"]))),
        lambda scope, at: block(draw, scope, at, min(depth - 1, 1)),
    )
    scope.crowded = around
    return last


def ad_hoc(draw: st.DrawFn, scope: Scope, before: str, depth: int) -> str:
    inside = scope.inner()
    for _ in range(draw(st.integers(1, 3))):
        add_task(draw, inside, draw(st.sampled_from(["serviceTask", "manualTask", "scriptTask", "userTask"])))
    if draw(st.booleans()):
        condition = a_condition(draw)
        inside.parts.append(
            f'<bpmn:completionCondition xsi:type="bpmn:tFormalExpression">{condition}</bpmn:completionCondition>'
        )
    ordering = draw(st.sampled_from(["Parallel", "Sequential"]))
    cancels = draw(st.sampled_from(["true", "false"]))
    identifier = scope.new("adhoc")
    attributes = f'ordering="{ordering}" cancelRemainingInstances="{cancels}"'
    scope.parts.append(node("adHocSubProcess", identifier, inside.xml(), attributes))
    scope.flow(before, identifier)
    return guarded(draw, scope, identifier, depth)


def multiple(draw: st.DrawFn, scope: Scope, before: str, depth: int) -> str:
    inner = _loop(draw)
    kind = draw(st.sampled_from(["task", "sub-process", "call"]))
    if kind == "call" and may_call(scope):
        identifier = add_call(scope, inner)
    elif kind == "sub-process":
        identifier = scope.new("sub")
        inside = scope.inner()
        body(draw, inside, depth - 1)
        scope.parts.append(node("subProcess", identifier, inner + inside.xml()))
    else:
        tasks = ["serviceTask", "userTask", "receiveTask", "scriptTask", "businessRuleTask"]
        identifier = add_task(draw, scope, draw(st.sampled_from(tasks)), inner=inner)
    scope.flow(before, identifier)
    return guarded(draw, scope, identifier, depth)


def _loop(draw: st.DrawFn) -> str:
    """A standard loop, or several instances: of a list or by number, with a result or without."""
    if draw(st.integers(0, 3)) == 0:
        test, most = draw(st.booleans()), draw(st.integers(1, 3))
        condition = f'<bpmn:loopCondition xsi:type="bpmn:tFormalExpression">{a_condition(draw)}</bpmn:loopCondition>'
        attributes = f'testBefore="{str(test).lower()}" loopMaximum="{most}"'
        return f"<bpmn:standardLoopCharacteristics {attributes}>{condition}</bpmn:standardLoopCharacteristics>"
    sequential = 'isSequential="true"' if draw(st.booleans()) else ""
    stop = (
        '<bpmn:completionCondition xsi:type="bpmn:tFormalExpression">=numberOfCompletedInstances &gt; 1</bpmn:completionCondition>'
        if draw(st.booleans())
        else ""
    )
    count = draw(st.integers(0, 3))
    if draw(st.booleans()):
        cardinality = f'<bpmn:loopCardinality xsi:type="bpmn:tFormalExpression">={count}</bpmn:loopCardinality>'
        return f"<bpmn:multiInstanceLoopCharacteristics {sequential}>{cardinality}{stop}</bpmn:multiInstanceLoopCharacteristics>"
    items = ", ".join("1" for _ in range(count))
    result = 'outputCollection="results" outputElement="=a"' if draw(st.booleans()) else ""
    return (
        f"<bpmn:multiInstanceLoopCharacteristics {sequential}><bpmn:extensionElements>"
        f'<zeebe:loopCharacteristics inputCollection="=[{items}]" inputElement="item" {result}/></bpmn:extensionElements>{stop}'
        "</bpmn:multiInstanceLoopCharacteristics>"
    )


def may_call(scope: Scope) -> bool:
    """Not what is called, nor what an event sets off: it would call itself, or what sets it off, for ever."""
    return scope.may_call and not scope.reacting


def add_call(scope: Scope, inner: str = "") -> str:
    extension = '<zeebe:calledElement processId="called" propagateAllChildVariables="false"/>'
    return scope.add("callActivity", "call", f"<bpmn:extensionElements>{extension}</bpmn:extensionElements>{inner}")


def call(draw: st.DrawFn, scope: Scope, before: str, depth: int) -> str:
    if not may_call(scope):
        return task(draw, scope, before, depth)
    identifier = add_call(scope)
    scope.flow(before, identifier)
    return guarded(draw, scope, identifier, depth)


def sub_process(draw: st.DrawFn, scope: Scope, before: str, depth: int) -> str:
    transaction = draw(st.booleans()) and draw(st.booleans())
    identifier = scope.new("sub")
    scope.flow(before, identifier)
    after: list[str] = []
    caught: tuple[str, ...] = ()
    if draw(st.booleans()):
        caught = (draw(st.sampled_from(ERRORS)),)
        after.append(error_event(caught[0]))
    if transaction:
        after.append("<bpmn:cancelEventDefinition/>")
    inside = scope.inner(caught=(*scope.caught, *caught))
    body(draw, inside, depth - 1, may_cancel=transaction)
    scope.parts.append(node("transaction" if transaction else "subProcess", identifier, inside.xml()))
    return guarded(draw, scope, identifier, depth, also=after)


def body(draw: st.DrawFn, scope: Scope, depth: int, *, may_cancel: bool = False) -> None:
    """Start to end; the end may end more than itself. Then what the scope reacts to."""
    start = scope.add("startEvent", "start")
    last = sequence(draw, scope, start, depth)
    ends = ["", "", ""]
    ends += ["<bpmn:terminateEventDefinition/>", COMPENSATION, NO_WAIT]
    ends += [] if scope.reacting else [signal_event("s2"), escalation_event("x2")]
    ends += [error_event(code) for code in scope.caught]
    ends += ["<bpmn:cancelEventDefinition/>"] if may_cancel else []
    if draw(st.booleans()) and depth > 0:  # two ends, one of them perhaps early
        fork = scope.add("parallelGateway", "fork")
        scope.flow(last, fork)
        for _ in range(2):
            first = add_task(draw, scope, draw(st.sampled_from(["serviceTask", "manualTask"])))
            scope.flow(fork, first)
            scope.flow(first, scope.add("endEvent", "end", draw(st.sampled_from(ends))))
    else:
        scope.flow(last, scope.add("endEvent", "end", draw(st.sampled_from(ends))))
    for _ in range(draw(st.sampled_from([0, 0, 1, 1, 2])) if depth > 0 else 0):
        event_sub_process(draw, scope, depth)


def event_sub_process(draw: st.DrawFn, scope: Scope, depth: int) -> None:
    interrupting = draw(st.booleans())
    kinds = [timer("timeDuration", "PT2M"), message_event("m2"), signal_event("s2"), escalation_event("x1")]
    kinds += [escalation_event("x2"), conditional_event("b = 2"), conditional_event("c &gt; 1")]
    kinds += [] if interrupting else [timer("timeCycle", "R2/PT1M")]
    if interrupting:
        kinds.append(error_event("e2"))
    inside = scope.inner()
    inside.reacting = True
    if draw(st.integers(0, 3)) == 3 and depth > 1:
        event_sub_process(draw, inside, depth - 1)
    attributes = "" if interrupting else 'isInterrupting="false"'
    start = inside.add("startEvent", "start", draw(st.sampled_from(kinds)), attributes)
    last = sequence(draw, inside, start, depth - 1, most=2)
    inside.flow(last, inside.add("endEvent", "end"))
    scope.parts.append(node("subProcess", scope.new("react"), inside.xml(), 'triggeredByEvent="true"'))


def guarded(draw: st.DrawFn, scope: Scope, host: str, depth: int, *, also: Sequence[str] = ()) -> str:
    """Boundary events: the way of an interrupting one comes back behind the host, that of another has an end of its own."""
    events = [
        timer("timeDuration", "PT3M"),
        timer("timeCycle", "R2/PT1M"),
        message_event("m2"),
        signal_event("s1"),
        error_event("e1"),
        escalation_event("x1"),
        escalation_event("x2"),
        conditional_event("c &gt; 2"),
        "compensate",
    ]
    chosen = draw(st.lists(st.sampled_from(events), max_size=2 if depth > 0 else 1, unique=True))
    back: list[str] = []
    for event in [*also, *(each for each in chosen if each not in also)]:
        if event == "compensate":
            if not host.startswith("call"):
                compensated(draw, scope, host)
            continue
        only_interrupting = any(word in event for word in ("errorEvent", "cancelEvent"))
        interrupting = only_interrupting or ("timeCycle" not in event and draw(st.booleans()))
        edge = scope.new("edge")
        scope.parts.append(boundary(edge, host, event, interrupting=interrupting))
        around, scope.reacting = scope.reacting, True
        last = sequence(draw, scope, edge, min(depth - 1, 1), most=1)
        scope.reacting = around
        if interrupting:
            back.append(last)
        else:
            scope.flow(last, scope.add("endEvent", "end"))
    if not back:
        return host
    merge = scope.add("exclusiveGateway", "merge")
    for each in (host, *back):
        scope.flow(each, merge)
    return merge


def compensated(draw: st.DrawFn, scope: Scope, host: str) -> None:
    edge = scope.new("undo")
    scope.parts.append(boundary(edge, host, COMPENSATION))
    handler = add_handler(draw, scope)
    scope.parts.append(
        f'<bpmn:association id="{edge}_{handler}" sourceRef="{edge}" targetRef="{handler}" associationDirection="One"/>'
    )


def add_handler(draw: st.DrawFn, scope: Scope) -> str:
    if draw(st.booleans()):
        return scope.add("manualTask", "handler", attributes='isForCompensation="true"')
    extension = '<bpmn:extensionElements><zeebe:taskDefinition type="work"/></bpmn:extensionElements>'
    return scope.add("serviceTask", "handler", extension, 'isForCompensation="true"')


@st.composite
def diagrams(draw: st.DrawFn, *, depth: int = 3, may_call: bool = True) -> str:
    ids = [0]
    main, called = Scope(ids, may_call=may_call), Scope(ids, may_call=False)
    body(draw, main, depth)
    body(draw, called, 1)
    processes = "".join(
        f'<bpmn:process id="{identifier}" isExecutable="true">{scope.xml()}</bpmn:process>'
        for identifier, scope in (("main", main), ("called", called))
    )
    return file(processes + ROOTS).decode()
