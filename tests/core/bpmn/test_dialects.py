"""Every dialect says the same things in its own words; the model is one."""

# ruff: noqa: E501 (markup is easier to read unbroken)

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from engine.bpmn import parse
from engine.bpmn.expressions import Expression, Language
from engine.bpmn.model import Binding, MultiInstance
from tests.core.bpmn.diagrams import codes, errors, extended, file, flow, line, model, node, one, process

NOW = datetime(2026, 1, 1, tzinfo=UTC)
RELATIVES = ("camunda", "operaton", "flowable", "activiti")


def source(expression: Expression | None) -> str:
    assert expression is not None
    return expression.source


# --- zeebe ---------------------------------------------------------------------------------------------------------------


def test_a_service_task_has_type_retries_headers_priority_and_linked_resources() -> None:
    job = node(
        one(
            extended(
                "serviceTask",
                '<zeebe:taskDefinition type="credit-check" retries="=tries"/><zeebe:taskHeaders><zeebe:header key="region" value="EU"/></zeebe:taskHeaders>'
                '<zeebe:jobPriorityDefinition priority="80"/><zeebe:linkedResources><zeebe:linkedResource resourceId="rpa" linkName="script"/></zeebe:linkedResources>',
            )
        )
    ).job
    assert job is not None
    assert (job.type.source, job.type.is_literal) == ("credit-check", True)
    assert (source(job.retries), source(job.priority)) == ("tries", "80")
    assert job.headers["region"] == "EU"
    assert json.loads(job.headers["linkedResources"]) == [{"linkName": "script", "resourceId": "rpa"}]


def test_input_and_output_mappings_keep_their_order_and_evaluate() -> None:
    found = node(
        one(
            extended(
                "task",
                '<zeebe:ioMapping><zeebe:input source="=order.id" target="id"/><zeebe:input source="fixed" target="kind"/><zeebe:output source="=x + 1" target="a.b"/></zeebe:ioMapping>',
            )
        )
    )
    assert [(mapping.target, mapping.source.is_literal) for mapping in found.inputs] == [("id", False), ("kind", True)]
    assert found.inputs[0].source.evaluate({"order": {"id": "7"}}, now=NOW) == "7"
    assert found.outputs[0].source.evaluate({"x": Decimal(1)}, now=NOW) == 2
    assert found.outputs[0].target == "a.b"


def test_a_user_task_has_its_people_dates_priority_and_form() -> None:
    task = node(
        one(
            extended(
                "userTask",
                '<zeebe:userTask/><zeebe:assignmentDefinition assignee="alice" candidateUsers="bob, carol" candidateGroups="=groups"/>'
                '<zeebe:taskSchedule dueDate="=now()" followUpDate="2030-01-01T00:00:00Z"/><zeebe:priorityDefinition priority="75"/>'
                '<zeebe:formDefinition formId="approval" bindingType="versionTag" versionTag="v2"/>',
            )
        )
    ).user_task
    assert task is not None
    assert (source(task.assignee), source(task.candidate_users)) == ("alice", "bob, carol")
    assert task.candidate_groups is not None
    assert task.candidate_groups.evaluate({"groups": ["a"]}, now=NOW) == ["a"]
    assert (source(task.due_date), source(task.follow_up_date), source(task.priority)) == (
        "now()",
        "2030-01-01T00:00:00Z",
        "75",
    )
    assert task.form is not None
    assert (task.form.form_id, task.form.binding, task.form.version_tag) == ("approval", Binding.VERSION_TAG, "v2")


def test_a_form_may_stand_in_the_diagram_or_be_known_to_another_front_end() -> None:
    form = extended("userTask", '<zeebe:formDefinition formKey="camunda-forms:bpmn:f1"/>')
    stored = '<bpmn:extensionElements><zeebe:userTaskForm id="f1">{"components": []}</zeebe:userTaskForm></bpmn:extensionElements>'
    task = node(process(stored + line(form, ids=("x",)))).user_task
    assert task is not None
    assert task.form is not None
    assert task.form.schema == '{"components": []}'
    other = node(one(extended("userTask", '<zeebe:formDefinition externalReference="my/page"/>'))).user_task
    assert other is not None
    assert other.form is not None
    assert source(other.form.external_reference) == "my/page"


