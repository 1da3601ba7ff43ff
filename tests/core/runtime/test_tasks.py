"""Each kind of task: what it asks of the world, and what it makes of the answer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from engine.runtime.effects import IncidentType, OpenUserTask, Outcome, RunScript
from engine.runtime.history import ErrorThrown
from engine.runtime.inputs import UserTaskErrorThrown
from engine.testing import Engine
from tests.core.bpmn.diagrams import file, process
from tests.core.runtime.nodes import START, boundary, end, flows, job, message, node
from tests.core.runtime.occurrences import ERROR, ROOTS


def extended(tag: str, extensions: str, inner: str = "", attributes: str = "") -> str:
    return node(tag, "x", f"<bpmn:extensionElements>{extensions}</bpmn:extensionElements>{inner}", attributes)


def alone(task: str, *, root: str = "", dialects: tuple[str, ...] = ("zeebe",)) -> bytes:
    return process(START + task + end() + flows("start x end"), root=root, dialects=dialects)


@pytest.mark.parametrize(
    "tag",
    [
        pytest.param("task", marks=pytest.mark.element("task: abstract")),
        pytest.param("manualTask", marks=pytest.mark.element("task: manual")),
    ],
)
def test_a_task_that_asks_nothing_of_the_world_is_passed(engine: Engine, tag: str) -> None:
    engine.deploy(alone(node(tag, "x")))
    instance = engine.start("p")
    assert instance.completed_elements == ["start", "x", "end"]
    assert len(instance.journal) == 1


@pytest.mark.element("task: user")
def test_a_user_task_is_offered_as_its_expressions_say_and_completed_with_variables(engine: Engine) -> None:
    said = (
        '<zeebe:userTask/><zeebe:assignmentDefinition assignee="=boss" candidateUsers="bob, alice" '
        'candidateGroups="=[&quot;sales&quot;, team]"/>'
        '<zeebe:taskSchedule dueDate="=now() + duration(&quot;P1D&quot;)" followUpDate="2030-01-01T12:00:00Z"/>'
        '<zeebe:priorityDefinition priority="=10 + 5"/><zeebe:formDefinition formId="approval"/>'
        '<zeebe:taskHeaders><zeebe:header key="colour" value="red"/></zeebe:taskHeaders>'
    )
    engine.deploy(alone(extended("userTask", said, attributes='name="Approve"')))
    instance = engine.start("p", {"boss": "carol", "team": "support"})
    [task] = instance.user_tasks
    assert (task.name, task.assignee, task.candidate_users) == ("Approve", "carol", ("bob", "alice"))
    assert task.candidate_groups == ("sales", "support")
    assert task.due_date == datetime(2030, 1, 2, 9, tzinfo=UTC)
    assert task.follow_up_date == datetime(2030, 1, 1, 12, tzinfo=UTC)
    assert (task.priority, task.form_id, task.headers) == (15, "approval", {"colour": "red"})
    engine.complete_user_task(instance, "x", {"approved": True})
    assert instance.outcome is Outcome.COMPLETED
    assert instance.variables["approved"] is True


def test_a_user_task_for_whom_its_expressions_name_nobody_is_offered_to_nobody(engine: Engine) -> None:
    said = (
        '<zeebe:userTask/><zeebe:assignmentDefinition assignee="=null" candidateGroups="=null" candidateUsers="=[null, &quot; &quot;]"/>'
        '<zeebe:taskSchedule dueDate="=null" followUpDate="PT2H"/>'
    )
    engine.deploy(alone(extended("userTask", said)))
    [task] = engine.start("p").user_tasks
    assert (task.name, task.assignee, task.candidate_users, task.candidate_groups) == ("x", None, (), ())
    assert (task.due_date, task.follow_up_date) == (None, datetime(2030, 1, 1, 11, tzinfo=UTC))
    assert task.priority == 50


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ('<zeebe:taskSchedule dueDate="=&quot;soon&quot;"/>', "the due date"),
        ('<zeebe:priorityDefinition priority="=&quot;high&quot;"/>', "the priority"),
    ],
)
def test_a_user_task_with_a_broken_value_is_an_incident_that_says_which(
    engine: Engine, said: str, expected: str
) -> None:
    engine.deploy(alone(extended("userTask", "<zeebe:userTask/>" + said)))
    [incident] = engine.start("p").incidents
    assert incident.type is IncidentType.EXTRACT_VALUE_ERROR
    assert expected in incident.message


def test_an_error_of_a_user_task_takes_its_boundary_event(engine: Engine) -> None:
    task = extended("userTask", "<zeebe:userTask/>")
    engine.deploy(
        process(
            START
            + task
            + boundary("caught", "x", ERROR)
            + end()
            + end("mended")
            + flows("start x end", "caught mended"),
            root=ROOTS,
        )
    )
    instance = engine.start("p")
    found = instance.find(OpenUserTask, "x")
    del instance.open[found.key]
    engine.give(instance, UserTaskErrorThrown(found.key, "E1", "no", {"why": "ill"}))
    assert instance.completed_elements[-1] == "mended"
    assert instance.variables == {"why": "ill"}


def test_a_service_task_opens_a_job_as_its_expressions_say(engine: Engine) -> None:
    said = (
        '<zeebe:taskDefinition type="=kind" retries="=2 + 3"/><zeebe:jobPriorityDefinition priority="=7"/>'
        '<zeebe:taskHeaders><zeebe:header key="to" value="bob"/></zeebe:taskHeaders>'
    )
    engine.deploy(alone(extended("serviceTask", said)))
    [opened] = engine.start("p", {"kind": "mail"}).jobs
    assert (opened.type, opened.retries, opened.priority, opened.headers) == ("mail", 5, 7, {"to": "bob"})


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ('<zeebe:taskDefinition type="=null"/>', "the job type"),
        ('<zeebe:taskDefinition type="=[1]"/>', "the job type"),
        ('<zeebe:taskDefinition type="a" retries="=&quot;many&quot;"/>', "the retries"),
    ],
)
def test_a_service_task_with_a_broken_value_is_an_incident_that_says_which(
    engine: Engine, said: str, expected: str
) -> None:
    engine.deploy(alone(extended("serviceTask", said)))
    [incident] = engine.start("p").incidents
    assert incident.type is IncidentType.EXTRACT_VALUE_ERROR
    assert expected in incident.message


def test_a_job_type_that_is_a_truth_value_is_its_text(engine: Engine) -> None:
    engine.deploy(alone(extended("serviceTask", '<zeebe:taskDefinition type="=1 = 1"/>')))
    assert [each.type for each in engine.start("p").jobs] == ["true"]


def test_the_back_off_of_a_job_is_in_seconds_one_for_each_attempt(engine: Engine) -> None:
    said = "<camunda:failedJobRetryTimeCycle>PT1M,PT5M</camunda:failedJobRetryTimeCycle>"
    task = extended("serviceTask", said, attributes='camunda:type="external" camunda:topic="pay"')
    engine.deploy(alone(task, dialects=("zeebe", "camunda")))
    [opened] = engine.start("p").jobs
    assert (opened.type, opened.backoff) == ("pay", (60, 300))


@pytest.mark.element("task: script, JUEL")
def test_a_script_in_juel_is_evaluated_in_the_step(engine: Engine) -> None:
    script = node(
        "scriptTask", "x", "<bpmn:script>${a * 2}</bpmn:script>", 'scriptFormat="juel" camunda:resultVariable="doubled"'
    )
    engine.deploy(alone(script, dialects=("zeebe", "camunda")))
    instance = engine.start("p", {"a": 4})
    assert instance.variables["doubled"] == 8
    assert len(instance.journal) == 1


@pytest.mark.element("task: script, Python")
def test_a_script_in_python_is_run_outside_and_its_answer_is_in_the_journal(engine: Engine) -> None:
    engine.deploy(
        alone(node("scriptTask", "x", "<bpmn:script>b = a + 1\na * 10</bpmn:script>", 'scriptFormat="python"'))
    )
    instance = engine.start("p", {"a": 4})
    assert instance.variables == {"a": 4, "b": 5}
    assert "ScriptCompleted" in instance.journal[-1].inputs
    assert RunScript.__name__ in instance.journal[0].effects


def test_the_result_of_a_python_script_is_its_result_variable(engine: Engine) -> None:
    script = node(
        "scriptTask", "x", "<bpmn:script>a * 10</bpmn:script>", 'scriptFormat="python" camunda:resultVariable="r"'
    )
    engine.deploy(alone(script, dialects=("zeebe", "camunda")))
    assert engine.start("p", {"a": 4}).variables["r"] == 40


def test_a_python_script_that_fails_is_an_incident_and_runs_again_with_other_variables(engine: Engine) -> None:
    engine.deploy(alone(node("scriptTask", "x", "<bpmn:script>b = 1 / a</bpmn:script>", 'scriptFormat="python"')))
    instance = engine.start("p", {"a": 0})
    assert [each.type for each in instance.incidents] == [IncidentType.SCRIPT_ERROR]
    engine.set_variables(instance, {"a": 1})
    engine.resolve(instance)
    assert instance.outcome is Outcome.COMPLETED


def test_a_script_in_feel_that_gives_no_value_is_an_incident(engine: Engine) -> None:
    script = '<zeebe:script expression="=for i in 1..100000000 return i" resultVariable="r"/>'
    engine.deploy(alone(extended("scriptTask", script)))
    assert [each.type for each in engine.start("p").incidents] == [IncidentType.SCRIPT_ERROR]


DISCOUNT = (
    '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="http://example.com/d">'
    '<inputData id="in" name="amount"><variable id="v" name="amount"/></inputData><decision id="discount" name="discount">'
    '<variable id="w" name="discount"/><informationRequirement id="r"><requiredInput href="#in"/></informationRequirement>'
    '<literalExpression id="l"><text>{}</text></literalExpression></decision></definitions>'
)


@pytest.mark.element("task: business rule, by a decision")
def test_a_business_rule_task_has_its_decision_evaluated_over_what_it_sees(engine: Engine) -> None:
    called = '<zeebe:calledDecision decisionId="discount" resultVariable="percent"/>'
    engine.deploy(alone(extended("businessRuleTask", called)))
    engine.deploy_decisions(DISCOUNT.format("if amount > 10 then 5 else 0"))
    assert engine.start("p", {"amount": 20}).variables == {"amount": 20, "percent": 5}


@pytest.mark.parametrize(
    ("mapping", "text", "expected"),
    [
        (None, "[{a: 1, b: 2}, {a: 3, b: 4}]", [{"a": 1, "b": 2}, {"a": 3, "b": 4}]),
        ("resultList", "7", [7]),
        ("resultList", "null", []),
        ("collectEntries", "[{a: 1}, {a: 3}, 5]", [1, 3, 5]),
        ("singleResult", "[{a: 1, b: 2}]", {"a": 1, "b": 2}),
        ("singleResult", "null", None),
        ("singleEntry", "{a: 9}", 9),
        ("singleEntry", "[4]", 4),
    ],
)
def test_a_result_of_a_decision_is_mapped_as_camunda_7_maps_it(
    engine: Engine, mapping: str | None, text: str, expected: Any
) -> None:
    attribute = "" if mapping is None else f'camunda:mapDecisionResult="{mapping}"'
    task = node("businessRuleTask", "x", "", f'camunda:decisionRef="discount" camunda:resultVariable="r" {attribute}')
    engine.deploy(alone(task, dialects=("zeebe", "camunda")))
    engine.deploy_decisions(DISCOUNT.format(text.replace("<", "&lt;")))
    assert engine.start("p", {"amount": 1}).variables["r"] == expected


def test_a_decision_that_is_not_deployed_is_an_incident_and_is_asked_again(engine: Engine) -> None:
    engine.deploy(
        alone(extended("businessRuleTask", '<zeebe:calledDecision decisionId="discount" resultVariable="r"/>'))
    )
    instance = engine.start("p", {"amount": 1})
    assert [each.type for each in instance.incidents] == [IncidentType.DECISION_EVALUATION_ERROR]
    engine.deploy_decisions(DISCOUNT.format("amount + 1"))
    engine.resolve(instance)
    assert instance.variables["r"] == 2


@pytest.mark.parametrize(
    "tag",
    [
        pytest.param("businessRuleTask", marks=pytest.mark.element("task: business rule, by a job")),
        pytest.param("sendTask", marks=pytest.mark.element("task: send, by a job")),
    ],
)
def test_a_task_with_a_job_type_is_done_by_its_job(engine: Engine, tag: str) -> None:
    engine.deploy(alone(extended(tag, '<zeebe:taskDefinition type="do"/>')))
    instance = engine.start("p")
    assert [(each.element_id, each.type) for each in instance.jobs] == [("x", "do")]
    engine.complete_job(instance, variables={"done": 1})
    assert (instance.outcome, instance.variables) == (Outcome.COMPLETED, {"done": 1})


@pytest.mark.element("task: send, by a message", "task: receive")
def test_what_a_send_task_sends_a_receive_task_with_its_key_receives(engine: Engine) -> None:
    receiving = node("startEvent", "s") + node("receiveTask", "y", "", 'messageRef="m"') + end("e") + flows("s y e")
    sending = START + node("sendTask", "x", "", 'messageRef="m"') + end() + flows("start x end")
    engine.deploy(
        file(
            f'<bpmn:process id="p" isExecutable="true">{sending}</bpmn:process>'
            f'<bpmn:process id="q" isExecutable="true">{receiving}</bpmn:process>{message("paid", "order")}'
        )
    )
    other, receiver = engine.start("q", {"order": "1"}), engine.start("q", {"order": "2"})
    sender = engine.start("p", {"order": "2", "amount": 5})
    assert (sender.outcome, receiver.outcome, other.outcome) == (Outcome.COMPLETED, Outcome.COMPLETED, None)
    assert receiver.variables == {"order": "2", "amount": 5}
    assert receiver.completed_elements == ["s", "y", "e"]


def test_a_message_is_sent_with_the_inputs_of_its_task_alone_where_it_has_some(engine: Engine) -> None:
    mapping = '<zeebe:ioMapping><zeebe:input source="=amount * 2" target="twice"/></zeebe:ioMapping>'
    receiving = node("startEvent", "s") + node("receiveTask", "y", "", 'messageRef="m"') + end("e") + flows("s y e")
    sending = START + extended("sendTask", mapping, attributes='messageRef="m"') + end() + flows("start x end")
    engine.deploy(
        file(
            f'<bpmn:process id="p" isExecutable="true">{sending}</bpmn:process>'
            f'<bpmn:process id="q" isExecutable="true">{receiving}</bpmn:process>{message("paid", "order")}'
        )
    )
    receiver = engine.start("q", {"order": "2"})
    engine.start("p", {"order": "2", "amount": 5})
    assert receiver.variables == {"order": "2", "twice": 10}


GLOBAL = {
    "task": ("globalTask", "", ""),
    "manual": ("globalManualTask", "", ""),
    "user": ("globalUserTask", "", "<zeebe:userTask/>"),
    "script": (
        "globalScriptTask",
        "<bpmn:script>=n + 1</bpmn:script>",
        '<zeebe:script expression="=n + 1" resultVariable="n"/>',
    ),
    "rule": ("globalBusinessRuleTask", "", '<zeebe:calledDecision decisionId="discount" resultVariable="percent"/>'),
}


@pytest.mark.parametrize(
    ("kind", "variables"),
    [
        pytest.param("task", {"amount": 20, "n": 1}, marks=pytest.mark.element("global task: abstract")),
        pytest.param("manual", {"amount": 20, "n": 1}, marks=pytest.mark.element("global task: manual")),
        pytest.param("user", {"amount": 20, "n": 1, "ok": True}, marks=pytest.mark.element("global task: user")),
        pytest.param("script", {"amount": 20, "n": 2}, marks=pytest.mark.element("global task: script")),
        pytest.param(
            "rule", {"amount": 20, "n": 1, "percent": 5}, marks=pytest.mark.element("global task: business rule")
        ),
    ],
)
def test_a_global_task_is_called_as_a_process_of_that_one_task(
    engine: Engine, kind: str, variables: dict[str, Any]
) -> None:
    tag, inner, said = GLOBAL[kind]
    extension = f"<bpmn:extensionElements>{said}</bpmn:extensionElements>" if said else ""
    calling = START + node("callActivity", "call", "", 'calledElement="shared"') + end() + flows("start call end")
    engine.deploy(
        file(
            f'<bpmn:process id="p" isExecutable="true">{calling}</bpmn:process>'
            f'<bpmn:{tag} id="shared" name="Shared">{extension}{inner}</bpmn:{tag}>'
        )
    )
    engine.deploy_decisions(DISCOUNT.format("if amount > 10 then 5 else 0"))
    instance = engine.start("p", {"amount": 20, "n": 1})
    called = engine.instances[1]
    if kind == "user":
        engine.complete_user_task(called, variables={"ok": True})
    assert called.completed_elements == ["shared.task"]
    assert (instance.outcome, instance.variables) == (Outcome.COMPLETED, variables)


def test_an_error_of_a_worker_that_nothing_catches_can_be_tried_again(engine: Engine) -> None:
    engine.deploy(process(START + job("x") + end() + flows("start x end")))
    instance = engine.start("p")
    engine.throw_error(instance, "E9")
    assert [(fact.code, fact.caught_by) for fact in instance.facts(ErrorThrown)] == [("E9", None)]
    engine.resolve(instance)
    engine.complete_job(instance, "x")
    assert instance.outcome is Outcome.COMPLETED
