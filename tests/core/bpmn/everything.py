"""One diagram that holds every element of BPMN's schema in a place where it may stand, with every attribute that it may have."""

# ruff: noqa: E501 (markup is easier to read unbroken)

from __future__ import annotations

from tests.core.bpmn.diagrams import file, flow

_FORMAL = 'xsi:type="bpmn:tFormalExpression" language="feel" evaluatesToTypeRef="item"'
_FLOW_ELEMENT = "<bpmn:auditing/><bpmn:monitoring/><bpmn:categoryValueRef>value</bpmn:categoryValueRef>"
_ACTIVITY = 'startQuantity="1" completionQuantity="1"'


def _lists(incoming: str = "", outgoing: str = "") -> str:
    return (
        _FLOW_ELEMENT
        + "".join(f"<bpmn:incoming>{name}</bpmn:incoming>" for name in incoming.split())
        + "".join(f"<bpmn:outgoing>{name}</bpmn:outgoing>" for name in outgoing.split())
    )


def _data(prefix: str) -> str:
    return (
        f'<bpmn:ioSpecification><bpmn:dataInput id="{prefix}in" name="{prefix}in" itemSubjectRef="item" isCollection="false"><bpmn:dataState name="s"/></bpmn:dataInput>'
        f'<bpmn:dataOutput id="{prefix}out" name="{prefix}out" itemSubjectRef="item" isCollection="false"><bpmn:dataState name="s"/></bpmn:dataOutput>'
        f'<bpmn:inputSet id="{prefix}is" name="is"><bpmn:dataInputRefs>{prefix}in</bpmn:dataInputRefs><bpmn:optionalInputRefs>{prefix}in</bpmn:optionalInputRefs>'
        f"<bpmn:whileExecutingInputRefs>{prefix}in</bpmn:whileExecutingInputRefs><bpmn:outputSetRefs>{prefix}os</bpmn:outputSetRefs></bpmn:inputSet>"
        f'<bpmn:outputSet id="{prefix}os" name="os"><bpmn:dataOutputRefs>{prefix}out</bpmn:dataOutputRefs><bpmn:optionalOutputRefs>{prefix}out</bpmn:optionalOutputRefs>'
        f"<bpmn:whileExecutingOutputRefs>{prefix}out</bpmn:whileExecutingOutputRefs><bpmn:inputSetRefs>{prefix}is</bpmn:inputSetRefs></bpmn:outputSet></bpmn:ioSpecification>"
    )


def _associations(prefix: str) -> str:
    return (
        f'<bpmn:property id="{prefix}prop" name="{prefix}prop" itemSubjectRef="item"><bpmn:dataState name="s"/></bpmn:property>'
        f"<bpmn:dataInputAssociation id='{prefix}dia'><bpmn:sourceRef>ref</bpmn:sourceRef><bpmn:targetRef>{prefix}in</bpmn:targetRef>"
        f"<bpmn:transformation {_FORMAL}>order.id</bpmn:transformation></bpmn:dataInputAssociation>"
        f"<bpmn:dataOutputAssociation id='{prefix}doa'><bpmn:sourceRef>{prefix}out</bpmn:sourceRef><bpmn:targetRef>ref</bpmn:targetRef>"
        f"<bpmn:assignment><bpmn:from {_FORMAL}>1</bpmn:from><bpmn:to {_FORMAL}>order.id</bpmn:to></bpmn:assignment></bpmn:dataOutputAssociation>"
    )


_ROLES = (
    '<bpmn:potentialOwner id="{0}po" name="owner"><bpmn:resourceRef>boss</bpmn:resourceRef><bpmn:resourceParameterBinding parameterRef="level">'
    f"<bpmn:formalExpression {_FORMAL}>1</bpmn:formalExpression></bpmn:resourceParameterBinding></bpmn:potentialOwner>"
    '<bpmn:humanPerformer id="{0}hp" name="human"><bpmn:resourceAssignmentExpression id="{0}rae">'
    f"<bpmn:formalExpression {_FORMAL}>alice</bpmn:formalExpression></bpmn:resourceAssignmentExpression></bpmn:humanPerformer>"
    '<bpmn:performer id="{0}pf" name="performer"><bpmn:resourceRef>boss</bpmn:resourceRef></bpmn:performer>'
    '<bpmn:resourceRole id="{0}rr" name="role"><bpmn:resourceRef>boss</bpmn:resourceRef></bpmn:resourceRole>'
)


