"""The constraints of the standard, chapter by chapter: each is broken in several ways, and each way is refused for that reason alone.

Beside each broken diagram stands the same diagram unbroken, which is accepted.
"""

# ruff: noqa: E501 (markup is easier to read unbroken)

from __future__ import annotations

import re

import pytest

from engine.bpmn import parse
from engine.bpmn.model import Severity
from tests.core.bpmn.broken import HANDLER, LINE, MESSAGE, OPERATION, TIED, TIMER
from tests.core.bpmn.diagrams import errors, file, flow, line, process

ITEMS = (
    '<bpmn:itemDefinition id="text" structureRef="String"/><bpmn:itemDefinition id="other" structureRef="String"/>'
    '<bpmn:itemDefinition id="number" structureRef="Number"/><bpmn:itemDefinition id="texts" structureRef="String" isCollection="true"/>'
)
REFERRED = (
    MESSAGE
    + '<bpmn:signal id="s" name="s"/><bpmn:error id="e" errorCode="1"/><bpmn:escalation id="esc" escalationCode="1"/>'
)
DEFINITIONS = {
    "message": '<bpmn:messageEventDefinition messageRef="m"/>',
    "timer": TIMER,
    "conditional": '<bpmn:conditionalEventDefinition><bpmn:condition xsi:type="bpmn:tFormalExpression">=late</bpmn:condition></bpmn:conditionalEventDefinition>',
    "signal": '<bpmn:signalEventDefinition signalRef="s"/>',
    "error": '<bpmn:errorEventDefinition errorRef="e"/>',
    "escalation": '<bpmn:escalationEventDefinition escalationRef="esc"/>',
    "compensate": "<bpmn:compensateEventDefinition/>",
    "cancel": "<bpmn:cancelEventDefinition/>",
    "link": '<bpmn:linkEventDefinition name="there"/>',
    "terminate": "<bpmn:terminateEventDefinition/>",
}


def plain(body: str, *, root: str = "") -> bytes:
    """A process of the standard alone, without a dialect."""
    return process(body, root=root, dialects=())


def refused(xml: bytes, code: str, element: str) -> None:
    found = [problem for problem in parse(xml).errors if (problem.code, problem.element_id) == (code, element)]
    assert found, [(problem.code, problem.element_id, problem.message) for problem in parse(xml).problems]
    assert all(problem.severity is Severity.ERROR and problem.line for problem in found)
    assert all(re.search(rf"\b{re.escape(element)}\b", problem.message) for problem in found)


# --- artifacts (8.3.1) ---------------------------------------------------------------------------------------------------

ARTIFACTS = (
    '<bpmn:textAnnotation id="note"/><bpmn:group id="group"/><bpmn:association id="association" sourceRef="x" targetRef="note"/>'
    '<bpmn:dataObject id="data"/><bpmn:dataObjectReference id="ref" dataObjectRef="data"/>'
)


@pytest.mark.parametrize("artifact", ["note", "group", "association", "data", "ref"])
@pytest.mark.parametrize("end", ["source", "target"])
def test_a_sequence_flow_neither_leaves_nor_enters_an_artifact_or_data(artifact: str, end: str) -> None:
    wrong = flow(*(artifact, "x") if end == "source" else ("x", artifact), name="wrong")
    refused(plain(LINE + ARTIFACTS + wrong), "reference-kind", "wrong")
    assert errors(plain(LINE + ARTIFACTS)) == set()


THEIRS = (
    '<bpmn:startEvent id="s2"/><bpmn:task id="y"/><bpmn:exclusiveGateway id="g"/><bpmn:endEvent id="e2"/>'
    + flow("s2", "y") + flow("y", "g") + flow("g", "e2") + flow("g", "y")
)  # fmt: skip


def pools(message_flow: str) -> bytes:
    return file(
        f'<bpmn:collaboration id="c"><bpmn:participant id="mine" processRef="p"/><bpmn:participant id="theirs" processRef="q"/>{message_flow}'
        '<bpmn:textAnnotation id="note"/><bpmn:group id="group"/><bpmn:conversation id="conversation"><bpmn:participantRef>mine</bpmn:participantRef>'
        '<bpmn:participantRef>theirs</bpmn:participantRef></bpmn:conversation><bpmn:association id="association" sourceRef="mine" targetRef="note"/>'
        f'</bpmn:collaboration><bpmn:process id="p" isExecutable="true">{LINE}</bpmn:process>'
        f'<bpmn:process id="q" isExecutable="true">{THEIRS}</bpmn:process>',
        dialects=(),
    )  # fmt: skip