def test_a_start_event_may_have_a_form() -> None:
    xml = process(
        '<bpmn:startEvent id="x"><bpmn:extensionElements><zeebe:formDefinition formId="order"/></bpmn:extensionElements></bpmn:startEvent><bpmn:endEvent id="e"/>'
        + flow("x", "e")
    )
    form = node(xml).form
    assert form is not None
    assert form.form_id == "order"


def test_a_call_says_what_it_calls_and_what_it_passes() -> None:
    call = node(
        one(
            extended(
                "callActivity",
                '<zeebe:calledElement processId="=&quot;pick-&quot; + kind" bindingType="deployment" propagateAllParentVariables="false" propagateAllChildVariables="false" businessId="=id"/>',
            )
        )
    ).call
    assert call is not None
    assert call.process_id.evaluate({"kind": "fast"}, now=NOW) == "pick-fast"
    assert (call.binding, call.propagate_all_parent_variables, call.propagate_all_child_variables) == (
        Binding.DEPLOYMENT,
        False,
        False,
    )
    assert source(call.business_id) == "id"


def test_a_called_decision_a_script_and_a_version_tag_are_read() -> None:
    decision = node(
        one(extended("businessRuleTask", '<zeebe:calledDecision decisionId="limit" resultVariable="limit"/>'))
    ).decision
    assert decision is not None
    assert (source(decision.decision_id), decision.result_variable) == ("limit", "limit")
    script = node(one(extended("scriptTask", '<zeebe:script expression="=a + 1" resultVariable="b"/>'))).script
    assert script is not None
    assert script.result_variable == "b"
    assert script.expression is not None
    assert script.expression.evaluate({"a": Decimal(1)}, now=NOW) == 2
    tag = '<bpmn:extensionElements><zeebe:versionTag value="v7"/><zeebe:properties><zeebe:property name="owner" value="sales"/></zeebe:properties></bpmn:extensionElements>'
    process_model = model(process(tag + line('<bpmn:task id="x"/>', ids=("x",))))
    assert process_model.version_tag == "v7"
    assert process_model.root.properties == {"owner": "sales"}


def test_multi_instance_has_collection_element_and_outputs() -> None:
    loop = node(
        one(
            '<bpmn:task id="x"><bpmn:multiInstanceLoopCharacteristics isSequential="true"><bpmn:extensionElements><zeebe:loopCharacteristics inputCollection="=lines" inputElement="line" '
            'outputCollection="results" outputElement="=line.sum"/></bpmn:extensionElements></bpmn:multiInstanceLoopCharacteristics></bpmn:task>'
        )
    ).loop
    assert isinstance(loop, MultiInstance)
    assert (source(loop.collection), loop.element_variable, loop.output_collection, source(loop.output_element)) == (
        "lines",
        "line",
        "results",
        "line.sum",
    )


def test_a_message_has_its_correlation_key() -> None:
    xml = one(
        '<bpmn:receiveTask id="x" messageRef="m"/>',
        root='<bpmn:message id="m" name="shipped"><bpmn:extensionElements><zeebe:subscription correlationKey="=orderId"/></bpmn:extensionElements></bpmn:message>',
    )
    message = node(xml).message
    assert message is not None
    assert source(message.correlation_key) == "orderId"


def test_listeners_are_jobs_in_their_order() -> None:
    found = node(
        one(
            extended(
                "userTask",
                '<zeebe:executionListeners><zeebe:executionListener eventType="start" type="audit" retries="5"/></zeebe:executionListeners>'
                '<zeebe:taskListeners><zeebe:taskListener eventType="complete" type="check"/></zeebe:taskListeners>',
            )
        )
    ).listeners
    assert [(listener.event, listener.job.type.source) for listener in found] == [
        ("start", "audit"),
        ("completing", "check"),
    ]


def test_an_ad_hoc_sub_process_may_compute_what_is_active() -> None:
    found = node(
        one(
            extended(
                "adHocSubProcess", '<zeebe:adHoc activeElementsCollection="=chosen"/>', inner='<bpmn:task id="t"/>'
            )
        )
    ).ad_hoc
    assert found is not None
    assert source(found.active_elements) == "chosen"


