"""Each row of the table of dialects, in each dialect that has the words for it, on files as the tools of that dialect write them."""

# ruff: noqa: E501 (markup is easier to read unbroken)

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from engine.bpmn import parse
from engine.bpmn.expressions import Language
from engine.bpmn.model import Binding, MultiInstance, Severity
from tests.core.bpmn.diagrams import codes, errors, extended, file, flow, line, model, node, one, process

NOW = datetime(2026, 1, 1, tzinfo=UTC)
RELATIVES = ("camunda", "operaton", "flowable", "activiti")
EXTERNAL = {"camunda": "external", "operaton": "external", "flowable": "external-worker", "activiti": "external"}


def warned(xml: bytes) -> list[tuple[str, str]]:
    """Codes and messages of a file that has warnings alone."""
    problems = parse(xml).problems
    assert all(problem.severity is Severity.WARNING for problem in problems), [problem.message for problem in problems]
    return [(problem.code, problem.message) for problem in problems]


@pytest.mark.parametrize("prefix", RELATIVES)
def test_a_job_has_topic_priority_and_retries(prefix: str) -> None:
    job = node(
        one(
            extended(
                "serviceTask",
                f"<{prefix}:failedJobRetryTimeCycle>R3/PT10M</{prefix}:failedJobRetryTimeCycle>",
                attributes=f'{prefix}:type="{EXTERNAL[prefix]}" {prefix}:topic="${{topic}}" {prefix}:taskPriority="${{rank}}"',
            ),
            dialects=(prefix,),
        )
    ).job
    assert job is not None
    assert job.retries is not None
    assert job.backoff is not None
    assert job.priority is not None
    assert job.type.evaluate({"topic": "ship"}, now=NOW) == "ship"
    assert job.priority.evaluate({"rank": Decimal(3)}, now=NOW) == 3
    assert (job.retries.source, job.backoff.source) == ("3", "PT10M")


@pytest.mark.parametrize("prefix", RELATIVES)
def test_a_call_maps_variables_and_its_business_key(prefix: str) -> None:
    call = node(
        one(
            extended(
                "callActivity",
                f'<{prefix}:in businessKey="${{order.id}}"/><{prefix}:in source="order" target="o"/><{prefix}:in sourceExpression="${{order.sum * 2}}" target="double"/>'
                f'<{prefix}:out source="result" target="answer"/>',
                attributes=f'calledElement="ship" {prefix}:calledElementBinding="deployment"',
            ),
            dialects=(prefix,),
        )
    ).call
    assert call is not None
    assert call.business_id is not None
    context = {"order": {"id": "7", "sum": Decimal(4)}}
    assert (call.process_id.source, call.binding, call.business_id.evaluate(context, now=NOW)) == (
        "ship",
        Binding.DEPLOYMENT,
        "7",
    )
    assert [(each.target, each.source.evaluate(context, now=NOW)) for each in call.inputs] == [
        ("o", context["order"]),
        ("double", Decimal(8)),
    ]
    assert [each.target for each in call.outputs] == ["answer"]
    assert (call.propagate_all_parent_variables, call.propagate_all_child_variables) == (False, False)


@pytest.mark.parametrize("prefix", RELATIVES)
@pytest.mark.parametrize("mapping", ["singleEntry", "singleResult", "collectEntries", "resultList"])
def test_a_decision_maps_its_result(prefix: str, mapping: str) -> None:
    decision = node(
        one(
            f'<bpmn:businessRuleTask id="x" {prefix}:decisionRef="limit" {prefix}:resultVariable="limit" {prefix}:mapDecisionResult="{mapping}"/>',
            dialects=(prefix,),
        )
    ).decision
    assert decision is not None
    assert (decision.decision_id.source, decision.result_variable, decision.result_mapping) == (
        "limit",
        "limit",
        mapping,
    )


