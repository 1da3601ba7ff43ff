"""Task listeners: each change of a user task waits for their jobs, which may correct or deny it (Camunda 8)."""

from __future__ import annotations

from typing import Any

import pytest

from engine.runtime.effects import IncidentType, JobKind, Outcome
from engine.runtime.history import InputIgnored, WarningRecorded
from engine.runtime.inputs import IncidentResolved, JobErrorThrown, UserTaskChanged, UserTaskCompleted
from engine.testing import Engine, Instance
from tests.core.bpmn.diagrams import process
from tests.core.runtime.nodes import START, boundary, end, flows, node, timer

SIGNAL = '<bpmn:signalEventDefinition signalRef="s"/>'


def listening(*events: str, assignee: str = "", more: str = "") -> bytes:
    each = "".join(f'<zeebe:taskListener eventType="{event}" type="on_{event}"/>' for event in events)
    assigned = f'<zeebe:assignmentDefinition assignee="{assignee}"/>' if assignee else ""
    inner = f"<zeebe:userTask/>{assigned}<zeebe:taskListeners>{each}</zeebe:taskListeners>"
    extensions = f"<bpmn:extensionElements>{inner}</bpmn:extensionElements>"
    return process(
        START + node("userTask", "a", extensions) + end() + flows("start a end") + more,
        root='<bpmn:signal id="s" name="go"/>',
    )


def asked(instance: Instance) -> list[tuple[str, str, dict[str, Any]]]:
    """Job type, action and the assignee that each open listener job is about."""
    return [(each.type, each.user_task["action"], each.user_task["values"]) for each in instance.jobs]


def test_a_task_is_offered_when_the_listeners_of_its_creation_are_done_and_as_they_correct_it(engine: Engine) -> None:
    engine.deploy(listening("creating", "creating"))
    instance = engine.start("p")
    assert instance.user_tasks == []
    [job] = instance.jobs
    assert (job.kind, job.listener_event) == (JobKind.TASK_LISTENER, "creating")
    engine.answer_task_listener(instance, {"corrections": {"priority": 80, "candidateGroups": ["clerks"]}})
    [job] = instance.jobs
    assert job.user_task["values"]["priority"] == 80
    engine.answer_task_listener(instance, {"corrections": {"dueDate": "2030-02-01T00:00:00+00:00", "assignee": None}})
    [task] = instance.user_tasks
    assert (task.priority, task.candidate_groups, task.assignee) == (80, ("clerks",), None)
    assert task.due_date is not None
    assert task.due_date.month == 2
    engine.complete_user_task(instance)
    assert instance.outcome is Outcome.COMPLETED


def test_who_the_diagram_assigns_is_asked_for_at_the_creation_and_may_be_denied(engine: Engine) -> None:
    engine.deploy(listening("creating", "assigning", assignee="alice"))
    instance = engine.start("p")
    engine.answer_task_listener(instance)
    assert [each.listener_event for each in instance.jobs] == ["assigning"]
    engine.answer_task_listener(instance, {"denied": True, "deniedReason": "on holiday"})
    assert [each.assignee for each in instance.user_tasks] == [None]
    [warning] = instance.facts(WarningRecorded)
    assert "on holiday" in warning.message


@pytest.mark.parametrize(("event", "values"), [("assigning", {"assignee": "bob"}), ("updating", {"priority": 1})])
def test_a_change_of_an_open_task_happens_when_its_listeners_agree(
    engine: Engine, event: str, values: dict[str, Any]
) -> None:
    engine.deploy(listening(event))
    instance = engine.start("p")
    [before] = instance.user_tasks
    engine.give(instance, UserTaskChanged(before.key, event, "change", values))
    assert instance.user_tasks == [before]
    assert asked(instance) == [(f"on_{event}", "change", values)]
    engine.answer_task_listener(instance, {"denied": True})
    assert instance.user_tasks == [before]
    engine.give(instance, UserTaskChanged(before.key, event, "change", values))
    engine.answer_task_listener(instance, {"corrections": {"priority": 7}})
    [task] = instance.user_tasks
    assert (task.priority, task.assignee) == (7, values.get("assignee"))


def test_a_completion_happens_with_its_variables_when_its_listeners_agree(engine: Engine) -> None:
    engine.deploy(listening("completing"))
    instance = engine.start("p")
    engine.complete_user_task(instance, variables={"n": 1})
    assert (instance.variables, asked(instance)) == ({}, [("on_completing", "complete", {})])
    engine.answer_task_listener(instance, {"denied": True, "deniedReason": "n is too small"})
    assert (instance.outcome, instance.jobs, len(instance.user_tasks)) == (None, [], 1)
    engine.complete_user_task(instance, variables={"n": 2})
    engine.answer_task_listener(instance)
    assert (instance.outcome, instance.variables) == (Outcome.COMPLETED, {"n": 2})


def test_while_listeners_run_no_other_change_is_taken_up(engine: Engine) -> None:
    engine.deploy(listening("completing"))
    instance = engine.start("p")
    [task] = instance.user_tasks
    engine.complete_user_task(instance)
    for item in (UserTaskCompleted(task.key), UserTaskChanged(task.key, "assigning", "claim", {"assignee": "bob"})):
        engine.give(instance, item)
    assert len(instance.facts(InputIgnored)) == 2
    assert len(instance.jobs) == 1