@pytest.mark.parametrize("other", ["note", "group", "association", "conversation", "c", "p", "x_end"])
@pytest.mark.parametrize("end", ["sourceRef", "targetRef"])
def test_a_message_flow_connects_pools_activities_and_events_alone(other: str, end: str) -> None:
    ends = {"sourceRef": "theirs", "targetRef": "x"} | {end: other}
    refused(
        pools(f'<bpmn:messageFlow id="wrong" sourceRef="{ends["sourceRef"]}" targetRef="{ends["targetRef"]}"/>'),
        "reference-kind",
        "wrong",
    )


@pytest.mark.parametrize(
    ("source", "target", "code"),
    [
        ("g", "x", "message-flow-source"), ("x", "g", "message-flow-target"), ("s2", "x", "message-flow-source"), ("x", "s2", "message-flow-target"),
        ("e2", "x", "message-flow-source"), ("x", "e2", "message-flow-target"), ("x", "mine", "message-flow-same-pool"),
        ("mine", "x", "message-flow-same-pool"), ("start", "end", "message-flow-same-pool"), ("mine", "mine", "message-flow-same-pool"),
    ],
)  # fmt: skip
def test_a_message_flow_connects_what_sends_and_what_receives_in_two_pools(source: str, target: str, code: str) -> None:
    refused(pools(f'<bpmn:messageFlow id="wrong" sourceRef="{source}" targetRef="{target}"/>'), code, "wrong")
    assert errors(pools('<bpmn:messageFlow id="right" sourceRef="x" targetRef="y"/>')) == set()


# --- sequence flows (8.3.13) ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tag", "attributes", "code"),
    [
        ("task", "", "condition-alone"), ("parallelGateway", "", "gateway-single-flow"), ("subProcess", "", "condition-alone"),
        ("callActivity", 'calledElement="q"', "condition-alone"),
    ],
)  # fmt: skip
def test_a_condition_out_of_an_activity_leaves_another_way(tag: str, attributes: str, code: str) -> None:
    node = f'<bpmn:{tag} id="x" {attributes}/>'
    wrong = line(node, ids=("x",)).replace(flow("x", "end"), flow("x", "end", "=a"))
    refused(plain(wrong), code, "x" if code.startswith("gateway") else "x_end")
    if code == "condition-alone":
        assert errors(plain(wrong + flow("x", "end", name="more"))) == set()


@pytest.mark.parametrize("tag", ["parallelGateway", "eventBasedGateway"])
def test_a_condition_out_of_a_gateway_that_does_not_decide_is_ignored_with_a_warning(tag: str) -> None:
    waits = "".join(f'<bpmn:intermediateCatchEvent id="t{n}">{TIMER}</bpmn:intermediateCatchEvent>' for n in (1, 2))
    body = f'<bpmn:startEvent id="start"/><bpmn:{tag} id="g"/>{waits}<bpmn:endEvent id="end"/>' + flow("start", "g")
    after = flow("g", "t2") + flow("t1", "end") + flow("t2", "end")
    definitions = parse(plain(body + flow("g", "t1", "=a") + after))
    assert [(problem.code, problem.element_id) for problem in definitions.problems] == [
        ("condition-not-allowed", "g_t1")
    ]
    assert definitions.processes["p"].flows["g_t1"].condition is None
    assert parse(plain(body + flow("g", "t1") + after)).problems == ()


@pytest.mark.parametrize("tag", ["task", "exclusiveGateway", "inclusiveGateway", "complexGateway", "subProcess"])
def test_a_default_flow_leaves_its_own_node(tag: str) -> None:
    body = line(f'<bpmn:{tag} id="x" default="DEFAULT"/>', ids=("x",)) + flow("x", "end", "=a", name="more")
    refused(plain(body.replace("DEFAULT", "start_x")), "default-not-outgoing", "x")
    refused(plain(body.replace("DEFAULT", "start")), "reference-kind", "x")
    assert errors(plain(body.replace("DEFAULT", "x_end"))) == set()


@pytest.mark.parametrize(("tag", "way"), [("startEvent", "outgoing"), ("endEvent", "incoming")])
def test_every_event_is_on_the_way(tag: str, way: str) -> None:
    refused(plain(LINE + f'<bpmn:{tag} id="alone"/>'), f"{way}-missing", "alone")
    refused(plain(f'<bpmn:task id="x"/><bpmn:{tag} id="alone"/>'), f"{way}-missing", "alone")


