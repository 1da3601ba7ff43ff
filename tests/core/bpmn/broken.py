"""For each rule, a diagram that breaks it."""

# ruff: noqa: E501 (markup is easier to read unbroken)

from __future__ import annotations

from tests.core.bpmn.diagrams import extended, file, flow, line, one, process

TASK = '<bpmn:task id="x"/>'
MESSAGE = '<bpmn:message id="m" name="order"/>'
LINE = line(TASK, ids=("x",))
COMPENSABLE = '<bpmn:boundaryEvent id="b" attachedToRef="x"><bpmn:compensateEventDefinition/></bpmn:boundaryEvent>'
HANDLER = '<bpmn:task id="h" isForCompensation="true"/>'
TIED = '<bpmn:association id="a" sourceRef="b" targetRef="h"/>'
WORK = extended("serviceTask", '<zeebe:taskDefinition type="j"/>')
TIMER = "<bpmn:timerEventDefinition><bpmn:timeDuration>PT1S</bpmn:timeDuration></bpmn:timerEventDefinition>"
CATCH = f'<bpmn:intermediateCatchEvent id="x">{TIMER}</bpmn:intermediateCatchEvent>'


def timer(text: str) -> bytes:
    return one(
        f'<bpmn:intermediateCatchEvent id="x"><bpmn:timerEventDefinition>{text}</bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>'
    )


def catch(definition: str, *, root: str = "", dialects: tuple[str, ...] = ("zeebe",)) -> bytes:
    return one(
        f'<bpmn:intermediateCatchEvent id="x">{definition}</bpmn:intermediateCatchEvent>', root=root, dialects=dialects
    )


def throw(definition: str, *, root: str = "") -> bytes:
    return one(f'<bpmn:intermediateThrowEvent id="x">{definition}</bpmn:intermediateThrowEvent>', root=root)


def boundary(definition: str, attributes: str = "", *, root: str = "", on: str = TASK) -> bytes:
    return process(
        line(on, ids=("x",))
        + f'<bpmn:boundaryEvent id="b" attachedToRef="x" {attributes}>{definition}</bpmn:boundaryEvent><bpmn:endEvent id="e2"/>'
        + flow("b", "e2"),
        root=root,
    )


def end(definition: str, *, root: str = "") -> bytes:
    return process(
        f'<bpmn:startEvent id="start"/><bpmn:endEvent id="x">{definition}</bpmn:endEvent>{flow("start", "x")}',
        root=root,
    )


def event_sub_process(start: str, *, more: str = "", attributes: str = "", tag: str = "subProcess") -> bytes:
    return process(
        LINE
        + f'<bpmn:{tag} id="sub" triggeredByEvent="true" {attributes}>{more}{start}<bpmn:endEvent id="e2"/>{flow("s2", "e2")}</bpmn:{tag}>'
    )


TIMER_START = f'<bpmn:startEvent id="s2">{TIMER}</bpmn:startEvent>'


def multi(inner: str, attributes: str = "", *, before: str = "", root: str = "", more: str = "") -> bytes:
    """The task x with a multi-instance marker."""
    marker = f"<bpmn:multiInstanceLoopCharacteristics {attributes}>{inner}</bpmn:multiInstanceLoopCharacteristics>"
    return one(f'<bpmn:task id="x">{before}{marker}</bpmn:task>', root=root, more=more)


THREE = "<bpmn:loopCardinality>=3</bpmn:loopCardinality>"


def io(
    inner: str,
    *,
    tag: str = "task",
    attributes: str = "",
    after: str = "",
    root: str = "",
    more: str = "",
    job: bool = False,
) -> bytes:
    job_type = '<bpmn:extensionElements><zeebe:taskDefinition type="j"/></bpmn:extensionElements>' if job else ""
    return one(
        f'<bpmn:{tag} id="x" {attributes}>{job_type}<bpmn:ioSpecification>{inner}</bpmn:ioSpecification>{after}</bpmn:{tag}>',
        root=root,
        more=more,
    )


ONE_INPUT = '<bpmn:dataInput id="in"/><bpmn:inputSet id="is"><bpmn:dataInputRefs>in</bpmn:dataInputRefs></bpmn:inputSet><bpmn:outputSet id="os"/>'
ITEMS = '<bpmn:itemDefinition id="text" structureRef="String"/><bpmn:itemDefinition id="number" structureRef="Number"/>'
OPERATION = '<bpmn:interface id="i" name="i"><bpmn:operation id="op" name="op"><bpmn:inMessageRef>m</bpmn:inMessageRef></bpmn:operation></bpmn:interface>'
TYPED_MESSAGE = '<bpmn:message id="m" name="order" itemRef="text"/>'


def gateway(
    tag: str, attributes: str, branches: int, *, more: str = "", targets: str = "", conditions: bool = False
) -> bytes:
    """A gateway g behind the start event, with so many branches to the end event or to the given targets t0, t1, ..."""
    names = [f"t{number}" for number in range(branches)]
    tasks = targets or "".join(f'<bpmn:task id="{name}"/>' for name in names)
    out = "".join(flow("g", name, "=true" if conditions else None) + flow(name, "end") for name in names)
    return process(
        f'<bpmn:startEvent id="start"/><bpmn:{tag} id="g" {attributes}/>{tasks}<bpmn:endEvent id="end"/>{flow("start", "g")}{out}{more}'
    )