@pytest.mark.parametrize("prefix", RELATIVES)
def test_multi_instance_has_a_collection_and_an_element_variable(prefix: str) -> None:
    loop = node(
        one(
            f'<bpmn:userTask id="x"><bpmn:multiInstanceLoopCharacteristics isSequential="true" {prefix}:collection="people" {prefix}:elementVariable="person">'
            '<bpmn:completionCondition xsi:type="bpmn:tFormalExpression">${nrOfCompletedInstances == 2}</bpmn:completionCondition></bpmn:multiInstanceLoopCharacteristics></bpmn:userTask>',
            dialects=(prefix,),
        )
    ).loop
    assert isinstance(loop, MultiInstance)
    assert loop.collection is not None
    assert loop.completion_condition is not None
    assert (loop.collection.evaluate({"people": ["a"]}, now=NOW), loop.element_variable, loop.sequential) == (
        ["a"],
        "person",
        True,
    )
    assert loop.completion_condition.evaluate({"nrOfCompletedInstances": Decimal(2)}, now=NOW) is True


@pytest.mark.parametrize("prefix", RELATIVES)
def test_properties_and_the_version_tag_are_read(prefix: str) -> None:
    properties = f'<bpmn:extensionElements><{prefix}:properties><{prefix}:property name="owner" value="sales"/></{prefix}:properties></bpmn:extensionElements>'
    xml = file(
        f'<bpmn:process id="p" isExecutable="true" {prefix}:versionTag="1.2">{properties}{line("<bpmn:task id=" + chr(34) + "x" + chr(34) + "/>", ids=("x",))}</bpmn:process>',
        dialects=(prefix,),
    )
    assert (model(xml).version_tag, model(xml).root.properties) == ("1.2", {"owner": "sales"})


@pytest.mark.parametrize("prefix", RELATIVES)
def test_listeners_are_rejected_with_the_way_out(prefix: str) -> None:
    for listener in (
        'executionListener class="com.example.A" event="start"',
        'taskListener delegateExpression="${bean}" event="create"',
        'executionListener expression="${bean.go()}" event="end"',
    ):
        (problem,) = parse(
            one(extended("userTask", f"<{prefix}:{listener}/>"), dialects=(prefix,)).replace(b"xmlns:zeebe", b"xmlns:z")
        ).errors
        assert (problem.code, problem.element_id) == ("java-code", "x")
        assert "zeebe:executionListener" in problem.message


@pytest.mark.parametrize("prefix", RELATIVES)
@pytest.mark.parametrize("kind", ["mail", "http", "shell", "camel", "mule", "dmn", "send-event", "something"])
def test_tasks_built_into_another_engine_are_rejected(prefix: str, kind: str) -> None:
    (problem,) = parse(one(f'<bpmn:serviceTask id="x" {prefix}:type="{kind}"/>', dialects=(prefix,))).errors
    assert (problem.code, problem.element_id) == ("java-code", "x")
    assert kind in problem.message


@pytest.mark.parametrize("prefix", RELATIVES)
@pytest.mark.parametrize("script_format", ["groovy", "javascript", "Java", "ruby"])
def test_scripts_of_the_jvm_are_rejected(prefix: str, script_format: str) -> None:
    xml = one(
        f'<bpmn:scriptTask id="x" scriptFormat="{script_format}" {prefix}:resultVariable="r"><bpmn:script>1 + 1</bpmn:script></bpmn:scriptTask>',
        dialects=(prefix,),
    )
    assert errors(xml) == {"script-language"}


@pytest.mark.parametrize(("script_format", "language"), [("feel", Language.FEEL), ("juel", Language.JUEL)])
def test_scripts_in_feel_and_juel_are_run_in_the_step(script_format: str, language: Language) -> None:
    text = "${a + 1}" if language is Language.JUEL else "a + 1"
    script = node(
        one(
            f'<bpmn:scriptTask id="x" scriptFormat="{script_format}" camunda:resultVariable="r"><bpmn:script>{text}</bpmn:script></bpmn:scriptTask>',
            dialects=("camunda",),
        )
    ).script
    assert script is not None
    assert script.expression is not None
    assert (script.expression.language, script.result_variable) == (language, "r")
    assert script.expression.evaluate({"a": Decimal(1)}, now=NOW) == 2