# --- events (tables 10.84 to 10.90) --------------------------------------------------------------------------------------

ALLOWED = {
    "top": {"message", "timer", "conditional", "signal"},
    "sub": set(),
    "event sub": {"message", "timer", "conditional", "signal", "error", "escalation", "compensate"},
    "catch": {"message", "timer", "conditional", "signal", "link"},
    "throw": {"message", "signal", "escalation", "compensate", "link"},
    "end": {"message", "signal", "escalation", "compensate", "error", "terminate", "cancel"},
    "boundary": {"message", "timer", "conditional", "signal", "error", "escalation", "compensate", "cancel"},
}


def place(where: str, definition: str) -> str:
    """The event `v` of that place with that definition, in a process that is right but for it."""
    if where == "top":
        return f'<bpmn:startEvent id="v">{definition}</bpmn:startEvent>' + flow("v", "x")
    if where in ("sub", "event sub"):
        triggered = 'triggeredByEvent="true"' if where == "event sub" else ""
        ways = "" if where == "event sub" else flow("start", "scope") + flow("scope", "end")
        return f'<bpmn:subProcess id="scope" {triggered}><bpmn:startEvent id="v">{definition}</bpmn:startEvent><bpmn:endEvent id="e2"/>{flow("v", "e2")}</bpmn:subProcess>{ways}'
    if where == "end":
        return f'<bpmn:endEvent id="v">{definition}</bpmn:endEvent>' + flow("x", "v")
    if where == "boundary":
        on = (
            '<bpmn:transaction id="tx"><bpmn:task id="inner"/></bpmn:transaction>'
            + flow("start", "tx")
            + flow("tx", "end")
        )
        event = f'<bpmn:boundaryEvent id="v" attachedToRef="tx">{definition}</bpmn:boundaryEvent>'
        return on + event + (HANDLER + TIED.replace('"b"', '"v"') if "compensate" in definition else flow("v", "end"))
    tag = "intermediateCatchEvent" if where == "catch" else "intermediateThrowEvent"
    event = f'<bpmn:{tag} id="v">{definition}</bpmn:{tag}>'
    other = tag.replace("Catch", "*").replace("Throw", "Catch").replace("*", "Throw")
    if "link" not in definition:
        return event + flow("x", "v") + flow("v", "end")
    partner = f'<bpmn:{other} id="w">{definition}</bpmn:{other}>'
    return (
        event + partner + (flow("x", "w") + flow("v", "end") if where == "catch" else flow("x", "v") + flow("w", "end"))
    )


@pytest.mark.parametrize("where", ALLOWED)
@pytest.mark.parametrize("kind", DEFINITIONS)
def test_each_place_of_an_event_allows_its_own_definitions(where: str, kind: str) -> None:
    xml = plain(LINE + place(where, DEFINITIONS[kind]), root=REFERRED)
    if (where, kind) == ("end", "cancel"):
        refused(xml, "cancel-outside-transaction", "v")
    elif kind in ALLOWED[where]:
        assert errors(xml) == set()
    else:
        refused(xml, "sub-process-start-trigger" if where == "sub" else "event-definition-kind", "v")


@pytest.mark.parametrize("where", ALLOWED)
@pytest.mark.parametrize("kind", DEFINITIONS)
def test_a_definition_by_reference_is_judged_like_one_inside(where: str, kind: str) -> None:
    top = re.sub(r"^<bpmn:(\w+)", r'<bpmn:\1 id="ref"', DEFINITIONS[kind])
    if kind == "link":
        return  # its partner would refer to the same definition
    body = place(where, "<bpmn:eventDefinitionRef>ref</bpmn:eventDefinitionRef>")
    if kind == "compensate" and where == "boundary":
        body = body.replace(flow("v", "end"), HANDLER + TIED.replace('"b"', '"v"'))
    inside = errors(plain(LINE + place(where, DEFINITIONS[kind]), root=REFERRED))
    assert errors(plain(LINE + body, root=REFERRED + top)) == inside


@pytest.mark.parametrize("where", ["catch", "boundary", "event sub"])
def test_what_catches_has_a_definition(where: str) -> None:
    refused(
        plain(LINE + place(where, "")),
        "event-sub-process-trigger" if where == "event sub" else "event-definition-missing",
        "v",
    )