def _node(
    tag: str, name: str, incoming: str = "", outgoing: str = "", attributes: str = "", before: str = "", inner: str = ""
) -> str:
    return f'<bpmn:{tag} id="{name}" name="{name} name" {attributes}>{before}{_lists(incoming, outgoing)}{inner}</bpmn:{tag}>'


def _task(tag: str, name: str, attributes: str = "", inner: str = "") -> str:
    """A task between two of the gateways, with data, roles and a default flow that is not its only one."""
    return _node(
        tag,
        name,
        f"fork_{name}",
        f"{name}_join {name}_join2",
        f'{_ACTIVITY} isForCompensation="false" default="{name}_join" {attributes}',
        "",
        _data(name) + _associations(name) + _ROLES.format(name) + inner,
    ) + flow("fork", name) + flow(name, "join") + flow(name, "join", "=true", name=f"{name}_join2")  # fmt: skip


_DEFINITIONS = {
    "message": '<bpmn:messageEventDefinition id="{0}md" messageRef="m"><bpmn:operationRef>op</bpmn:operationRef></bpmn:messageEventDefinition>',
    "signal": '<bpmn:signalEventDefinition id="{0}sd" signalRef="s"/>',
    "date": f'<bpmn:timerEventDefinition id="{{0}}td"><bpmn:timeDate {_FORMAL}>"2030-01-01T00:00:00Z"</bpmn:timeDate></bpmn:timerEventDefinition>',
    "duration": f'<bpmn:timerEventDefinition id="{{0}}td"><bpmn:timeDuration {_FORMAL}>"PT1S"</bpmn:timeDuration></bpmn:timerEventDefinition>',
    "cycle": f'<bpmn:timerEventDefinition id="{{0}}td"><bpmn:timeCycle {_FORMAL}>"R/PT1S"</bpmn:timeCycle></bpmn:timerEventDefinition>',
    "condition": f'<bpmn:conditionalEventDefinition id="{{0}}cd"><bpmn:condition {_FORMAL}>late</bpmn:condition></bpmn:conditionalEventDefinition>',
    "error": '<bpmn:errorEventDefinition id="{0}ed" errorRef="err"/>',
    "escalation": '<bpmn:escalationEventDefinition id="{0}ed" escalationRef="esc"/>',
    "compensate": '<bpmn:compensateEventDefinition id="{0}cd" waitForCompletion="true" activityRef="plain"/>',
    "terminate": '<bpmn:terminateEventDefinition id="{0}td"/>',
    "throw link": '<bpmn:linkEventDefinition id="ldt" name="there"><bpmn:target>ldc</bpmn:target></bpmn:linkEventDefinition>',
    "catch link": '<bpmn:linkEventDefinition id="ldc" name="there"><bpmn:source>ldt</bpmn:source></bpmn:linkEventDefinition>',
}


def _carries(definition: str) -> bool:
    return any(reference in definition for reference in ("messageRef", "signalRef", "errorRef", "escalationRef"))


def _caught(name: str) -> str:
    return (
        f'<bpmn:property id="{name}prop" name="{name}prop" itemSubjectRef="item"/><bpmn:dataOutput id="{name}out" name="{name}out" itemSubjectRef="item" isCollection="false"/>'
        f'<bpmn:dataOutputAssociation id="{name}doa"><bpmn:sourceRef>{name}out</bpmn:sourceRef><bpmn:targetRef>ref</bpmn:targetRef></bpmn:dataOutputAssociation>'
        f"<bpmn:outputSet id='{name}os'><bpmn:dataOutputRefs>{name}out</bpmn:dataOutputRefs></bpmn:outputSet>"
    )


