"""Back to a point of the journal: what was active is active again, under new keys, and what was open then is opened anew."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from engine import exact_json
from engine.bpmn import parse
from engine.runtime import State, StepLimits, codec, step
from engine.runtime.effects import IncidentType, OpenJob, Outcome, RaiseIncident, StartChild
from engine.runtime.inputs import IncidentResolved, JobCompleted, Restored, Started
from engine.testing import Engine, Instance
from engine.testing.engine import START_OF_TIME
from tests.core.bpmn.diagrams import process
from tests.core.runtime.nodes import START, boundary, end, flows, job, message, node, timer

OPENING = (
    "OpenJob", "OpenUserTask", "OpenTimer", "OpenMessageSubscription", "OpenSignalSubscription", "StartChild", "RaiseIncident",
    "RunScript",
)  # fmt: skip
TWO = process(START + job("a") + job("b") + end() + flows("start a b end"))
COMPENSATE = "<bpmn:compensateEventDefinition/>"


def point(instance: Instance, sequence: int) -> Restored:
    """What the entry left, as the shell reads it out of the journal."""
    asked: dict[int, Any] = {}
    for entry in instance.journal[:sequence]:
        for effect in exact_json.decode(entry.effects):
            if effect[0] in OPENING:
                asked[effect[1]] = effect
    state = exact_json.decode(instance.journal[sequence - 1].state)
    still_open = {opened[0] for opened in state["o"]}
    return Restored(state["k"], sequence, state, tuple(each for key, each in asked.items() if key in still_open))


def go_back(engine: Engine, instance: Instance, sequence: int) -> None:
    engine.give(instance, point(instance, sequence))


def offered(instance: Instance) -> list[str]:
    return [each.element_id for each in instance.jobs]


def test_it_goes_back_to_the_task_before_with_the_variables_of_then(engine: Engine) -> None:
    engine.deploy(TWO)
    instance = engine.start("p", {"n": 1})
    [first] = instance.jobs
    engine.complete_job(instance, "a", {"n": 2, "later": True})
    go_back(engine, instance, 1)
    [again] = instance.jobs
    assert (again.element_id, again.key != first.key) == ("a", True)
    assert instance.variables == {"n": 1}
    assert instance.terminated_elements == ["b"]
    engine.complete_job(instance, "a")
    engine.complete_job(instance, "b")
    assert instance.outcome is Outcome.COMPLETED


def test_another_instance_may_begin_where_this_one_was(engine: Engine) -> None:
    engine.deploy(TWO)
    instance = engine.start("p", {"n": 1})
    engine.complete_job(instance, "a", {"n": 2})
    restored = point(instance, 2)
    engine.complete_job(instance, "b")
    model = instance.model
    begun = step(model, State.new(7 << 24), [restored], now=START_OF_TIME)
    [opened] = [effect for effect in begun.effects if isinstance(effect, OpenJob)]
    done = step(model, begun.state, [JobCompleted(opened.key, {"m": 3})], now=START_OF_TIME)
    assert (opened.element_id, done.state.ended, done.effects[-1].variables) == (  # type: ignore[union-attr]
        "b",
        Outcome.COMPLETED,
        {"n": 2, "m": 3},
    )


def test_a_half_done_multi_instance_activity_has_what_it_had(engine: Engine) -> None:
    loop = (
        '<bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements><zeebe:loopCharacteristics inputCollection="=items"'
        ' inputElement="item" outputCollection="results" outputElement="=result"/></bpmn:extensionElements>'
        "</bpmn:multiInstanceLoopCharacteristics>"
    )
    engine.deploy(process(START + job("a", loop) + end() + flows("start a end")))
    instance = engine.start("p", {"items": [1, 2, 3]})
    engine.complete_job(instance, "a", {"result": "x"})
    engine.complete_job(instance, "a", {"result": "y"})
    go_back(engine, instance, 2)
    assert offered(instance) == ["a", "a"]
    engine.complete_job(instance, "a", {"result": "v"})
    engine.complete_job(instance, "a", {"result": "w"})
    assert instance.variables["results"] == ["x", "v", "w"]


def test_tokens_that_waited_at_a_join_wait_there_again(engine: Engine) -> None:
    split = node("inclusiveGateway", "split") + node("inclusiveGateway", "join")
    engine.deploy(
        process(START + split + job("a") + job("b") + end() + flows("start split a join end", "split b join"))
    )
    instance = engine.start("p")
    engine.complete_job(instance, "a")
    engine.complete_job(instance, "b")
    assert instance.outcome is Outcome.COMPLETED
    instance = engine.start("p")
    engine.complete_job(instance, "a")
    go_back(engine, instance, 2)
    assert offered(instance) == ["b"]
    engine.complete_job(instance, "b")
    assert instance.completed_elements.count("join") == 1
    assert instance.outcome is Outcome.COMPLETED


def test_what_was_waited_for_is_waited_for_again(engine: Engine) -> None:
    late = boundary("late", "a", timer("timeDuration", "PT1H")) + end("gone") + flows("late gone")
    receive = node("receiveTask", "told", attributes='messageRef="m"')
    engine.deploy(
        process(START + job("a") + receive + end() + late + flows("start a told end"), root=message("news", "key"))
    )
    instance = engine.start("p", {"key": "k"})
    engine.complete_job(instance, "a")
    assert [each.element_id for each in instance.message_subscriptions] == ["told"]
    go_back(engine, instance, 1)
    assert (offered(instance), len(instance.timers), instance.message_subscriptions) == (["a"], 1, [])
    go_back(engine, instance, 2)
    assert (offered(instance), instance.timers) == ([], [])
    engine.publish("news", "k")
    assert instance.outcome is Outcome.COMPLETED
    other = engine.start("p", {"key": "k"})
    go_back(engine, other, 1)
    engine.advance(timedelta(hours=1))
    assert "late" in other.completed_elements


def test_a_called_instance_is_called_again_from_its_start(engine: Engine) -> None:
    engine.deploy(process(START + job("inner") + end() + flows("start inner end")).replace(b'id="p"', b'id="child"'))
    call = '<bpmn:extensionElements><zeebe:calledElement processId="child"/></bpmn:extensionElements>'
    engine.deploy(process(START + node("callActivity", "call", call) + job("b") + end() + flows("start call b end")))
    instance = engine.start("p")
    [child] = engine.instances[1:]
    engine.complete_job(child, "inner")
    go_back(engine, instance, 1)
    [again] = [each for each in engine.instances[1:] if each.outcome is None]
    assert len(instance.opened(StartChild)) == 1
    engine.complete_job(again, "inner")
    engine.complete_job(instance, "b")
    assert instance.outcome is Outcome.COMPLETED


def test_a_job_that_stood_in_an_incident_is_tried_afresh_and_another_incident_stands_again(engine: Engine) -> None:
    engine.deploy(TWO)
    failing = engine.start("p")
    engine.fail_job(failing, "a")
    go_back(engine, failing, 2)
    assert (offered(failing), failing.incidents) == (["a"], [])
    engine.deploy(process(START + node("exclusiveGateway", "g") + end() + end("other") + WAYS + flows("start g")))
    stuck = engine.start("p", {"n": 1})
    assert [each.type for each in stuck.incidents] == [IncidentType.CONDITION_ERROR]
    before = stuck.incidents[0].key
    go_back(engine, stuck, 1)
    [incident] = stuck.incidents
    assert incident.key != before
    engine.set_variables(stuck, {"n": 5})
    engine.give(stuck, IncidentResolved(incident.key))
    assert stuck.outcome is Outcome.COMPLETED


WAYS = "".join(
    f'<bpmn:sequenceFlow id="to_{target}" sourceRef="g" targetRef="{target}"><bpmn:conditionExpression'
    f' xsi:type="bpmn:tFormalExpression">=n = {number}</bpmn:conditionExpression></bpmn:sequenceFlow>'
    for number, target in ((5, "end"), (6, "other"))
)


def test_what_the_limit_of_steps_stopped_goes_on_from_there(engine: Engine) -> None:
    chain = " ".join(f"t{number}" for number in range(30))
    tasks = "".join(node("task", each) for each in chain.split())
    definitions = parse(process(START + tasks + end() + flows(f"start {chain} end")))
    model = definitions.processes["p"]
    stopped = step(model, State.new(1 << 24), [Started()], now=START_OF_TIME, limits=StepLimits(steps=10))
    [raised] = [effect for effect in stopped.effects if isinstance(effect, RaiseIncident)]
    effects = exact_json.decode(exact_json.encode([codec.effect_to_json(raised)]))
    restored = Restored(1 << 24, 1, exact_json.decode(exact_json.encode(stopped.state.to_json())), tuple(effects))
    begun = step(model, State.new(7 << 24), [restored], now=START_OF_TIME)
    [again] = [effect for effect in begun.effects if isinstance(effect, RaiseIncident)]
    done = step(model, begun.state, [IncidentResolved(again.key)], now=START_OF_TIME)
    assert done.state.ended is Outcome.COMPLETED


def test_a_compensation_that_was_under_way_goes_on(engine: Engine) -> None:
    undo = boundary("undo", "a", COMPENSATE) + node("serviceTask", "back", HANDLED, 'isForCompensation="true"')
    link = '<bpmn:association id="link" sourceRef="undo" targetRef="back" associationDirection="One"/>'
    throw = node("intermediateThrowEvent", "throw", COMPENSATE)
    engine.deploy(process(START + job("a") + undo + link + throw + end() + flows("start a throw end")))
    instance = engine.start("p")
    engine.complete_job(instance, "a")
    assert offered(instance) == ["back"]
    go_back(engine, instance, 2)
    assert offered(instance) == ["back"]
    engine.complete_job(instance, "back")
    assert instance.outcome is Outcome.COMPLETED


HANDLED = '<bpmn:extensionElements><zeebe:taskDefinition type="back"/></bpmn:extensionElements>'


@pytest.mark.parametrize("event", ["creating", "completing"])
def test_a_user_task_whose_listeners_were_asked_asks_them_again(engine: Engine, event: str) -> None:
    listener = f'<zeebe:taskListeners><zeebe:taskListener eventType="{event}" type="ask"/></zeebe:taskListeners>'
    extensions = f"<bpmn:extensionElements><zeebe:userTask/>{listener}</bpmn:extensionElements>"
    engine.deploy(process(START + node("userTask", "a", extensions) + end() + flows("start a end")))
    instance = engine.start("p")
    if event == "completing":
        engine.complete_user_task(instance)
    [before] = instance.jobs
    go_back(engine, instance, len(instance.journal))
    [again] = instance.jobs
    assert again.key != before.key
    assert again.user_task["key"] != before.user_task["key"]
    engine.answer_task_listener(instance)
    if event == "creating":
        engine.complete_user_task(instance)
    assert instance.outcome is Outcome.COMPLETED