def test_a_job_may_send_a_message() -> None:
    xml = one(
        extended(
            "intermediateThrowEvent",
            '<zeebe:taskDefinition type="send"/>',
            inner='<bpmn:messageEventDefinition messageRef="m"/>',
        ),
        root='<bpmn:message id="m" name="m"/>',
    )
    job = node(xml).job
    assert job is not None
    assert job.type.source == "send"


# --- camunda and its relatives -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", RELATIVES)
def test_a_user_task_of_each_relative_has_people_dates_and_form(prefix: str) -> None:
    attributes = f'{prefix}:assignee="${{clerk}}" {prefix}:candidateGroups="sales,support" {prefix}:dueDate="${{due}}" {prefix}:priority="60" {prefix}:formKey="app:form.html"'
    task = node(one(f'<bpmn:userTask id="x" {attributes}/>', dialects=(prefix,))).user_task
    assert task is not None
    assert task.assignee is not None
    assert (task.assignee.language, task.assignee.evaluate({"clerk": "bob"}, now=NOW)) == (Language.JUEL, "bob")
    assert (source(task.candidate_groups), source(task.priority)) == ("sales,support", "60")
    assert task.form is not None
    assert source(task.form.external_reference) == "app:form.html"


@pytest.mark.parametrize(
    ("prefix", "kind"), [("camunda", "external"), ("operaton", "external"), ("flowable", "external-worker")]
)
def test_an_external_task_is_a_job_of_its_topic_with_its_retries(prefix: str, kind: str) -> None:
    job = node(
        one(
            extended(
                "serviceTask",
                f"<{prefix}:failedJobRetryTimeCycle>R5/PT10M</{prefix}:failedJobRetryTimeCycle>",
                attributes=f'{prefix}:type="{kind}" {prefix}:topic="ship" {prefix}:taskPriority="9"',
            ),
            dialects=(prefix,),
        )
    ).job
    assert job is not None
    assert (job.type.source, source(job.retries), source(job.backoff), source(job.priority)) == (
        "ship",
        "5",
        "PT10M",
        "9",
    )


def test_a_list_of_waits_gives_one_more_attempt_than_waits() -> None:
    job = node(
        one(
            extended(
                "serviceTask",
                "<camunda:failedJobRetryTimeCycle>PT1M, PT5M, PT30M</camunda:failedJobRetryTimeCycle>",
                attributes='camunda:type="external" camunda:topic="t"',
            ),
            dialects=("camunda",),
        )
    ).job
    assert job is not None
    assert (source(job.retries), source(job.backoff)) == ("4", "PT1M,PT5M,PT30M")


@pytest.mark.parametrize("prefix", RELATIVES)
@pytest.mark.parametrize(
    "attribute", ['class="com.example.A"', 'delegateExpression="${bean}"', 'expression="${bean.go()}"', 'type="mail"']
)
def test_java_code_is_a_problem_that_names_the_element_and_the_way_out(prefix: str, attribute: str) -> None:
    (problem,) = parse(one(f'<bpmn:serviceTask id="x" name="Work" {prefix}:{attribute}/>', dialects=(prefix,))).errors
    assert (problem.code, problem.element_id, problem.element_name) == ("java-code", "x", "Work")
    assert "job type" in problem.message


def test_java_listeners_are_problems_also_on_flows_and_gateways() -> None:
    listener = '<bpmn:extensionElements><camunda:executionListener class="com.example.A" event="take"/></bpmn:extensionElements>'
    xml = one('<bpmn:task id="x"/>', dialects=("camunda",)).replace(
        b'targetRef="x"></bpmn:sequenceFlow>', f'targetRef="x">{listener}</bpmn:sequenceFlow>'.encode()
    )
    assert [(problem.code, problem.element_id) for problem in parse(xml).errors] == [("java-code", "start_x")]


