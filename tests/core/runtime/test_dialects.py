"""The same process in every dialect gives the same work; conditions in every language choose the same way."""

from __future__ import annotations

import pytest

from engine.runtime.effects import Outcome
from engine.testing import Engine
from tests.core.bpmn.diagrams import file, flow, process
from tests.core.runtime.nodes import START, end, flows, job, node

ZEEBE = (
    node(
        "userTask",
        "approve",
        '<bpmn:extensionElements><zeebe:userTask/><zeebe:assignmentDefinition assignee="=boss" candidateGroups="sales"/>'
        '<zeebe:priorityDefinition priority="70"/></bpmn:extensionElements>',
    ),
    node(
        "serviceTask",
        "pay",
        '<bpmn:extensionElements><zeebe:taskDefinition type="payment"/><zeebe:ioMapping><zeebe:input source="=amount * 2" target="sum"/>'
        '<zeebe:output source="=receipt" target="paid"/></zeebe:ioMapping></bpmn:extensionElements>',
    ),
)


def relative(prefix: str) -> tuple[str, str]:
    """The same in the words of Camunda 7 and its relatives."""
    approve = node(
        "userTask",
        "approve",
        "",
        f'{prefix}:assignee="${{boss}}" {prefix}:candidateGroups="sales" {prefix}:priority="70"',
    )
    pay = node(
        "serviceTask",
        "pay",
        f'<bpmn:extensionElements><{prefix}:inputOutput><{prefix}:inputParameter name="sum">${{amount * 2}}</{prefix}:inputParameter>'
        f'<{prefix}:outputParameter name="paid">${{receipt}}</{prefix}:outputParameter></{prefix}:inputOutput></bpmn:extensionElements>',
        f'{prefix}:type="external" {prefix}:topic="payment"',
    )
    return approve, pay


@pytest.mark.parametrize(
    "prefix",
    [
        pytest.param("zeebe", marks=pytest.mark.element("dialect: zeebe", "input and output mappings")),
        pytest.param("camunda", marks=pytest.mark.element("dialect: camunda", "expressions: JUEL")),
        pytest.param("operaton", marks=pytest.mark.element("dialect: operaton")),
        pytest.param("flowable", marks=pytest.mark.element("dialect: flowable")),
        pytest.param("activiti", marks=pytest.mark.element("dialect: activiti")),
    ],
)
def test_a_process_in_any_dialect_asks_for_the_same_work(engine: Engine, prefix: str) -> None:
    tasks = "".join(ZEEBE if prefix == "zeebe" else relative(prefix))
    engine.deploy(
        process(START + tasks + end() + flows("start approve pay end"), dialects=("zeebe", prefix)[prefix == "zeebe" :])
    )
    instance = engine.start("p", {"boss": "carol", "amount": 4})
    [task] = instance.user_tasks
    assert (task.assignee, task.candidate_groups, task.priority) == ("carol", ("sales",), 70)
    engine.complete_user_task(instance, "approve")
    [opened] = instance.jobs
    assert opened.type == "payment"
    assert instance.state.elements[opened.element_instance].variables == {"sum": 8}
    engine.complete_job(instance, variables={"receipt": "r1", "private": True})
    assert (instance.outcome, instance.variables) == (
        Outcome.COMPLETED,
        {"boss": "carol", "amount": 4, "paid": "r1"},
    )


@pytest.mark.element("dialect: spiffworkflow", "task: script, Python")
def test_a_process_of_spiffworkflow_speaks_python(engine: Engine) -> None:
    operator = (
        '<bpmn:extensionElements><spiffworkflow:serviceTaskOperator id="payment" resultVariable="receipt"><spiffworkflow:parameters>'
        '<spiffworkflow:parameter id="sum" type="float" value="amount * 2"/></spiffworkflow:parameters>'
        "</spiffworkflow:serviceTaskOperator></bpmn:extensionElements>"
    )
    body = (
        START
        + node("scriptTask", "count", "<bpmn:script>amount = len(items) + 1</bpmn:script>")
        + node("exclusiveGateway", "x", attributes='default="x_small"')
        + node("serviceTask", "pay", operator)
        + end()
        + end("small")
        + flows("start count x small", "pay end")
        + flow("x", "pay", "amount > 2 and 'tea' in items".replace(">", "&gt;"))
    )
    engine.deploy(process(body, dialects=("spiffworkflow",)))
    instance = engine.start("p", {"items": ["tea", "milk"]})
    [opened] = instance.jobs
    assert opened.type == "payment"
    assert (instance.state.elements[opened.element_instance].variables or {})["sum"] == 6
    engine.complete_job(instance)
    assert instance.completed_elements[-1] == "end"


@pytest.mark.parametrize(
    ("language", "condition"),
    [
        pytest.param("", "=n &gt; 1 and name = &quot;a&quot;", marks=pytest.mark.element("expressions: FEEL")),
        pytest.param("", "${n &gt; 1 &amp;&amp; name == 'a'}", marks=pytest.mark.element("expressions: JUEL")),
        pytest.param(
            'expressionLanguage="http://www.python.org/"',
            "n &gt; 1 and name == 'a'",
            marks=pytest.mark.element("expressions: Python"),
        ),
    ],
)
@pytest.mark.parametrize(("n", "taken"), [(2, "yes"), (1, "no")])
def test_a_condition_in_any_language_chooses_the_way(
    engine: Engine, language: str, condition: str, n: int, taken: str
) -> None:
    body = (
        START
        + node("exclusiveGateway", "x", attributes='default="x_no"')
        + end("yes")
        + end("no")
        + flows("start x no")
        + flow("x", "yes", condition)
    )
    engine.deploy(file(f'<bpmn:process id="p" isExecutable="true">{body}</bpmn:process>', attributes=language))
    assert engine.start("p", {"n": n, "name": "a"}).completed_elements[-1] == taken


@pytest.mark.element("execution listeners")
def test_execution_listeners_run_one_after_another_around_their_element(engine: Engine) -> None:
    listening = (
        '<zeebe:executionListeners><zeebe:executionListener eventType="start" type="first"/>'
        '<zeebe:executionListener eventType="start" type="second"/><zeebe:executionListener eventType="end" type="last"/>'
        "</zeebe:executionListeners>"
    )
    engine.deploy(process(START + job("work", extensions=listening) + end() + flows("start work end")))
    instance = engine.start("p")
    order = []
    while instance.jobs:
        order.append((instance.jobs[0].type, instance.jobs[0].listener_event))
        engine.complete_job(instance, variables={f"by_{instance.jobs[0].type}": True})
    assert order == [("first", "start"), ("second", "start"), ("work", None), ("last", "end")]
    assert instance.outcome is Outcome.COMPLETED


def test_a_listener_that_fails_is_an_incident_of_its_element_and_goes_on_when_it_is_resolved(engine: Engine) -> None:
    listening = (
        '<zeebe:executionListeners><zeebe:executionListener eventType="start" type="first"/></zeebe:executionListeners>'
    )
    engine.deploy(process(START + job("work", extensions=listening) + end() + flows("start work end")))
    instance = engine.start("p")
    engine.fail_job(instance, "work")
    assert [each.element_id for each in instance.incidents] == ["work"]
    engine.resolve(instance)
    engine.complete_job(instance)
    assert [each.type for each in instance.jobs] == ["work"]