@pytest.mark.parametrize("prefix", RELATIVES)
@pytest.mark.parametrize(
    "fields", ['formData><{0}:formField id="a" type="string"/></{0}:formData', 'formProperty id="a" type="string"/']
)
def test_generated_form_fields_are_warned_of(prefix: str, fields: str) -> None:
    xml = one(extended("userTask", f"<{prefix}:{fields.format(prefix)}>"), dialects=(prefix,))
    assert [code for code, _ in warned(xml)] == ["form-data"]


@pytest.mark.parametrize("prefix", RELATIVES)
def test_what_another_engine_needs_for_itself_raises_no_problem(prefix: str) -> None:
    xml = file(
        f'<bpmn:process id="p" isExecutable="true" {prefix}:historyTimeToLive="180" {prefix}:candidateStarterGroups="sales" {prefix}:isStartableInTasklist="true">'
        + line(f'<bpmn:task id="x" {prefix}:asyncBefore="true" {prefix}:asyncAfter="true" {prefix}:exclusive="false"/>', ids=("x",)) + "</bpmn:process>",
        dialects=(prefix,),
    )  # fmt: skip
    assert codes(xml) == set()


@pytest.mark.parametrize("prefix", RELATIVES)
@pytest.mark.parametrize("attribute", ["initiator", "skipExpression", "calledElementTenantId", "potion"])
def test_an_attribute_that_would_be_ignored_is_named(prefix: str, attribute: str) -> None:
    ((code, message),) = warned(one(f'<bpmn:task id="x" {prefix}:{attribute}="a"/>', dialects=(prefix,)))
    assert (code, f"{prefix}:{attribute}" in message) == ("extension-unknown", True)


def test_a_file_of_spiffarena_is_read_as_a_whole() -> None:
    xml = file(
        '<bpmn:message id="asked" name="asked"/><bpmn:correlationProperty id="order_id" name="order_id"><bpmn:correlationPropertyRetrievalExpression messageRef="asked">'
        "<bpmn:messagePath>id</bpmn:messagePath></bpmn:correlationPropertyRetrievalExpression></bpmn:correlationProperty>"
        '<bpmn:collaboration id="c"><bpmn:participant id="us" processRef="p"/><bpmn:correlationKey id="key" name="key"><bpmn:correlationPropertyRef>order_id</bpmn:correlationPropertyRef>'
        '</bpmn:correlationKey></bpmn:collaboration><bpmn:process id="p" isExecutable="true">'
        + line(
            extended("userTask", '<spiffworkflow:instructionsForEndUser>Look **twice**</spiffworkflow:instructionsForEndUser><spiffworkflow:allowGuest>true</spiffworkflow:allowGuest>'
                     '<spiffworkflow:properties><spiffworkflow:property name="formJsonSchemaFilename" value="look.json"/></spiffworkflow:properties>'),
            '<bpmn:scriptTask id="script"><bpmn:extensionElements><spiffworkflow:unitTests><spiffworkflow:unitTest id="t"/></spiffworkflow:unitTests></bpmn:extensionElements>'
            "<bpmn:script>total = sum(x['sum'] for x in lines)</bpmn:script></bpmn:scriptTask>",
            '<bpmn:businessRuleTask id="rule"><bpmn:extensionElements><spiffworkflow:calledDecisionId>limit</spiffworkflow:calledDecisionId></bpmn:extensionElements></bpmn:businessRuleTask>',
            '<bpmn:receiveTask id="wait" messageRef="asked"/>',
            ids=("x", "script", "rule", "wait"),
        )
        + '<bpmn:dataObject id="order"/><bpmn:dataObjectReference id="ref" name="The order" dataObjectRef="order"/></bpmn:process>',
        dialects=("spiffworkflow",),
    )  # fmt: skip
    process_model = model(xml)
    assert codes(xml) == set()
    assert process_model.nodes["x"].properties["instructionsForEndUser"] == "Look **twice**"
    assert process_model.nodes["x"].user_task is not None
    assert process_model.nodes["script"].script is not None
    assert process_model.nodes["rule"].decision is not None
    assert process_model.nodes["wait"].message is not None