@pytest.mark.parametrize("kind", ["error", "cancel", "compensate"])
def test_what_ends_an_activity_does_interrupt_it(kind: str) -> None:
    body = LINE + place("boundary", DEFINITIONS[kind]).replace(
        'attachedToRef="tx"', 'attachedToRef="tx" cancelActivity="false"'
    )
    refused(plain(body, root=REFERRED), "boundary-non-interrupting", "v")


@pytest.mark.parametrize(
    ("kind", "reference"),
    [("message", "messageRef"), ("signal", "signalRef"), ("error", "errorRef"), ("escalation", "escalationRef")],
)
@pytest.mark.parametrize("where", ["end", "throw"])
def test_what_is_thrown_is_named_and_is_of_its_kind(kind: str, reference: str, where: str) -> None:
    if kind not in ALLOWED[where]:
        return
    bare = re.sub(r' \w+Ref="\w+"', "", DEFINITIONS[kind])
    refused(plain(LINE + place(where, bare), root=REFERRED), f"{kind}-missing", "v")
    for wrong, code in (("x", "reference-kind"), ("nowhere", "reference-dangling")):
        refused(plain(LINE + place(where, bare.replace("/>", f' {reference}="{wrong}"/>')), root=REFERRED), code, "v")


# --- activities (10.2) and data (10.3) -----------------------------------------------------------------------------------


@pytest.mark.parametrize("attribute", ["startQuantity", "completionQuantity"])
@pytest.mark.parametrize("value", ["0", "-1", "-5"])
def test_quantities_are_one_or_more(attribute: str, value: str) -> None:
    refused(
        plain(LINE.replace('<bpmn:task id="x"/>', f'<bpmn:task id="x" {attribute}="{value}"/>')),
        "quantity-invalid",
        "x",
    )


@pytest.mark.parametrize("called", ["start", "m", "other", "global", "scope"])
def test_a_call_activity_calls_a_process_or_a_global_task(called: str) -> None:
    root = MESSAGE + ITEMS + '<bpmn:globalConversation id="global"/><bpmn:globalTask id="task"/>'
    body = '<bpmn:callActivity id="x" calledElement="{}"/><bpmn:subProcess id="scope"><bpmn:task id="inner"/></bpmn:subProcess>'
    ways = flow("start", "scope") + flow("scope", "end")
    refused(plain(line(body.format(called), ids=("x",)) + ways, root=root), "called-element-kind", "x")
    assert errors(plain(line(body.format("task"), ids=("x",)) + ways, root=root)) == set()


def sets(inner: str) -> bytes:
    return plain(
        line(f'<bpmn:task id="x"><bpmn:ioSpecification>{inner}</bpmn:ioSpecification></bpmn:task>', ids=("x",))
    )


INPUT, OUTPUT = (
    '<bpmn:dataInput id="in"/><bpmn:dataInput id="in2"/>',
    '<bpmn:dataOutput id="out"/><bpmn:dataOutput id="out2"/>',
)


@pytest.mark.parametrize(
    ("inner", "code", "element"),
    [
        (INPUT + '<bpmn:inputSet id="is"><bpmn:dataInputRefs>in</bpmn:dataInputRefs></bpmn:inputSet><bpmn:outputSet id="os"/>', "io-set-incomplete", "in2"),
        (OUTPUT + '<bpmn:inputSet id="is"/><bpmn:outputSet id="os"><bpmn:dataOutputRefs>out</bpmn:dataOutputRefs></bpmn:outputSet>', "io-set-incomplete", "out2"),
        ('<bpmn:inputSet id="is"/>', "io-set-missing", "x"), ('<bpmn:outputSet id="os"/>', "io-set-missing", "x"),
        *(
            (INPUT + f'<bpmn:inputSet id="is"><bpmn:dataInputRefs>in</bpmn:dataInputRefs><bpmn:{kind}InputRefs>in2</bpmn:{kind}InputRefs></bpmn:inputSet><bpmn:outputSet id="os"/>', "io-set-subset", "is")
            for kind in ("optional", "whileExecuting")
        ),
        *(
            (OUTPUT + f'<bpmn:inputSet id="is"/><bpmn:outputSet id="os"><bpmn:dataOutputRefs>out</bpmn:dataOutputRefs><bpmn:{kind}OutputRefs>out2</bpmn:{kind}OutputRefs></bpmn:outputSet>', "io-set-subset", "os")
            for kind in ("optional", "whileExecuting")
        ),
        ('<bpmn:inputSet id="is"/><bpmn:outputSet id="os"><bpmn:inputSetRefs>is</bpmn:inputSetRefs></bpmn:outputSet>', "io-set-one-sided", "os"),
    ],
)  # fmt: skip
def test_inputs_and_outputs_stand_in_sets(inner: str, code: str, element: str) -> None:
    refused(sets(inner), code, element)