def _thrown(name: str) -> str:
    return (
        f'<bpmn:property id="{name}prop" name="{name}prop" itemSubjectRef="item"/><bpmn:dataInput id="{name}in" name="{name}in" itemSubjectRef="item" isCollection="false"/>'
        f'<bpmn:dataInputAssociation id="{name}dia"><bpmn:sourceRef>ref</bpmn:sourceRef><bpmn:targetRef>{name}in</bpmn:targetRef></bpmn:dataInputAssociation>'
        f"<bpmn:inputSet id='{name}is'><bpmn:dataInputRefs>{name}in</bpmn:dataInputRefs></bpmn:inputSet>"
    )


def _catch(tag: str, name: str, incoming: str, outgoing: str, attributes: str, definition: str) -> str:
    return _node(
        tag,
        name,
        incoming,
        outgoing,
        f'parallelMultiple="false" {attributes}',
        "",
        (_caught(name) if _carries(definition) else "") + definition,
    )


def _throw(tag: str, name: str, incoming: str, outgoing: str, definition: str) -> str:
    return _node(tag, name, incoming, outgoing, "", "", (_thrown(name) if _carries(definition) else "") + definition)


def _event(name: str, kind: str) -> str:
    """An intermediate catch event of that kind between two of the gateways."""
    return (
        _catch("intermediateCatchEvent", name, f"fork_{name}", f"{name}_join", "", _DEFINITIONS[kind].format(name))
        + flow("fork", name) + flow(name, "join")
    )  # fmt: skip


def _thrower(name: str, kind: str) -> str:
    return (
        _throw("intermediateThrowEvent", name, f"fork_{name}", f"{name}_join", _DEFINITIONS[kind].format(name))
        + flow("fork", name) + flow(name, "join")
    )  # fmt: skip


_MULTIPLE = (
    '<bpmn:multiInstanceLoopCharacteristics id="mi" isSequential="true" behavior="Complex" oneBehaviorEventRef="topsignal" noneBehaviorEventRef="topsignal">'
    "<bpmn:loopDataInputRef>multiin</bpmn:loopDataInputRef><bpmn:loopDataOutputRef>multiout</bpmn:loopDataOutputRef>"
    '<bpmn:inputDataItem id="idi" name="entry" itemSubjectRef="item" isCollection="false"/><bpmn:outputDataItem id="odi" name="result" itemSubjectRef="item" isCollection="false"/>'
    f'<bpmn:complexBehaviorDefinition id="cbd"><bpmn:condition {_FORMAL}>true</bpmn:condition><bpmn:event id="thrown">{_DEFINITIONS["signal"].format("cb")}</bpmn:event></bpmn:complexBehaviorDefinition>'
    f"<bpmn:completionCondition {_FORMAL}>done</bpmn:completionCondition></bpmn:multiInstanceLoopCharacteristics>"
)
_COUNTED = (
    f'<bpmn:multiInstanceLoopCharacteristics id="mi2" isSequential="false" behavior="One" oneBehaviorEventRef="topsignal"><bpmn:loopCardinality {_FORMAL}>3</bpmn:loopCardinality>'
    "</bpmn:multiInstanceLoopCharacteristics>"
)
_NONE = _COUNTED.replace('"mi2"', '"mi3"').replace('"One"', '"None"').replace("oneBehavior", "noneBehavior")
_LOOP = f'<bpmn:standardLoopCharacteristics id="loop" testBefore="true" loopMaximum="3"><bpmn:loopCondition {_FORMAL}>again</bpmn:loopCondition></bpmn:standardLoopCharacteristics>'