def test_parameters_may_be_texts_expressions_lists_and_maps() -> None:
    found = node(
        one(
            extended(
                "task",
                '<camunda:inputOutput><camunda:inputParameter name="text">hello</camunda:inputParameter><camunda:inputParameter name="sum">${a + 1}</camunda:inputParameter>'
                '<camunda:inputParameter name="many"><camunda:list><camunda:value>${a}</camunda:value><camunda:value>b</camunda:value></camunda:list></camunda:inputParameter>'
                '<camunda:inputParameter name="map"><camunda:map><camunda:entry key="k">${a}</camunda:entry></camunda:map></camunda:inputParameter>'
                '<camunda:outputParameter name="out">${many}</camunda:outputParameter></camunda:inputOutput>',
            ),
            dialects=("camunda",),
        )
    )
    context = {"a": Decimal(1)}
    assert {mapping.target: mapping.source.evaluate(context, now=NOW) for mapping in found.inputs} == {
        "text": "hello",
        "sum": Decimal(2),
        "many": [Decimal(1), "b"],
        "map": {"k": Decimal(1)},
    }
    assert [mapping.target for mapping in found.outputs] == ["out"]


def test_a_call_of_camunda_7_passes_only_what_it_names() -> None:
    call = node(
        one(
            extended(
                "callActivity",
                '<camunda:in source="a" target="b"/><camunda:in businessKey="${key}"/><camunda:out sourceExpression="${r + 1}" target="s"/><camunda:out variables="all"/>',
                attributes='calledElement="${which}" camunda:calledElementBinding="version" camunda:calledElementVersion="3"',
            ),
            dialects=("camunda",),
        )
    ).call
    assert call is not None
    assert call.process_id.evaluate({"which": "q"}, now=NOW) == "q"
    assert (call.binding, call.version) == (Binding.VERSION, 3)
    assert (call.propagate_all_parent_variables, call.propagate_all_child_variables) == (False, True)
    assert [(mapping.target, mapping.source.evaluate({"a": "1"}, now=NOW)) for mapping in call.inputs] == [("b", "1")]
    assert source(call.business_id) == "${key}"
    assert call.outputs[0].source.evaluate({"r": Decimal(1)}, now=NOW) == 2


def test_a_decision_of_camunda_7_keeps_its_way_of_mapping() -> None:
    decision = node(
        one(
            '<bpmn:businessRuleTask id="x" camunda:decisionRef="limit" camunda:resultVariable="l" camunda:mapDecisionResult="singleEntry" '
            'camunda:decisionRefBinding="versionTag" camunda:decisionRefVersionTag="v1"/>',
            dialects=("camunda",),
        )
    ).decision
    assert decision is not None
    assert (source(decision.decision_id), decision.result_variable, decision.result_mapping) == (
        "limit",
        "l",
        "singleEntry",
    )
    assert (decision.binding, decision.version_tag) == (Binding.VERSION_TAG, "v1")


@pytest.mark.parametrize("collection", ["lines", "${lines}"])
def test_a_collection_of_camunda_7_is_a_variable_or_an_expression(collection: str) -> None:
    loop = node(
        one(
            f'<bpmn:task id="x"><bpmn:multiInstanceLoopCharacteristics camunda:collection="{collection}" camunda:elementVariable="line"/></bpmn:task>',
            dialects=("camunda",),
        )
    ).loop
    assert isinstance(loop, MultiInstance)
    assert loop.collection is not None
    assert loop.collection.evaluate({"lines": ["a"]}, now=NOW) == ["a"]
    assert loop.element_variable == "line"


def test_error_variables_and_the_version_tag_of_camunda_7_are_read() -> None:
    xml = file(
        '<bpmn:process id="p" isExecutable="true" camunda:versionTag="v1">' + line('<bpmn:task id="x"/>', ids=("x",)) +
        '<bpmn:boundaryEvent id="b" attachedToRef="x"><bpmn:errorEventDefinition camunda:errorCodeVariable="code" camunda:errorMessageVariable="text"/></bpmn:boundaryEvent>'
        + flow("b", "end") + "</bpmn:process>",
        dialects=("camunda",),
    )  # fmt: skip
    assert model(xml).version_tag == "v1"
    (event,) = node(xml, "b").events
    assert (event.code_variable, event.message_variable) == ("code", "text")  # type: ignore[union-attr]


# --- spiffworkflow -------------------------------------------------------------------------------------------------------