def test_an_event_that_interrupts_the_task_withdraws_its_listeners_job(engine: Engine) -> None:
    engine.deploy(listening("completing", more=boundary("stop", "a", SIGNAL) + end("stopped") + flows("stop stopped")))
    instance = engine.start("p")
    engine.complete_user_task(instance)
    engine.broadcast("go")
    assert (instance.jobs, instance.user_tasks, instance.outcome) == ([], [], Outcome.COMPLETED)
    assert instance.completed_elements[-1] == "stopped"


def test_boundary_events_wait_from_the_creation_on(engine: Engine) -> None:
    more = boundary("late", "a", timer("timeDuration", "PT1H")) + end("missed") + flows("late missed")
    engine.deploy(listening("creating", more=more))
    assert [each.element_id for each in engine.start("p").timers] == ["late"]


def test_an_error_of_a_listener_is_an_incident_that_asks_it_again(engine: Engine) -> None:
    engine.deploy(listening("completing"))
    instance = engine.start("p")
    engine.complete_user_task(instance, variables={"n": 1})
    [job] = instance.jobs
    del instance.open[job.key]
    engine.give(instance, JobErrorThrown(job.key, "E1"))
    [incident] = instance.incidents
    assert incident.type is IncidentType.UNHANDLED_ERROR_EVENT
    engine.give(instance, IncidentResolved(incident.key))
    engine.answer_task_listener(instance)
    assert (instance.outcome, instance.variables) == (Outcome.COMPLETED, {"n": 1})


def test_a_listener_without_attempts_left_is_an_incident_and_its_job_can_be_done_after_all(engine: Engine) -> None:
    engine.deploy(listening("creating"))
    instance = engine.start("p")
    engine.fail_job(instance, "a")
    assert [each.type for each in instance.incidents] == [IncidentType.JOB_NO_RETRIES]
    engine.answer_task_listener(instance)
    assert (instance.incidents, len(instance.user_tasks)) == ([], 1)


@pytest.mark.parametrize(
    "corrections",
    [
        {"priority": 101},
        {"priority": "high"},
        {"dueDate": "soon"},
        {"dueDate": "2030-01-01"},
        {"candidateUsers": "bob"},
        {"name": "b"},
    ],
)
def test_corrections_that_cannot_be_read_are_an_incident_that_asks_again(engine: Engine, corrections: Any) -> None:
    engine.deploy(listening("creating"))
    instance = engine.start("p")
    engine.answer_task_listener(instance, {"corrections": corrections})
    [incident] = instance.incidents
    assert incident.type is IncidentType.EXTRACT_VALUE_ERROR
    engine.resolve(instance)
    engine.answer_task_listener(instance, {"corrections": {"priority": 3}})
    assert [each.priority for each in instance.user_tasks] == [3]


def test_what_a_handler_returns_is_its_listener_s_result(engine: Engine) -> None:
    engine.deploy(listening("creating", assignee="alice"))
    engine.on_job("on_creating", lambda _: {"corrections": {"assignee": "bob"}})
    instance = engine.start("p")
    assert [each.assignee for each in instance.user_tasks] == ["bob"]
    assert instance.variables == {}


def test_the_listeners_of_a_cancellation_are_told_by_what_the_task_saw_and_its_scope_waits_for_them(
    engine: Engine,
) -> None:
    engine.deploy(
        listening("canceling", "canceling", more=boundary("stop", "a", SIGNAL) + end("stopped") + flows("stop stopped"))
    )
    instance = engine.start("p", {"n": 1})
    engine.broadcast("go")
    assert instance.completed_elements[-1] == "stopped"
    assert (instance.user_tasks, instance.outcome) == ([], None)
    [job] = instance.jobs
    assert (job.listener_event, job.user_task["action"]) == ("canceling", "cancel")
    assert instance.state.elements[job.element_instance].variables == {"n": 1}
    engine.answer_task_listener(instance, {"denied": True})
    assert instance.outcome is None
    engine.answer_task_listener(instance)
    assert instance.outcome is Outcome.COMPLETED
    assert instance.terminated_elements == ["a"]


def test_a_cancelled_instance_ends_after_the_listeners_of_its_tasks(engine: Engine) -> None:
    engine.deploy(listening("canceling"))
    instance = engine.start("p", {"n": 1})
    engine.cancel(instance)
    assert (instance.user_tasks, instance.outcome) == ([], None)
    engine.answer_task_listener(instance)
    assert (instance.outcome, instance.variables) == (Outcome.TERMINATED, {"n": 1})


def test_an_instance_that_is_cancelled_twice_waits_for_no_listener(engine: Engine) -> None:
    engine.deploy(listening("canceling"))
    instance = engine.start("p")
    engine.cancel(instance)
    engine.cancel(instance)
    assert (instance.outcome, instance.jobs) == (Outcome.TERMINATED, [])


def test_a_task_that_is_completed_tells_no_listener_of_a_cancellation(engine: Engine) -> None:
    engine.deploy(listening("canceling"))
    instance = engine.start("p")
    engine.complete_user_task(instance)
    assert (instance.outcome, instance.jobs) == (Outcome.COMPLETED, [])