def _scope(tag: str, name: str, attributes: str = "", inner: str = "") -> str:
    return _node(
        tag,
        name,
        f"fork_{name}",
        f"{name}_join {name}_join2",
        f'{_ACTIVITY} isForCompensation="false" default="{name}_join" {attributes}',
        "",
        _associations(name).replace(f"{name}in<", f"{name}prop<").replace(f"{name}out<", f"{name}prop<")
        + _ROLES.format(name)
        + f'<bpmn:laneSet id="{name}ls" name="ls"><bpmn:lane id="{name}l" name="{name} lane" partitionElementRef="value"><bpmn:flowNodeRef>{name}t</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>'
        + f'<bpmn:userTask id="{name}t" implementation="##unspecified"/>{inner}<bpmn:textAnnotation id="{name}ta"><bpmn:text>note</bpmn:text></bpmn:textAnnotation>',
    ) + flow("fork", name) + flow(name, "join") + flow(name, "join", "=true", name=f"{name}_join2")  # fmt: skip


_TASKS = [
    _task("task", "plain", inner=_LOOP),
    _task("manualTask", "manual", inner=_COUNTED),
    _task("userTask", "user", 'implementation="##unspecified"', '<bpmn:rendering id="render"/>'),
    _task("serviceTask", "service", 'implementation="##WebService" operationRef="op"'),
    _task("sendTask", "send", 'implementation="##WebService" messageRef="m"'),
    _task("sendTask", "operated", 'operationRef="op"'),
    _task("receiveTask", "receive", 'implementation="##WebService" instantiate="false" messageRef="m"'),
    _task("receiveTask", "served", 'operationRef="op"'),
    _task("scriptTask", "script", 'scriptFormat="feel"', "<bpmn:script>=1</bpmn:script>"),
    _task("businessRuleTask", "rule", 'implementation="##unspecified"', _NONE),
    _task("callActivity", "call", 'calledElement="gt"'),
    _task("task", "multi", inner=_MULTIPLE).replace('itemSubjectRef="item" isCollection="false"><bpmn:dataState', 'itemSubjectRef="items" isCollection="true"><bpmn:dataState'),
]  # fmt: skip
_EVENT_SUB = (
    '<bpmn:subProcess id="esp" name="esp" triggeredByEvent="true">'
    + _catch("startEvent", "es", "", "es_ee", 'isInterrupting="true"', _DEFINITIONS["condition"].format("es"))
    + f'<bpmn:endEvent id="ee"/>{flow("es", "ee")}</bpmn:subProcess>'
)
_PROCESS = (
    "<bpmn:supportedInterfaceRef>i</bpmn:supportedInterfaceRef>"
    + _data("p")
    + '<bpmn:ioBinding operationRef="op" inputDataRef="pin" outputDataRef="pout"/><bpmn:auditing/><bpmn:monitoring/>'
    + '<bpmn:property id="pprop" name="pprop" itemSubjectRef="item"/>'
    + '<bpmn:laneSet id="ls" name="lanes"><bpmn:lane id="l" name="clerks" partitionElementRef="value"><bpmn:partitionElement id="pe"/><bpmn:flowNodeRef>sub</bpmn:flowNodeRef>'
    + '<bpmn:childLaneSet id="cls" name="inner"><bpmn:lane id="l2" name="juniors"><bpmn:flowNodeRef>adhoc</bpmn:flowNodeRef></bpmn:lane></bpmn:childLaneSet></bpmn:lane></bpmn:laneSet>'
    + _catch("startEvent", "start", "", "start_fork", 'isInterrupting="true"', _DEFINITIONS["message"].format("start"))
    + _node("inclusiveGateway", "fork", "start_fork", "", 'gatewayDirection="Diverging" default="fork_plain"').replace("<bpmn:outgoing></bpmn:outgoing>", "")
    + flow("start", "fork")
    + "".join(_TASKS)
    + _scope("subProcess", "sub", 'triggeredByEvent="false"')
    + _scope("transaction", "tx", 'triggeredByEvent="false" method="##Compensate"')
    + _scope(
        "adHocSubProcess",
        "adhoc",
        'triggeredByEvent="false" ordering="Sequential" cancelRemainingInstances="false"',
        f"<bpmn:completionCondition {_FORMAL}>done</bpmn:completionCondition>",
    )
    + _EVENT_SUB
    + "".join(_event(name, name) for name in ("signal", "date", "duration", "cycle", "condition"))
    + _event("caught", "message")
    + _catch("intermediateCatchEvent", "referred", "fork_referred", "referred_join", "", "<bpmn:eventDefinitionRef>topsignal</bpmn:eventDefinitionRef>")
    + flow("fork", "referred") + flow("referred", "join")
    + _thrower("sent", "message") + _thrower("raised", "escalation") + _thrower("undone", "compensate")
    + _throw("intermediateThrowEvent", "away", "fork_away", "", _DEFINITIONS["throw link"]) + flow("fork", "away")
    + _catch("intermediateCatchEvent", "there", "", "there_join", "", _DEFINITIONS["catch link"]) + flow("there", "join")
    + _catch("boundaryEvent", "bound", "", "bound_join", 'attachedToRef="plain" cancelActivity="true"', _DEFINITIONS["error"].format("bound")) + flow("bound", "join")
    + '<bpmn:boundaryEvent id="cancelled" attachedToRef="tx"><bpmn:cancelEventDefinition id="can"/></bpmn:boundaryEvent>' + flow("cancelled", "join")
    + '<bpmn:boundaryEvent id="compensated" attachedToRef="user"><bpmn:compensateEventDefinition/></bpmn:boundaryEvent><bpmn:task id="handler" isForCompensation="true"/>'
    + '<bpmn:association id="a" sourceRef="compensated" targetRef="handler" associationDirection="One"/>'
    + _node("exclusiveGateway", "join", "", "join_race join_end", 'gatewayDirection="Mixed" default="join_end"')
    + flow("join", "race", "x") + flow("join", "end")
    + _node("eventBasedGateway", "race", "join_race", "race_t1 race_t2", 'gatewayDirection="Diverging" instantiate="false" eventGatewayType="Exclusive"')
    + "".join(f'<bpmn:intermediateCatchEvent id="t{n}">' + _DEFINITIONS["duration"].format(f"t{n}") + "</bpmn:intermediateCatchEvent>" + flow("race", f"t{n}") + flow(f"t{n}", "both") for n in (1, 2))
    + _node("parallelGateway", "both", "t1_both t2_both", "both_complex", 'gatewayDirection="Converging"') + flow("both", "complex") + flow("fork", "complex")
    + _node("complexGateway", "complex", "both_complex fork_complex", "complex_end complex_end2", 'gatewayDirection="Mixed" default="complex_end"', "", f"<bpmn:activationCondition {_FORMAL}>activationCount > 0</bpmn:activationCondition>")
    + flow("complex", "end") + flow("complex", "end2")
    + _throw("endEvent", "end", "join_end complex_end", "", _DEFINITIONS["signal"].format("end"))
    + _throw("endEvent", "end2", "complex_end2", "", _DEFINITIONS["error"].format("end2"))
    + '<bpmn:endEvent id="end3">' + _DEFINITIONS["terminate"].format("end3") + "</bpmn:endEvent>" + flow("fork", "end3")
    + '<bpmn:sequenceFlow id="named" name="named" sourceRef="fork" targetRef="join" isImmediate="true">' + _FLOW_ELEMENT
    + f"<bpmn:conditionExpression {_FORMAL}>x</bpmn:conditionExpression></bpmn:sequenceFlow>"
    + f'<bpmn:dataObject id="do" name="order" itemSubjectRef="item" isCollection="false">{_FLOW_ELEMENT}<bpmn:dataState id="dos" name="s"/></bpmn:dataObject>'
    + f'<bpmn:dataObject id="nameless"/><bpmn:dataObjectReference id="ref" name="order" itemSubjectRef="item" dataObjectRef="do">{_FLOW_ELEMENT}<bpmn:dataState name="s"/></bpmn:dataObjectReference>'
    + '<bpmn:dataObjectReference id="ref2" name="nickname" dataObjectRef="nameless"/>'
    + f'<bpmn:dataStoreReference id="dsr" name="stock" itemSubjectRef="item" dataStoreRef="ds">{_FLOW_ELEMENT}<bpmn:dataState name="s"/></bpmn:dataStoreReference>'
    + '<bpmn:dataStoreReference id="dsr2" dataStoreRef="ds"/>'
    + '<bpmn:textAnnotation id="ta" textFormat="text/plain"><bpmn:text>note</bpmn:text></bpmn:textAnnotation><bpmn:group id="g" categoryValueRef="value"/>'
    + _ROLES.format("p")
    + f'<bpmn:correlationSubscription id="subscription" correlationKeyRef="key"><bpmn:correlationPropertyBinding correlationPropertyRef="cp"><bpmn:dataPath {_FORMAL}>id</bpmn:dataPath></bpmn:correlationPropertyBinding></bpmn:correlationSubscription>'
    + "<bpmn:supports>q</bpmn:supports>"
)  # fmt: skip