def test_a_file_of_spiffworkflow_speaks_python() -> None:
    xml = process(
        '<bpmn:startEvent id="s"/><bpmn:exclusiveGateway id="g" default="no"/><bpmn:endEvent id="a"/><bpmn:endEvent id="b"/>'
        + flow("s", "g") + flow("g", "a", "total > 10 and kind in ['x', 'y']", name="yes") + flow("g", "b", name="no"),
        dialects=("spiffworkflow",),
    )  # fmt: skip
    condition = model(xml).flows["yes"].condition
    assert condition is not None
    assert condition.language is Language.PYTHON
    assert condition.evaluate({"total": Decimal(11), "kind": "x"}, now=NOW) is True
    assert condition.evaluate({"total": Decimal(11), "kind": "z"}, now=NOW) is False


def test_an_operator_of_spiffworkflow_is_a_job_with_its_parameters() -> None:
    found = node(
        one(
            extended(
                "serviceTask",
                '<spiffworkflow:serviceTaskOperator id="http/GetRequest" resultVariable="answer"><spiffworkflow:parameters><spiffworkflow:parameter id="url" type="str" value="base + \'/x\'"/></spiffworkflow:parameters></spiffworkflow:serviceTaskOperator>',
            ),
            dialects=("spiffworkflow",),
        )
    )
    assert found.job is not None
    assert found.job.type.source == "http/GetRequest"
    assert found.inputs[0].source.evaluate({"base": "http://a"}, now=NOW) == "http://a/x"
    assert found.job.headers == {"resultVariable": "answer"}


# --- all of them ---------------------------------------------------------------------------------------------------------


def test_extensions_of_other_tools_are_left_alone() -> None:
    xml = one(
        extended("task", '<other:colour value="red"><other:deep/></other:colour>', attributes='other:zoom="2"'),
        dialects=("zeebe", "other"),
    )
    assert codes(xml) == set()


def test_an_unknown_extension_of_a_known_dialect_is_named() -> None:
    (problem,) = parse(one(extended("task", "<camunda:potion/>"), dialects=("camunda",))).problems
    assert (problem.code, problem.element_id) == ("extension-unknown", "x")
    assert "camunda:potion" in problem.message


def test_where_two_dialects_speak_of_one_thing_zeebe_is_heard() -> None:
    task = node(
        one(
            extended(
                "userTask",
                '<zeebe:assignmentDefinition assignee="alice"/>',
                attributes='camunda:assignee="bob" camunda:candidateGroups="sales"',
            ),
            dialects=("zeebe", "camunda"),
        )
    ).user_task
    assert task is not None
    assert (source(task.assignee), source(task.candidate_groups)) == ("alice", "sales")


@pytest.mark.parametrize(
    ("text", "language"),
    [("=a", Language.FEEL), ("${a}", Language.JUEL), ("#{a}", Language.JUEL), ("a", Language.LITERAL)],
)
def test_the_signs_of_a_text_tell_its_language(text: str, language: Language) -> None:
    task = node(one(extended("userTask", f'<zeebe:assignmentDefinition assignee="{text}"/>'))).user_task
    assert task is not None
    assert task.assignee is not None
    assert task.assignee.language is language
    assert task.assignee.evaluate({"a": "a"}, now=NOW) == "a"


@pytest.mark.parametrize("language", ["https://www.omg.org/spec/DMN/20191111/FEEL/", "feel", None])
def test_a_bare_condition_is_feel_where_the_file_says_so_or_nothing(language: str | None) -> None:
    attributes = "" if language is None else f'expressionLanguage="{language}"'
    xml = process(
        '<bpmn:startEvent id="s"/><bpmn:exclusiveGateway id="g" default="no"/><bpmn:endEvent id="a"/><bpmn:endEvent id="b"/>'
        + flow("s", "g") + flow("g", "a", "total between 1 and 5", name="yes") + flow("g", "b", name="no"),
        attributes=attributes,
    )  # fmt: skip
    condition = model(xml).flows["yes"].condition
    assert condition is not None
    assert condition.evaluate({"total": Decimal(3)}, now=NOW) is True


def test_a_bean_in_an_expression_is_a_problem_with_its_line() -> None:
    xml = b"\n\n" + one('<bpmn:userTask id="x" camunda:assignee="${people.find(name)}"/>', dialects=("camunda",))
    assert errors(xml) == {"expression-syntax"}