def waits(*names: str, definition: str = TIMER) -> str:
    return "".join(
        f'<bpmn:intermediateCatchEvent id="{name}">{definition}</bpmn:intermediateCatchEvent>' for name in names
    )


def pools(flows: str, *, inner: str = LINE, more: str = "", root: str = "") -> bytes:
    return file(
        f'<bpmn:collaboration id="c"><bpmn:participant id="mine" processRef="p"/><bpmn:participant id="theirs">{more}</bpmn:participant>{flows}'
        f'</bpmn:collaboration><bpmn:process id="p" isExecutable="true">{inner}</bpmn:process>{root}'
    )


def message_flow(source: str, target: str, name: str = "mf") -> str:
    return f'<bpmn:messageFlow id="{name}" sourceRef="{source}" targetRef="{target}"/>'


def correlated(key: str, prop: str, binding: str, *, subscription: str = 'correlationKeyRef="key"') -> bytes:
    return file(
        f'<bpmn:message id="m" name="m"/><bpmn:correlationProperty id="prop" name="prop">{prop}</bpmn:correlationProperty>'
        f'<bpmn:collaboration id="c"><bpmn:correlationKey id="key" name="k">{key}</bpmn:correlationKey></bpmn:collaboration>'
        f'<bpmn:process id="p" isExecutable="true">{LINE}<bpmn:correlationSubscription id="sub" {subscription}>{binding}'
        "</bpmn:correlationSubscription></bpmn:process>"
    )


KEY = "<bpmn:correlationPropertyRef>prop</bpmn:correlationPropertyRef>"
RETRIEVAL = (
    '<bpmn:correlationPropertyRetrievalExpression messageRef="m"><bpmn:messagePath>=id</bpmn:messagePath>'
    "</bpmn:correlationPropertyRetrievalExpression>"
)
BINDING = '<bpmn:correlationPropertyBinding correlationPropertyRef="prop"><bpmn:dataPath>=id</bpmn:dataPath></bpmn:correlationPropertyBinding>'
RECEIVE_IMPORTED = '<bpmn:receiveTask id="x" messageRef="common:order"/>'
DOUBLE_FLOW = line('<bpmn:sendTask id="x" messageRef="m"/>', ids=("x",))