def _global(tag: str, name: str, attributes: str = "", inner: str = "") -> str:
    return (
        f'<bpmn:{tag} id="{name}" name="{name}" {attributes}><bpmn:supportedInterfaceRef>i</bpmn:supportedInterfaceRef>{_data(name)}'
        f'<bpmn:ioBinding operationRef="op" inputDataRef="{name}in" outputDataRef="{name}out"/>{_ROLES.format(name)}{inner}</bpmn:{tag}>'
    )


_TOP = (
    '<bpmn:import namespace="http://www.w3.org/2001/XMLSchema" location="types.xsd" importType="http://www.w3.org/2001/XMLSchema"/>'
    '<bpmn:extension definition="other:magic" mustUnderstand="false"><bpmn:documentation>of ours</bpmn:documentation></bpmn:extension>'
    '<bpmn:itemDefinition id="item" structureRef="String" isCollection="false" itemKind="Information"/><bpmn:itemDefinition id="items" structureRef="String" isCollection="true"/>'
    '<bpmn:message id="m" name="message" itemRef="item"/><bpmn:signal id="s" name="signal" structureRef="item"/>'
    '<bpmn:error id="err" name="error" errorCode="E1" structureRef="item"/><bpmn:escalation id="esc" name="escalation" escalationCode="X1" structureRef="item"/>'
    '<bpmn:signalEventDefinition id="topsignal" signalRef="s"/>'
    '<bpmn:interface id="i" name="interface" implementationRef="other:i"><bpmn:operation id="op" name="operation" implementationRef="other:op"><bpmn:inMessageRef>m</bpmn:inMessageRef>'
    "<bpmn:outMessageRef>m</bpmn:outMessageRef><bpmn:errorRef>err</bpmn:errorRef></bpmn:operation></bpmn:interface>"
    '<bpmn:resource id="boss" name="boss"><bpmn:resourceParameter id="level" name="level" type="item" isRequired="false"/></bpmn:resource>'
    '<bpmn:dataStore id="ds" name="store" capacity="5" isUnlimited="false" itemSubjectRef="item"><bpmn:dataState name="s"/></bpmn:dataStore>'
    '<bpmn:category id="cat" name="category"><bpmn:categoryValue id="value" value="x"/></bpmn:category><bpmn:endPoint id="ep"/>'
    '<bpmn:partnerEntity id="pent" name="entity"><bpmn:participantRef>mine</bpmn:participantRef></bpmn:partnerEntity>'
    '<bpmn:partnerRole id="prole" name="role"><bpmn:participantRef>mine</bpmn:participantRef></bpmn:partnerRole>'
    '<bpmn:correlationProperty id="cp" name="property" type="item"><bpmn:correlationPropertyRetrievalExpression messageRef="m">'
    f"<bpmn:messagePath {_FORMAL}>id</bpmn:messagePath></bpmn:correlationPropertyRetrievalExpression></bpmn:correlationProperty>"
    '<bpmn:collaboration id="c" name="collaboration" isClosed="false"><bpmn:participant id="mine" name="mine" processRef="p"><bpmn:interfaceRef>i</bpmn:interfaceRef>'
    '<bpmn:endPointRef>ep</bpmn:endPointRef><bpmn:participantMultiplicity id="pm" minimum="1" maximum="2"/></bpmn:participant><bpmn:participant id="other" processRef="q"/>'
    '<bpmn:messageFlow id="mf" name="flow" sourceRef="send" targetRef="qr" messageRef="m"/><bpmn:textAnnotation id="cta"><bpmn:text>note</bpmn:text></bpmn:textAnnotation>'
    '<bpmn:conversation id="conv" name="talk"><bpmn:participantRef>mine</bpmn:participantRef><bpmn:participantRef>other</bpmn:participantRef><bpmn:messageFlowRef>mf</bpmn:messageFlowRef>'
    '<bpmn:correlationKey id="ck2" name="k"><bpmn:correlationPropertyRef>cp</bpmn:correlationPropertyRef></bpmn:correlationKey></bpmn:conversation>'
    '<bpmn:subConversation id="sconv" name="talk"><bpmn:participantRef>mine</bpmn:participantRef><bpmn:participantRef>other</bpmn:participantRef><bpmn:conversation id="inner"/></bpmn:subConversation>'
    '<bpmn:callConversation id="cconv" name="talk" calledCollaborationRef="gc"><bpmn:participantRef>mine</bpmn:participantRef><bpmn:participantRef>other</bpmn:participantRef>'
    '<bpmn:participantAssociation id="pa2"><bpmn:innerParticipantRef>gp</bpmn:innerParticipantRef><bpmn:outerParticipantRef>mine</bpmn:outerParticipantRef></bpmn:participantAssociation></bpmn:callConversation>'
    '<bpmn:conversationAssociation id="ca" innerConversationNodeRef="conv" outerConversationNodeRef="sconv"/>'
    '<bpmn:participantAssociation id="pa"><bpmn:innerParticipantRef>gp</bpmn:innerParticipantRef><bpmn:outerParticipantRef>mine</bpmn:outerParticipantRef></bpmn:participantAssociation>'
    '<bpmn:messageFlowAssociation id="mfa" innerMessageFlowRef="mf" outerMessageFlowRef="mf"/>'
    '<bpmn:correlationKey id="key" name="key"><bpmn:correlationPropertyRef>cp</bpmn:correlationPropertyRef></bpmn:correlationKey>'
    '<bpmn:conversationLink id="cl" name="link" sourceRef="mine" targetRef="conv"/></bpmn:collaboration>'
    '<bpmn:globalConversation id="gc" name="global"><bpmn:participant id="gp"/></bpmn:globalConversation>'
)
_REST = (
    '<bpmn:process id="q" name="other" isExecutable="true"><bpmn:receiveTask id="qr" messageRef="m"/></bpmn:process>'
    + _global("globalTask", "gt")
    + _global("globalManualTask", "gmt")
    + _global("globalUserTask", "gut", 'implementation="##unspecified"', '<bpmn:rendering id="render2"/>')
    + _global("globalBusinessRuleTask", "gbrt", 'implementation="##unspecified"')
    + _global("globalScriptTask", "gst", 'scriptLanguage="feel"', "<bpmn:script>=1</bpmn:script>")
    + '<bpmn:relationship id="rel" type="trace" direction="Both"><bpmn:source>p</bpmn:source><bpmn:target>q</bpmn:target></bpmn:relationship>'
)

EVERYTHING = file(
    f'{_TOP}<bpmn:process id="p" name="process" processType="None" isClosed="false" isExecutable="true" definitionalCollaborationRef="c">'
    f"<bpmn:documentation textFormat='text/plain'>What it does</bpmn:documentation>{_PROCESS}</bpmn:process>{_REST}",
    dialects=("other",),
    attributes='name="file" expressionLanguage="feel" typeLanguage="http://www.w3.org/2001/XMLSchema" exporter="us" exporterVersion="1"',
)