@pytest.mark.parametrize("tag", ["subProcess", "transaction", "adHocSubProcess"])
def test_sub_processes_have_no_inputs_and_outputs_of_their_own(tag: str) -> None:
    specification = "<bpmn:ioSpecification><bpmn:inputSet/><bpmn:outputSet/></bpmn:ioSpecification>"
    body = line(f'<bpmn:{tag} id="x">{{}}<bpmn:task id="inner"/></bpmn:{tag}>', ids=("x",))
    refused(plain(body.format(specification)), "io-sub-process", "x")
    assert errors(plain(body.format(""))) == set()


@pytest.mark.parametrize(("item", "right"), [("text", True), ("other", True), ("number", False), ("texts", False)])
def test_a_data_association_connects_data_of_one_kind(item: str, right: bool) -> None:
    data = (
        f'<bpmn:dataObject id="data" itemSubjectRef="{item}"/><bpmn:dataObjectReference id="ref" dataObjectRef="data"/>'
    )
    task = (
        '<bpmn:task id="x"><bpmn:ioSpecification><bpmn:dataInput id="in" itemSubjectRef="text"/><bpmn:inputSet><bpmn:dataInputRefs>in</bpmn:dataInputRefs></bpmn:inputSet>'
        '<bpmn:outputSet/></bpmn:ioSpecification><bpmn:dataInputAssociation id="da"><bpmn:sourceRef>ref</bpmn:sourceRef><bpmn:targetRef>in</bpmn:targetRef>{}</bpmn:dataInputAssociation></bpmn:task>'
    )
    body = line(task, ids=("x",)) + data
    xml = plain(body.format(""), root=ITEMS)
    if right:
        assert errors(xml) == set()
    else:
        refused(xml, "data-association-item", "da")
    assert errors(plain(body.format("<bpmn:transformation>=string(data)</bpmn:transformation>"), root=ITEMS)) == set()


def offered(inner: str) -> bytes:
    data = (
        '<bpmn:ioSpecification><bpmn:dataInput id="in" itemSubjectRef="text"/><bpmn:inputSet><bpmn:dataInputRefs>in</bpmn:dataInputRefs></bpmn:inputSet>'
        '<bpmn:outputSet id="os"/></bpmn:ioSpecification>'
    )
    return plain(
        f"<bpmn:supportedInterfaceRef>i</bpmn:supportedInterfaceRef>{data}{inner}{LINE}",
        root=ITEMS + '<bpmn:message id="m" name="order" itemRef="text"/>' + OPERATION,
    )


def test_what_supports_an_interface_binds_each_operation() -> None:
    refused(offered(""), "io-binding-missing", "p")
    assert errors(offered('<bpmn:ioBinding operationRef="op" inputDataRef="in" outputDataRef="os"/>')) == set()


def resource(inner: str) -> bytes:
    return plain(
        line(
            f'<bpmn:userTask id="x"><bpmn:potentialOwner id="po">{inner}</bpmn:potentialOwner></bpmn:userTask>',
            ids=("x",),
        ),
        root='<bpmn:resource id="boss" name="boss"><bpmn:resourceParameter id="level" name="level" isRequired="true"/></bpmn:resource>'
        '<bpmn:resource id="clerk" name="clerk"><bpmn:resourceParameter id="desk" name="desk"/></bpmn:resource>',
    )


VALUE = "<bpmn:formalExpression>=1</bpmn:formalExpression>"


@pytest.mark.parametrize(
    ("inner", "code"),
    [
        ("<bpmn:resourceRef>boss</bpmn:resourceRef>", "resource-binding"),
        (f'<bpmn:resourceRef>clerk</bpmn:resourceRef><bpmn:resourceParameterBinding parameterRef="level">{VALUE}</bpmn:resourceParameterBinding>', "resource-binding"),
        (f'<bpmn:resourceParameterBinding parameterRef="level">{VALUE}</bpmn:resourceParameterBinding>', "resource-role"),
        ("<bpmn:resourceRef>x</bpmn:resourceRef>", "reference-kind"),
        ("<bpmn:resourceAssignmentExpression/>", "resource-role"),
    ],
)  # fmt: skip
def test_a_role_names_a_resource_with_its_parameters_or_an_expression(inner: str, code: str) -> None:
    refused(resource(inner), code, "po")
    assert errors(resource("<bpmn:resourceRef>clerk</bpmn:resourceRef>")) == set()