def test_what_spiffarena_says_and_nobody_hears_is_named() -> None:
    xml = one(
        extended(
            "task", "<spiffworkflow:spell>abracadabra</spiffworkflow:spell>", attributes='spiffworkflow:potion="a"'
        ),
        dialects=("spiffworkflow",),
    )
    assert sorted(code for code, _ in warned(xml)) == ["extension-unknown", "extension-unknown"]


# --- expressions ---------------------------------------------------------------------------------------------------------

PLACES = {
    "assignee": ("zeebe", extended("userTask", '<zeebe:assignmentDefinition assignee="{0}"/>')),
    "job type": ("zeebe", extended("serviceTask", '<zeebe:taskDefinition type="{0}"/>')),
    "input mapping": ("zeebe", extended("task", '<zeebe:ioMapping><zeebe:input source="{0}" target="a"/></zeebe:ioMapping>')),
    "called process": ("zeebe", extended("callActivity", '<zeebe:calledElement processId="{0}"/>')),
    "collection": (
        "zeebe",
        '<bpmn:task id="x"><bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements><zeebe:loopCharacteristics inputCollection="{0}"/></bpmn:extensionElements></bpmn:multiInstanceLoopCharacteristics></bpmn:task>',
    ),
    "timer": ("zeebe", '<bpmn:intermediateCatchEvent id="x"><bpmn:timerEventDefinition><bpmn:timeDuration>{0}</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>'),
    "condition": ("zeebe", '<bpmn:intermediateCatchEvent id="x"><bpmn:conditionalEventDefinition><bpmn:condition>{0}</bpmn:condition></bpmn:conditionalEventDefinition></bpmn:intermediateCatchEvent>'),
    "camunda assignee": ("camunda", '<bpmn:userTask id="x" camunda:assignee="{0}"/>'),
    "camunda topic": ("camunda", '<bpmn:serviceTask id="x" camunda:type="external" camunda:topic="{0}"/>'),
    "camunda parameter": ("camunda", extended("task", '<camunda:inputOutput><camunda:inputParameter name="a">{0}</camunda:inputParameter></camunda:inputOutput>')),
}  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(("text", "column"), [("=a + * b", 5), ("${a +* b}", 6), ("#{bean.call(a)}", None)])
def test_a_broken_expression_is_found_at_deployment_with_its_place(place: str, text: str, column: int | None) -> None:
    dialect, markup = PLACES[place]
    xml = b"\n\n" + one(markup.replace("{0}", text), dialects=(dialect,))
    (problem,) = parse(xml).errors
    assert (problem.code, problem.element_id) == ("expression-syntax", "x")
    assert problem.line == 3
    assert "line 1, column" in problem.message
    if column is not None:
        assert f"column {column}" in problem.message


def test_a_broken_expression_in_the_middle_of_a_text_is_found_in_its_line() -> None:
    condition = "=a >\n  1 and\n  * 2"
    xml = process(
        '<bpmn:startEvent id="s"/><bpmn:exclusiveGateway id="g" default="no"/><bpmn:endEvent id="a"/><bpmn:endEvent id="b"/>'
        + flow("s", "g") + flow("g", "a", condition.replace(">", "&gt;"), name="yes") + flow("g", "b", name="no"),
    )  # fmt: skip
    (problem,) = parse(xml).errors
    assert (problem.code, problem.element_id) == ("expression-syntax", "yes")
    assert "line 3, column 3" in problem.message
    assert problem.line == 3