BROKEN: dict[str, bytes] = {
    # the file
    "file-too-large": b" " * (10 * 1024 * 1024 + 1),
    "too-many-elements": process("".join(f'<bpmn:task id="t{number}"/>' for number in range(10_001))),
    "xml-too-deep": process(
        "".join(f'<bpmn:subProcess id="s{number}">' for number in range(60)) + "</bpmn:subProcess>" * 60
    ),
    "xml-malformed": b"<bpmn:definitions",
    "namespace-invalid": process(LINE).replace(b'xmlns:zeebe="', b'xmlns:zeebe=" '),
    "xml-encoding": b'<?xml version="1.0" encoding="UTF-8"?>\n<a>\xff</a>',
    "xml-document-type": b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    "not-bpmn": b"<html/>",
    "schema": process(LINE.replace('id="x"', 'id="x" colour="red"')),
    "value-invalid": process(
        LINE
        + '<bpmn:adHocSubProcess id="a" ordering="Random" isForCompensation="true"><bpmn:task id="t"/></bpmn:adHocSubProcess>'
    ),
    "element-misplaced": process(LINE, root='<bpmn:property id="data"/>'),
    "element-abstract": process(LINE + '<bpmn:flowElement xsi:type="bpmn:tTask" id="y"/>'),
    "annotation-misplaced": process(line('<bpmn:task id="x"><bpmn:textAnnotation id="note"/></bpmn:task>', ids=("x",))),
    "duplicate-id": process(LINE + '<bpmn:dataObject id="x"/>'),
    "id-missing": process(LINE + '<bpmn:task isForCompensation="true"/>'),
    "flow-id-missing": process(LINE.replace('id="x_end"', "")),
    "process-missing": file(MESSAGE),
    "process-empty": process(""),
    "process-public": file(f'<bpmn:process id="p" processType="Public" isExecutable="true">{LINE}</bpmn:process>'),
    "executable-unsaid": file(f'<bpmn:process id="p">{LINE}</bpmn:process>'),
    # references
    "reference-dangling": throw('<bpmn:signalEventDefinition signalRef="nowhere"/>'),
    "reference-kind": throw('<bpmn:signalEventDefinition signalRef="m"/>', root=MESSAGE),
    "reference-missing": process(LINE + '<bpmn:sequenceFlow id="f" sourceRef="x"/>'),
    "reference-imported": file(
        '<bpmn:import importType="http://www.omg.org/spec/BPMN/20100524/MODEL" location="common.bpmn" namespace="http://example.com/common"/>'
        f'<bpmn:process id="p" isExecutable="true">{line(RECEIVE_IMPORTED, ids=("x",))}</bpmn:process>',
        attributes='xmlns:common="http://example.com/common"',
    ),
    "import-unread": file(
        '<bpmn:import importType="http://www.omg.org/spec/BPMN/20100524/MODEL" location="common.bpmn" namespace="http://example.com/common"/>'
        f'<bpmn:process id="p" isExecutable="true">{LINE}</bpmn:process>'
    ),
    "extension-required": file(
        f'<bpmn:extension definition="other:magic" mustUnderstand="true"/><bpmn:process id="p" isExecutable="true">{LINE}</bpmn:process>',
        dialects=("other",),
    ),
    # expressions and timers
    "expression-empty": multi(THREE + "<bpmn:completionCondition/>"),
    "expression-syntax": process(
        line('<bpmn:exclusiveGateway id="x"/><bpmn:task id="y"/>', ids=("x",))
        + flow("x", "y", "=1 +")
        + flow("y", "end")
    ),
    "expression-function": process(
        line('<bpmn:exclusiveGateway id="x"/><bpmn:task id="y"/>', ids=("x",))
        + flow("x", "y", '=string lenght("abc") > 2')
        + flow("y", "end")
    ),
    "expression-language": process(
        line('<bpmn:exclusiveGateway id="x"/><bpmn:task id="y"/>', ids=("x",))
        + flow("x", "y", "a", name="f").replace(
            "<bpmn:conditionExpression", '<bpmn:conditionExpression language="groovy"'
        )
        + flow("y", "end")
    ),
    "expression-read-as-feel": process(
        line('<bpmn:exclusiveGateway id="x"/><bpmn:task id="y"/>', ids=("x",)) + flow("x", "y", "a") + flow("y", "end"),
        attributes='expressionLanguage="http://www.w3.org/1999/XPath"',
    ),
    "timer-missing": timer(""),
    "timer-ambiguous": timer("<bpmn:timeDuration>PT1S</bpmn:timeDuration><bpmn:timeCycle>R/PT1S</bpmn:timeCycle>"),
    "timer-invalid": timer("<bpmn:timeDuration>ten minutes</bpmn:timeDuration>"),
    # sequence flows, starts and ends
    "flow-crosses-scope": process(
        line('<bpmn:subProcess id="x"><bpmn:task id="inner"/></bpmn:subProcess>', ids=("x",)) + flow("inner", "end")
    ),
    "flow-not-listed": process(
        LINE.replace(TASK, '<bpmn:task id="x"><bpmn:incoming>other</bpmn:incoming></bpmn:task>')
        + flow("x", "x", name="other")
    ),
    "flow-list-wrong": process(
        LINE.replace(
            TASK,
            '<bpmn:task id="x"><bpmn:incoming>start_x</bpmn:incoming><bpmn:incoming>x_end</bpmn:incoming></bpmn:task>',
        )
    ),
    "start-event-incoming": process(LINE + flow("x", "start")),
    "end-event-outgoing": process(LINE + flow("end", "x")),
    "boundary-event-incoming": process(
        LINE
        + f'<bpmn:boundaryEvent id="b" attachedToRef="x">{TIMER}</bpmn:boundaryEvent>'
        + flow("b", "end")
        + flow("x", "b")
    ),
    "event-sub-process-flow": process(
        LINE
        + f'<bpmn:subProcess id="sub" triggeredByEvent="true">{TIMER_START}<bpmn:endEvent id="e2"/>{flow("s2", "e2")}</bpmn:subProcess>'
        + flow("x", "sub")
    ),
    "compensation-flow": process(LINE + COMPENSABLE + HANDLER + TIED + flow("h", "x")),
    "condition-not-allowed": gateway("parallelGateway", "", 2, conditions=True),
    "condition-expected": gateway("exclusiveGateway", "", 2),
    "flow-immediate": process(LINE.replace('targetRef="end"', 'targetRef="end" isImmediate="false"')),
    "condition-empty": process(
        line('<bpmn:exclusiveGateway id="x"/><bpmn:task id="y"/>', ids=("x",)) + flow("x", "y", "") + flow("y", "end")
    ),
    "condition-alone": process(LINE.replace(flow("x", "end"), flow("x", "end", "=a"))),
    "default-with-condition": process(
        line('<bpmn:exclusiveGateway id="x" default="x_y"/><bpmn:task id="y"/>', ids=("x",))
        + flow("x", "y", "=a")
        + flow("y", "end")
    ),
    "default-not-allowed": gateway("parallelGateway", 'default="g_t0"', 2),
    "default-not-outgoing": process(LINE.replace(TASK, '<bpmn:task id="x" default="start_x"/>')),
    "start-event-missing": process('<bpmn:task id="x"/><bpmn:endEvent id="end"/>' + flow("x", "end")),
    "end-event-missing": process('<bpmn:startEvent id="start"/><bpmn:task id="x"/>' + flow("start", "x")),
    "incoming-missing": process(LINE + '<bpmn:task id="y"/>' + flow("y", "end")),
    "outgoing-missing": process(LINE + '<bpmn:task id="y"/>' + flow("x", "y")),
    # activities
    "loop-twice": multi(
        THREE,
        before='<bpmn:standardLoopCharacteristics loopMaximum="2"><bpmn:loopCondition>=a</bpmn:loopCondition></bpmn:standardLoopCharacteristics>',
    ),
    "loop-maximum": one('<bpmn:task id="x"><bpmn:standardLoopCharacteristics loopMaximum="0"/></bpmn:task>'),
    "loop-condition-missing": one('<bpmn:task id="x"><bpmn:standardLoopCharacteristics/></bpmn:task>'),
    "multi-instance-incomplete": multi(""),
    "multi-instance-event": multi(THREE, 'behavior="One"'),
    "multi-instance-event-unused": multi(
        THREE,
        'oneBehaviorEventRef="sd"',
        root='<bpmn:signal id="s" name="s"/><bpmn:signalEventDefinition id="sd" signalRef="s"/>',
    ),
    "multi-instance-data": multi(
        "<bpmn:loopDataInputRef>ref</bpmn:loopDataInputRef>",
        more='<bpmn:dataObject id="data"/><bpmn:dataObjectReference id="ref" dataObjectRef="data"/>',
    ),
    "multi-instance-task-data": one(
        '<bpmn:task id="x"><bpmn:multiInstanceLoopCharacteristics><bpmn:loopDataInputRef>ref</bpmn:loopDataInputRef>'
        "</bpmn:multiInstanceLoopCharacteristics></bpmn:task>",
        more='<bpmn:dataObject id="data" isCollection="true"/><bpmn:dataObjectReference id="ref" dataObjectRef="data"/>',
        dialects=(),
    ),
    "multi-instance-item-unused": one(
        '<bpmn:task id="x"><bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>3</bpmn:loopCardinality>'
        '<bpmn:inputDataItem id="item" name="item"/></bpmn:multiInstanceLoopCharacteristics></bpmn:task>',
        dialects=(),
    ),
    "multi-instance-item": multi(
        '<bpmn:loopDataInputRef>ref</bpmn:loopDataInputRef><bpmn:inputDataItem id="item" isCollection="true"/>',
        more='<bpmn:dataObject id="data" isCollection="true"/><bpmn:dataObjectReference id="ref" dataObjectRef="data"/>',
    ),
    "complex-behavior-incomplete": multi(
        THREE
        + "<bpmn:complexBehaviorDefinition><bpmn:condition>=true</bpmn:condition></bpmn:complexBehaviorDefinition>",
        'behavior="Complex"',
    ),
    "quantity-invalid": one('<bpmn:task id="x" completionQuantity="-5"/>'),
    "instantiate-incoming": one('<bpmn:receiveTask id="x" messageRef="m" instantiate="true"/>', root=MESSAGE),
    "instantiate-scope": one(
        '<bpmn:subProcess id="x"><bpmn:receiveTask id="r" messageRef="m" instantiate="true"/></bpmn:subProcess>',
        root=MESSAGE,
    ),
    "resource-role": one(
        '<bpmn:userTask id="x"><bpmn:potentialOwner id="po"><bpmn:resourceRef>boss</bpmn:resourceRef><bpmn:resourceAssignmentExpression>'
        "<bpmn:formalExpression>a</bpmn:formalExpression></bpmn:resourceAssignmentExpression></bpmn:potentialOwner></bpmn:userTask>",
        root='<bpmn:resource id="boss" name="boss"/>',
    ),
    "resource-several": one(
        '<bpmn:userTask id="x"><bpmn:humanPerformer><bpmn:resourceRef>a</bpmn:resourceRef></bpmn:humanPerformer>'
        "<bpmn:performer><bpmn:resourceRef>b</bpmn:resourceRef></bpmn:performer></bpmn:userTask>",
        root='<bpmn:resource id="a" name="alice"/><bpmn:resource id="b" name="bob"/>',
    ),
    "resource-parameters": one(
        '<bpmn:userTask id="x"><bpmn:potentialOwner id="po"><bpmn:resourceRef>boss</bpmn:resourceRef><bpmn:resourceParameterBinding parameterRef="level">'
        "<bpmn:formalExpression>1</bpmn:formalExpression></bpmn:resourceParameterBinding></bpmn:potentialOwner></bpmn:userTask>",
        root='<bpmn:resource id="boss" name="boss"><bpmn:resourceParameter id="level" name="level"/></bpmn:resource>',
    ),
    "resource-binding": one(
        '<bpmn:userTask id="x"><bpmn:potentialOwner id="po"><bpmn:resourceRef>boss</bpmn:resourceRef>'
        '<bpmn:resourceParameterBinding parameterRef="level"/></bpmn:potentialOwner></bpmn:userTask>',
        root='<bpmn:resource id="boss" name="boss"><bpmn:resourceParameter id="level" name="level"/></bpmn:resource>',
    ),
    "called-element-missing": one('<bpmn:callActivity id="x"/>'),
    "called-element-own-id": one('<bpmn:callActivity id="x" calledElement="x"/>'),
    "called-element-kind": one('<bpmn:callActivity id="x" calledElement="m"/>', root=MESSAGE),
    "called-process-start": one(
        '<bpmn:callActivity id="x" calledElement="q"/>',
        root=f'<bpmn:process id="q" isExecutable="true">{TIMER_START}<bpmn:endEvent id="e2"/>{flow("s2", "e2")}</bpmn:process>',
    ),
    "event-sub-process-kind": event_sub_process(TIMER_START, tag="transaction"),
    "event-sub-process-start": event_sub_process(
        TIMER_START, more=f'<bpmn:startEvent id="s3">{TIMER}</bpmn:startEvent>{flow("s3", "e2")}'
    ),
    "event-sub-process-trigger": event_sub_process('<bpmn:startEvent id="s2"/>'),
    "event-sub-process-loop": event_sub_process(
        TIMER_START, more='<bpmn:standardLoopCharacteristics loopMaximum="2"/>'
    ),
    "transaction-method": one('<bpmn:transaction id="x" method="##Store"><bpmn:task id="inner"/></bpmn:transaction>'),
    "sub-process-start-trigger": one(
        f'<bpmn:subProcess id="x">{TIMER_START}<bpmn:endEvent id="e2"/>{flow("s2", "e2")}</bpmn:subProcess>'
    ),
    "ad-hoc-empty": one('<bpmn:adHocSubProcess id="x"/>'),
    "ad-hoc-event": one(
        f'<bpmn:adHocSubProcess id="x"><bpmn:task id="t"/><bpmn:endEvent id="e2"/>{flow("t", "e2")}</bpmn:adHocSubProcess>'
    ),
    "choreography-in-process": one('<bpmn:subProcess id="x"><bpmn:choreographyTask id="ct"/></bpmn:subProcess>'),
    "compensation-event-sub-process": event_sub_process(TIMER_START, attributes='isForCompensation="true"'),
    "compensation-scope": process(
        line(f'<bpmn:subProcess id="y">{HANDLER}</bpmn:subProcess>{TASK}', ids=("x", "y")) + COMPENSABLE + TIED
    ),
    "compensation-handler-loose": process(LINE + HANDLER),
    # gateways
    "join-starved": process(
        line(
            '<bpmn:exclusiveGateway id="g" default="g_j"/><bpmn:task id="y"/><bpmn:parallelGateway id="j"/>',
            ids=("g", "j"),
        )
        + flow("g", "y", "=a")
        + flow("y", "j")
    ),
    "gateway-unconnected": process(LINE + '<bpmn:exclusiveGateway id="g"/>'),
    "gateway-single-flow": one('<bpmn:exclusiveGateway id="x"/>'),
    "gateway-direction": gateway("exclusiveGateway", 'gatewayDirection="Converging"', 2),
    "event-gateway-single": gateway("eventBasedGateway", "", 1, targets=waits("t0")),
    "event-gateway-parallel": gateway("eventBasedGateway", 'eventGatewayType="Parallel"', 2, targets=waits("t0", "t1")),
    "event-gateway-parallel-target": process(
        '<bpmn:eventBasedGateway id="g" instantiate="true" eventGatewayType="Parallel"/>'
        + waits("t0", "t1")
        + '<bpmn:endEvent id="end"/>'
        + flow("g", "t0")
        + flow("g", "t1")
        + flow("t0", "end")
        + flow("t1", "end")
    ),
    "event-gateway-target": gateway("eventBasedGateway", "", 2, targets=waits("t0") + '<bpmn:task id="t1"/>'),
    "event-gateway-target-incoming": gateway(
        "eventBasedGateway", "", 2, targets=waits("t0", "t1"), more=flow("start", "t0")
    ),
    "event-gateway-target-boundary": file(
        f'<bpmn:process id="p" isExecutable="true"><bpmn:startEvent id="start"/><bpmn:eventBasedGateway id="g"/>{waits("t0")}'
        f'<bpmn:receiveTask id="t1" messageRef="m"/><bpmn:boundaryEvent id="b" attachedToRef="t1">{TIMER}</bpmn:boundaryEvent><bpmn:endEvent id="end"/>'
        + flow("start", "g")
        + flow("g", "t0")
        + flow("g", "t1")
        + flow("t0", "end")
        + flow("t1", "end")
        + flow("b", "end")
        + f"</bpmn:process>{MESSAGE}"
    ),
    "event-gateway-mixed": file(
        '<bpmn:process id="p" isExecutable="true"><bpmn:startEvent id="start"/><bpmn:eventBasedGateway id="g"/>'
        '<bpmn:intermediateCatchEvent id="t0"><bpmn:messageEventDefinition messageRef="m"/></bpmn:intermediateCatchEvent>'
        '<bpmn:receiveTask id="t1" messageRef="m"/><bpmn:endEvent id="end"/>'
        + flow("start", "g")
        + flow("g", "t0")
        + flow("g", "t1")
        + flow("t0", "end")
        + flow("t1", "end")
        + f"</bpmn:process>{MESSAGE}"
    ),
    # events
    "event-definition-kind": end(f"{TIMER}"),
    "event-definition-missing": catch(""),
    "parallel-multiple": one(
        f'<bpmn:intermediateCatchEvent id="x" parallelMultiple="true">{TIMER}</bpmn:intermediateCatchEvent>'
    ),
    "boundary-non-interrupting": boundary("<bpmn:errorEventDefinition/>", 'cancelActivity="false"'),
    "start-non-interrupting": event_sub_process(
        '<bpmn:startEvent id="s2" isInterrupting="false"><bpmn:errorEventDefinition/></bpmn:startEvent>'
    ),
    "boundary-scope": one(
        f'<bpmn:subProcess id="x"><bpmn:boundaryEvent id="b" attachedToRef="y">{TIMER}</bpmn:boundaryEvent><bpmn:task id="z"/>{flow("b", "z")}'
        "</bpmn:subProcess>",
        more='<bpmn:task id="y"/>' + flow("start", "y", name="f1") + flow("y", "end", name="f2"),
    ),
    "boundary-event-sub-process": process(
        LINE
        + f'<bpmn:subProcess id="sub" triggeredByEvent="true">{TIMER_START}<bpmn:endEvent id="e2"/>{flow("s2", "e2")}</bpmn:subProcess>'
        + f'<bpmn:boundaryEvent id="b" attachedToRef="sub">{TIMER}</bpmn:boundaryEvent>'
        + flow("b", "x")
    ),
    "cancel-outside-transaction": end("<bpmn:cancelEventDefinition/>"),
    "compensation-boundary-flow": process(LINE + COMPENSABLE + HANDLER + TIED + flow("b", "end")),
    "compensation-handler-missing": process(LINE + COMPENSABLE),
    "compensation-multiple": process(
        LINE + COMPENSABLE.replace("</bpmn:boundaryEvent>", f"{TIMER}</bpmn:boundaryEvent>") + HANDLER + TIED
    ),
    "compensation-activity": process(
        LINE
        + COMPENSABLE.replace("compensateEventDefinition", 'compensateEventDefinition activityRef="x"')
        + HANDLER
        + TIED
    ),
    "compensation-not-visible": one(
        '<bpmn:subProcess id="x"><bpmn:task id="inner"/></bpmn:subProcess>'
        '<bpmn:intermediateThrowEvent id="t"><bpmn:compensateEventDefinition activityRef="inner"/></bpmn:intermediateThrowEvent>',
        more=flow("start", "t") + flow("t", "end"),
    ),
    "condition-missing": catch("<bpmn:conditionalEventDefinition><bpmn:condition/></bpmn:conditionalEventDefinition>"),
    "condition-informal": catch(
        "<bpmn:conditionalEventDefinition><bpmn:condition>when it rains</bpmn:condition></bpmn:conditionalEventDefinition>",
        dialects=(),
    ),
    "message-missing": catch("<bpmn:messageEventDefinition/>"),
    "catcher-twice": boundary("<bpmn:errorEventDefinition/>", on=WORK).replace(
        b"</bpmn:process>",
        b'<bpmn:boundaryEvent id="b2" attachedToRef="x"><bpmn:errorEventDefinition/></bpmn:boundaryEvent>'
        + flow("b2", "e2").encode()
        + b"</bpmn:process>",
    ),
    "start-message-twice": process(
        "".join(
            f'<bpmn:startEvent id="{name}"><bpmn:messageEventDefinition messageRef="m"/></bpmn:startEvent>{flow(name, "end")}'
            for name in ("s1", "s2")
        )
        + '<bpmn:endEvent id="end"/>',
        root=MESSAGE,
    ),
    "error-never-thrown": boundary("<bpmn:errorEventDefinition/>"),
    "message-unnamed": end("<bpmn:messageEventDefinition/>").replace(
        b"<bpmn:messageEventDefinition/>",
        b'<bpmn:extensionElements><zeebe:taskDefinition type="send"/></bpmn:extensionElements><bpmn:messageEventDefinition/>',
    ),
    "receive-by-id": one('<bpmn:receiveTask id="x"/>', dialects=("camunda",)),
    "message-operation-missing": catch(
        '<bpmn:messageEventDefinition messageRef="m"/>', root=ITEMS + TYPED_MESSAGE, dialects=()
    ),
    "signal-missing": throw("<bpmn:signalEventDefinition/>"),
    "error-missing": end("<bpmn:errorEventDefinition/>"),
    "error-code-missing": end('<bpmn:errorEventDefinition errorRef="e"/>', root='<bpmn:error id="e"/>'),
    "escalation-missing": end("<bpmn:escalationEventDefinition/>"),
    "escalation-code-missing": end(
        '<bpmn:escalationEventDefinition escalationRef="e"/>', root='<bpmn:escalation id="e"/>'
    ),
    "link-name-missing": catch("<bpmn:linkEventDefinition/>"),
    "link-by-reference": process(
        LINE
        + '<bpmn:intermediateThrowEvent id="l"><bpmn:linkEventDefinition><bpmn:target>there</bpmn:target></bpmn:linkEventDefinition>'
        '</bpmn:intermediateThrowEvent><bpmn:intermediateCatchEvent id="k"><bpmn:linkEventDefinition id="there" name="b"/>'
        "</bpmn:intermediateCatchEvent>" + flow("x", "l") + flow("k", "end")
    ),
    "link-multiple": catch(f'<bpmn:linkEventDefinition name="a"/>{TIMER}'),
    "link-target": process(
        LINE
        + '<bpmn:intermediateThrowEvent id="l"><bpmn:linkEventDefinition name="a"/></bpmn:intermediateThrowEvent>'
        + flow("x", "l")
    ),
    "link-source": process(
        LINE
        + '<bpmn:intermediateCatchEvent id="l"><bpmn:linkEventDefinition name="a"/></bpmn:intermediateCatchEvent>'
        + flow("l", "end")
    ),
    "link-flow": throw('<bpmn:linkEventDefinition name="a"/>'),
    # data
    "io-set-missing": io("<bpmn:inputSet/>"),
    "io-set-incomplete": io('<bpmn:dataInput id="in"/><bpmn:inputSet/><bpmn:outputSet/>'),
    "io-set-subset": io(
        '<bpmn:dataInput id="in"/><bpmn:inputSet><bpmn:optionalInputRefs>in</bpmn:optionalInputRefs></bpmn:inputSet><bpmn:inputSet>'
        "<bpmn:dataInputRefs>in</bpmn:dataInputRefs></bpmn:inputSet><bpmn:outputSet/>"
    ),
    "io-set-foreign": io(
        "<bpmn:inputSet><bpmn:dataInputRefs>in</bpmn:dataInputRefs></bpmn:inputSet><bpmn:outputSet/>",
        more=f'<bpmn:task id="y"><bpmn:ioSpecification>{ONE_INPUT}</bpmn:ioSpecification></bpmn:task>'
        + flow("start", "y")
        + flow("y", "end"),
    ),
    "io-set-one-sided": io(
        ONE_INPUT.replace("</bpmn:inputSet>", "<bpmn:outputSetRefs>os</bpmn:outputSetRefs></bpmn:inputSet>")
    ),
    "io-sub-process": io(ONE_INPUT, tag="subProcess", after='<bpmn:task id="inner"/>'),
    "data-reference-item": process(
        LINE
        + '<bpmn:dataObject id="data"/><bpmn:dataObjectReference id="ref" dataObjectRef="data" itemSubjectRef="text"/>',
        root=ITEMS,
    ),
    "data-object-state": process(LINE + '<bpmn:dataObject id="data"><bpmn:dataState name="signed"/></bpmn:dataObject>'),
    "data-association-item": io(
        ONE_INPUT.replace('id="in"', 'id="in" itemSubjectRef="text"'),
        after='<bpmn:dataInputAssociation id="da"><bpmn:sourceRef>ref</bpmn:sourceRef><bpmn:targetRef>in</bpmn:targetRef></bpmn:dataInputAssociation>',
        more='<bpmn:dataObject id="data" itemSubjectRef="number"/><bpmn:dataObjectReference id="ref" dataObjectRef="data"/>',
        root=ITEMS,
    ),
    "data-object-missing": process(LINE + '<bpmn:dataObjectReference id="ref"/>'),
    "data-association-end": io(
        ONE_INPUT,
        after='<bpmn:dataInputAssociation id="da"><bpmn:sourceRef>in</bpmn:sourceRef><bpmn:targetRef>ref</bpmn:targetRef></bpmn:dataInputAssociation>',
        more='<bpmn:dataObject id="data"/><bpmn:dataObjectReference id="ref" dataObjectRef="data"/>',
    ),
    "data-association-sources": io(
        ONE_INPUT,
        after='<bpmn:dataInputAssociation id="da"><bpmn:sourceRef>r1</bpmn:sourceRef><bpmn:sourceRef>r2</bpmn:sourceRef><bpmn:targetRef>in</bpmn:targetRef>'
        "</bpmn:dataInputAssociation>",
        more='<bpmn:dataObject id="data"/><bpmn:dataObjectReference id="r1" dataObjectRef="data"/><bpmn:dataObjectReference id="r2" dataObjectRef="data"/>',
    ),
    "assignment-incomplete": io(
        ONE_INPUT,
        after='<bpmn:dataInputAssociation id="da"><bpmn:targetRef>in</bpmn:targetRef><bpmn:assignment><bpmn:from/><bpmn:to>in</bpmn:to></bpmn:assignment>'
        "</bpmn:dataInputAssociation>",
    ),
    "collection-contradiction": process(
        LINE + '<bpmn:dataObject id="data" itemSubjectRef="many" isCollection="false"/>',
        root='<bpmn:itemDefinition id="many" isCollection="true"/>',
    ),
    "message-data-count": io(
        '<bpmn:dataInput id="a"/><bpmn:dataInput id="b"/><bpmn:inputSet><bpmn:dataInputRefs>a</bpmn:dataInputRefs><bpmn:dataInputRefs>b</bpmn:dataInputRefs>'
        "</bpmn:inputSet><bpmn:outputSet/>",
        tag="sendTask",
        attributes='messageRef="m"',
        root=MESSAGE,
    ),
    "message-data-item": io(
        ONE_INPUT.replace('id="in"', 'id="in" itemSubjectRef="number"'),
        tag="serviceTask",
        attributes='operationRef="op"',
        root=ITEMS + TYPED_MESSAGE + OPERATION,
        job=True,
    ),
    "event-data-count": end(
        '<bpmn:dataInput id="a"/><bpmn:inputSet><bpmn:dataInputRefs>a</bpmn:dataInputRefs></bpmn:inputSet><bpmn:terminateEventDefinition/>'
    ),
    "event-data-item": throw(
        '<bpmn:dataInput id="a" itemSubjectRef="number"/><bpmn:inputSet><bpmn:dataInputRefs>a</bpmn:dataInputRefs></bpmn:inputSet>'
        '<bpmn:messageEventDefinition messageRef="m"/>',
        root=ITEMS + TYPED_MESSAGE,
    ),
    "io-binding": process(
        "<bpmn:supportedInterfaceRef>i</bpmn:supportedInterfaceRef><bpmn:ioSpecification>"
        + ONE_INPUT.replace('id="in"', 'id="in" itemSubjectRef="number"')
        + '</bpmn:ioSpecification><bpmn:ioBinding operationRef="op" inputDataRef="in" outputDataRef="os"/>'
        + LINE,
        root=ITEMS + TYPED_MESSAGE + OPERATION,
    ),
    "io-binding-missing": process(
        "<bpmn:supportedInterfaceRef>i</bpmn:supportedInterfaceRef>" + LINE, root=ITEMS + TYPED_MESSAGE + OPERATION
    ),
    "call-data": io(
        ONE_INPUT,
        tag="callActivity",
        attributes='calledElement="q"',
        root='<bpmn:process id="q" isExecutable="true"><bpmn:task id="t"/></bpmn:process>',
    ),
    # collaboration and correlation
    "message-flow-same-pool": pools(message_flow("x", "x")),
    "message-flow-source": pools(message_flow("start", "theirs")),
    "message-flow-target": pools(message_flow("theirs", "start")),
    "message-flow-fork": file(
        '<bpmn:collaboration id="c"><bpmn:participant id="mine" processRef="p"/><bpmn:participant id="theirs" processRef="q"/>'
        + message_flow("x", "y", "f1")
        + message_flow("x", "z", "f2")
        + f'</bpmn:collaboration><bpmn:process id="p" isExecutable="true">{DOUBLE_FLOW}</bpmn:process>'
        '<bpmn:process id="q" isExecutable="true"><bpmn:task id="y"/><bpmn:task id="z"/></bpmn:process>' + MESSAGE
    ),
    "participant-multiplicity": pools("", more='<bpmn:participantMultiplicity minimum="3" maximum="2"/>'),
    "global-conversation": process(
        LINE, root='<bpmn:globalConversation id="gc"><bpmn:conversation id="conv"/></bpmn:globalConversation>'
    ),
    "conversation-link": file(
        '<bpmn:collaboration id="c"><bpmn:participant id="mine" processRef="p"/><bpmn:participant id="theirs"/>'
        '<bpmn:conversationLink id="cl" sourceRef="mine" targetRef="theirs"/></bpmn:collaboration>'
        f'<bpmn:process id="p" isExecutable="true">{LINE}</bpmn:process>'
    ),
    "choreography-not-run": process(LINE, root='<bpmn:choreography id="ch"/>'),
    "correlation-key-empty": correlated("", RETRIEVAL, ""),
    "correlation-retrieval": correlated(KEY, "", BINDING),
    "correlation-path": correlated(KEY, RETRIEVAL, BINDING.replace("=id", "")),
    "correlation-subscription": correlated(KEY, RETRIEVAL, ""),
    # extensions and what is needed to run
    "extension-unknown": one(extended("task", '<zeebe:spell name="abracadabra"/>')),
    "binding-unknown": one(extended("callActivity", '<zeebe:calledElement processId="q" bindingType="newest"/>')),
    "mapping-incomplete": one(extended("task", '<zeebe:ioMapping><zeebe:input source="=1"/></zeebe:ioMapping>')),
    "mapping-source-missing": one(extended("task", '<zeebe:ioMapping><zeebe:input target="a"/></zeebe:ioMapping>')),
    "mapping-local": one(
        extended("callActivity", '<camunda:in source="a" target="b" local="true"/>', attributes='calledElement="q"'),
        dialects=("camunda",),
    ),
    "listener-incomplete": one(
        extended(
            "task", '<zeebe:executionListeners><zeebe:executionListener eventType="start"/></zeebe:executionListeners>'
        )
    ),
    "java-code": one('<bpmn:serviceTask id="x" camunda:class="com.example.Delegate"/>', dialects=("camunda",)),
    "script-resource": one(
        '<bpmn:scriptTask id="x" camunda:resource="a.py"><bpmn:script/></bpmn:scriptTask>', dialects=("camunda",)
    ),
    "script-hook": one(
        extended("task", "<spiffworkflow:preScript>a = 1</spiffworkflow:preScript>"), dialects=("spiffworkflow",)
    ),
    "script-syntax": one(
        '<bpmn:scriptTask id="x" scriptFormat="python"><bpmn:script>if :</bpmn:script></bpmn:scriptTask>'
    ),
    "script-unsupported": one(
        '<bpmn:scriptTask id="x" scriptFormat="python"><bpmn:script>a = 1\ndel a</bpmn:script></bpmn:scriptTask>'
    ),
    "error-mapping": one(
        extended(
            "serviceTask",
            '<camunda:errorEventDefinition id="d" errorRef="e" expression="${true}"/>',
            attributes='camunda:type="external" camunda:topic="t"',
        ),
        root='<bpmn:error id="e" errorCode="1"/>',
        dialects=("camunda",),
    ),
    "retries-unsupported": one(
        extended(
            "task",
            "<camunda:failedJobRetryTimeCycle>often</camunda:failedJobRetryTimeCycle>".replace("often", "often/PT1M"),
        ),
        dialects=("camunda",),
    ),
    "business-key-inherited": one(
        '<bpmn:callActivity id="x" calledElement="q" flowable:inheritBusinessKey="true"/>', dialects=("flowable",)
    ),
    "form-missing": one(extended("userTask", '<zeebe:formDefinition formKey="camunda-forms:bpmn:nowhere"/>')),
    "form-data": one(extended("userTask", "<camunda:formData/>"), dialects=("camunda",)),
    "condition-filter": catch(
        '<bpmn:conditionalEventDefinition camunda:variableName="a"><bpmn:condition>${a}</bpmn:condition></bpmn:conditionalEventDefinition>',
        dialects=("camunda",),
    ),
    "job-type-missing": one('<bpmn:serviceTask id="x"/>'),
    "job-header-invalid": one(
        extended(
            "serviceTask",
            '<zeebe:taskDefinition type="a"/><zeebe:taskHeaders><zeebe:header key="stepwell:timeout" value="soon"/>'
            "</zeebe:taskHeaders>",
        )
    ),
    "decision-missing": one('<bpmn:businessRuleTask id="x"/>'),
    "decision-incomplete": one(extended("businessRuleTask", '<zeebe:calledDecision decisionId="d"/>')),
    "script-missing": one('<bpmn:scriptTask id="x" scriptFormat="python"/>'),
    "script-language": one(
        '<bpmn:scriptTask id="x" scriptFormat="groovy"><bpmn:script>1</bpmn:script></bpmn:scriptTask>'
    ),
}