# --- what is valid, though unusual ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        pytest.param('<bpmn:task id="x"/><bpmn:task id="y"/>', id="no start and no end"),
        pytest.param(LINE + '<bpmn:endEvent id="e2"/>' + flow("x", "e2"), id="several ends"),
        pytest.param(LINE + flow("x", "x"), id="a task that follows itself"),
        pytest.param(LINE + '<bpmn:startEvent id="s2"/>' + flow("s2", "x"), id="several starts"),
        pytest.param(LINE + '<bpmn:dataStoreReference id="store" name="stock"/>', id="a data store reference alone"),
        pytest.param(LINE + '<bpmn:textAnnotation id="note"><bpmn:text>why</bpmn:text></bpmn:textAnnotation><bpmn:association id="a" sourceRef="x" targetRef="note"/><bpmn:group id="g"/>', id="artifacts"),
        pytest.param(
            line('<bpmn:task id="x"><bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>=3</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics></bpmn:task>', ids=("x",))
            + f'<bpmn:boundaryEvent id="b" attachedToRef="x" cancelActivity="false">{TIMER}</bpmn:boundaryEvent>' + flow("b", "end"),
            id="a boundary event on a multi-instance activity",
        ),
        pytest.param(
            LINE + "".join(f'<bpmn:intermediateThrowEvent id="l{n}"><bpmn:linkEventDefinition name="a"/></bpmn:intermediateThrowEvent>' + flow("x", f"l{n}") for n in (1, 2))
            + '<bpmn:intermediateCatchEvent id="l"><bpmn:linkEventDefinition name="a"/></bpmn:intermediateCatchEvent>' + flow("l", "end"),
            id="two links to one target",
        ),
        pytest.param(LINE + place("throw", "") + flow("v", "end", "=a", name="more"), id="a condition out of an intermediate event"),
        pytest.param(LINE + '<bpmn:laneSet id="ls"><bpmn:lane id="l"/></bpmn:laneSet>', id="an empty lane"),
        pytest.param(line('<bpmn:subProcess id="x"/>', ids=("x",)), id="a collapsed, empty sub-process"),
    ],
)  # fmt: skip
def test_what_is_valid_though_unusual_is_accepted(body: str) -> None:
    assert errors(plain(body)) == set()


def test_a_black_box_pool_talks_to_a_process() -> None:
    start = f'<bpmn:startEvent id="start">{DEFINITIONS["message"]}</bpmn:startEvent><bpmn:task id="x"/><bpmn:endEvent id="end"/>{flow("start", "x")}{flow("x", "end")}'
    xml = file(
        '<bpmn:collaboration id="c"><bpmn:participant id="mine" processRef="p"/><bpmn:participant id="customer" name="Customer"/>'
        '<bpmn:messageFlow id="f1" sourceRef="customer" targetRef="start"/><bpmn:messageFlow id="f2" sourceRef="x" targetRef="customer"/>'
        f'</bpmn:collaboration><bpmn:process id="p" isExecutable="true">{start}</bpmn:process>{MESSAGE}',
        dialects=(),
    )
    assert errors(xml) == set()


def test_a_global_conversation_has_participants_flows_and_keys() -> None:
    xml = plain(
        LINE,
        root=MESSAGE
        + '<bpmn:correlationProperty id="cp"><bpmn:correlationPropertyRetrievalExpression messageRef="m"><bpmn:messagePath>=id</bpmn:messagePath>'
        "</bpmn:correlationPropertyRetrievalExpression></bpmn:correlationProperty>"
        '<bpmn:globalConversation id="gc"><bpmn:participant id="a"/><bpmn:participant id="b"/><bpmn:messageFlow id="mf" sourceRef="a" targetRef="b"/>'
        '<bpmn:correlationKey id="k"><bpmn:correlationPropertyRef>cp</bpmn:correlationPropertyRef></bpmn:correlationKey></bpmn:globalConversation>',
    )
    assert errors(xml) == set()
