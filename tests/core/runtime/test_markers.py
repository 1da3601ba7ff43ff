"""Loops, multi-instance behaviours, quantities and compensation: what a marker makes of an activity."""

from __future__ import annotations

from typing import Any

import pytest

from engine.runtime.effects import IncidentType, Outcome
from engine.runtime.history import Compensated
from engine.testing import Engine
from tests.core.bpmn.diagrams import file, process
from tests.core.runtime.nodes import START, boundary, end, flows, job, node, script
from tests.core.runtime.occurrences import ERROR, ESCALATION, ROOTS, SIGNAL

FORMAL = 'xsi:type="bpmn:tFormalExpression"'


def looped(condition: str = "", attributes: str = "") -> str:
    inner = f"<bpmn:loopCondition {FORMAL}>={condition}</bpmn:loopCondition>" if condition else ""
    return f"<bpmn:standardLoopCharacteristics {attributes}>{inner}</bpmn:standardLoopCharacteristics>"


def several(*parts: str, attributes: str = "", cardinality: str | None = None) -> str:
    count = "" if cardinality is None else f"<bpmn:loopCardinality {FORMAL}>{cardinality}</bpmn:loopCardinality>"
    inner = count + "".join(parts)
    return f"<bpmn:multiInstanceLoopCharacteristics {attributes}>{inner}</bpmn:multiInstanceLoopCharacteristics>"


def counting(marker: str) -> bytes:
    """A task that adds one to `n` in each round."""
    task = script("work", "n + 1", "n").replace("</bpmn:extensionElements>", f"</bpmn:extensionElements>{marker}")
    return process(START + task + end() + flows("start work end"), root=ROOTS)


# --- loops ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("marker", "begin", "rounds"),
    [
        pytest.param(looped("n &lt; 3"), 0, 3, marks=pytest.mark.element("standard loop: tested after each round")),
        pytest.param(looped("n &lt; 3"), 9, 1, id="the first round needs no test"),
        pytest.param(
            looped("n &lt; 3", 'testBefore="true"'),
            0,
            3,
            marks=pytest.mark.element("standard loop: tested before each round"),
        ),
        pytest.param(looped("n &lt; 3", 'testBefore="true"'), 9, 0, id="no round at all"),
        pytest.param(
            looped("n &lt; 30", 'loopMaximum="4"'), 0, 4, marks=pytest.mark.element("standard loop: with a maximum")
        ),
        pytest.param(looped(attributes='loopMaximum="2"'), 0, 2, id="a maximum alone"),
        pytest.param(looped("loopCounter &lt; 5"), 0, 5, id="by its counter"),
    ],
)
def test_a_loop_goes_round_while_its_condition_holds(engine: Engine, marker: str, begin: int, rounds: int) -> None:
    engine.deploy(counting(marker))
    instance = engine.start("p", {"n": begin})
    assert instance.outcome is Outcome.COMPLETED
    assert instance.variables["n"] == begin + rounds
    assert instance.completed_elements.count("work") == rounds + 1  # and the body around the rounds


# --- several instances ---------------------------------------------------------------------------------------------------


@pytest.mark.element("multi-instance: parallel, by a cardinality")
def test_a_cardinality_makes_that_many_instances_at_once(engine: Engine) -> None:
    engine.deploy(process(START + job("work", several(cardinality="=n * 2")) + end() + flows("start work end")))
    instance = engine.start("p", {"n": 2})
    assert len(instance.jobs) == 4
    counters = [instance.state.elements[each.element_instance].variables for each in instance.jobs]
    assert counters == [{"loopCounter": number} for number in (1, 2, 3, 4)]
    engine.on_job("work", lambda _: None)
    assert instance.outcome is Outcome.COMPLETED


@pytest.mark.element("multi-instance: sequential, by a cardinality")
def test_a_sequential_cardinality_makes_one_instance_after_another(engine: Engine) -> None:
    engine.deploy(
        process(
            START
            + job("work", several(attributes='isSequential="true"', cardinality="3"))
            + end()
            + flows("start work end")
        )
    )
    instance = engine.start("p")
    for _ in range(3):
        assert len(instance.jobs) == 1
        engine.complete_job(instance)
    assert instance.outcome is Outcome.COMPLETED


@pytest.mark.parametrize("value", [-1, 2.5, "many", True, None, 1_000_001])
def test_a_cardinality_that_is_no_whole_number_is_an_incident(engine: Engine, value: Any) -> None:
    engine.deploy(process(START + job("work", several(cardinality="=n")) + end() + flows("start work end")))
    [incident] = engine.start("p", {"n": value}).incidents
    assert incident.type is IncidentType.EXTRACT_VALUE_ERROR
    assert "a whole number from 0 to 1000000" in incident.message


def test_a_collection_that_is_no_list_is_an_incident_and_can_be_mended(engine: Engine) -> None:
    collection = (
        '<bpmn:extensionElements><zeebe:loopCharacteristics inputCollection="=items"/></bpmn:extensionElements>'
    )
    engine.deploy(process(START + job("work", several(collection)) + end() + flows("start work end")))
    instance = engine.start("p", {"items": "a"})
    [incident] = instance.incidents
    assert "to be a list" in incident.message
    engine.set_variables(instance, {"items": ["a", "b"]})
    engine.resolve(instance)
    assert len(instance.jobs) == 2


def _behaving(behavior: str, *parts: str) -> bytes:
    task = job("work", several(*parts, attributes=behavior, cardinality="3"))
    caught = boundary("caught", "work", SIGNAL, interrupting=False) + end("heard") + flows("caught heard")
    thrown = '<bpmn:signalEventDefinition id="thrown" signalRef="s"/>'
    return process(START + task + caught + end() + flows("start work end"), root=ROOTS + thrown)


@pytest.mark.parametrize(
    ("behavior", "heard"),
    [
        pytest.param('behavior="All"', [0, 0, 0], marks=pytest.mark.element("multi-instance: behaviour all")),
        pytest.param(
            'behavior="One" oneBehaviorEventRef="thrown"',
            [1, 1, 1],
            marks=pytest.mark.element("multi-instance: behaviour one"),
            id="one",
        ),
        pytest.param(
            'behavior="None" noneBehaviorEventRef="thrown"',
            [1, 2, 3],
            marks=pytest.mark.element("multi-instance: behaviour none"),
            id="none",
        ),
    ],
)
def test_a_behaviour_says_which_completions_throw(engine: Engine, behavior: str, heard: list[int]) -> None:
    engine.deploy(_behaving(behavior))
    instance = engine.start("p")
    found = []
    for _ in range(3):
        engine.complete_job(instance)
        found.append(instance.completed_elements.count("heard"))
    assert found == heard
    assert instance.outcome is Outcome.COMPLETED


@pytest.mark.element("multi-instance: behaviour complex")
def test_a_complex_behaviour_throws_each_event_whose_condition_holds(engine: Engine) -> None:
    definition = (
        f"<bpmn:complexBehaviorDefinition><bpmn:condition {FORMAL}>=nrOfCompletedInstances = 2</bpmn:condition>"
        f'<bpmn:event id="implicit">{SIGNAL}</bpmn:event></bpmn:complexBehaviorDefinition>'
    ).replace("bpmn:event ", 'bpmn:event xsi:type="bpmn:tImplicitThrowEvent" ')
    engine.deploy(_behaving('behavior="Complex"', definition))
    instance = engine.start("p")
    found = []
    for _ in range(3):
        engine.complete_job(instance)
        found.append(instance.completed_elements.count("heard"))
    assert found == [0, 1, 1]


@pytest.mark.parametrize(
    ("behavior", "heard"),
    [('behavior="One" oneBehaviorEventRef="thrown"', 1), ('behavior="None" noneBehaviorEventRef="thrown"', 3)],
)
def test_a_behaviour_counts_instances_that_complete_at_once_one_by_one(
    engine: Engine, behavior: str, heard: int
) -> None:
    engine.deploy(
        _behaving(behavior).replace(b'<zeebe:taskDefinition type="work"/>', b"").replace(b"serviceTask", b"manualTask")
    )
    instance = engine.start("p")
    assert instance.completed_elements.count("heard") == heard
    assert instance.outcome is Outcome.COMPLETED


def test_a_completion_condition_that_held_once_is_not_taken_back_by_instances_that_complete_with_it(
    engine: Engine,
) -> None:
    stop = f"<bpmn:completionCondition {FORMAL}>=nrOfCompletedInstances = 1</bpmn:completionCondition>"
    inner = (
        node("startEvent", "first_start")
        + node("exclusiveGateway", "way", attributes='default="way_ready"')
        + node("manualTask", "ready")
        + node("userTask", "slow")
        + end("inner_end")
        + flows("first_start way ready inner_end", "slow inner_end")
        + '<bpmn:sequenceFlow id="way_slow" sourceRef="way" targetRef="slow">'
        f"<bpmn:conditionExpression {FORMAL}>=loopCounter = 3</bpmn:conditionExpression></bpmn:sequenceFlow>"
    )
    work = node("subProcess", "first", several(stop, cardinality="3") + inner)
    engine.deploy(process(START + work + end() + flows("start first end")))
    instance = engine.start("p")
    assert instance.outcome is Outcome.COMPLETED
    assert "slow" in instance.terminated_elements


@pytest.mark.parametrize(
    ("thrown", "caught", "interrupting", "left"),
    [
        ('<bpmn:escalationEventDefinition id="thrown" escalationRef="esc"/>', ESCALATION, False, 2),
        ('<bpmn:escalationEventDefinition id="thrown" escalationRef="esc"/>', ESCALATION, True, 0),
        ('<bpmn:errorEventDefinition id="thrown" errorRef="e"/>', ERROR, True, 0),
    ],
)
def test_a_behaviour_may_throw_an_escalation_or_an_error_to_the_activity_s_own_boundary(
    engine: Engine, thrown: str, caught: str, interrupting: bool, left: int
) -> None:
    task = job("work", several(attributes='behavior="One" oneBehaviorEventRef="thrown"', cardinality="3"))
    edge = boundary("caught", "work", caught, interrupting=interrupting) + end("heard") + flows("caught heard")
    engine.deploy(process(START + task + edge + end() + flows("start work end"), root=ROOTS + thrown))
    instance = engine.start("p")
    engine.complete_job(instance)
    assert instance.completed_elements.count("heard") == 1
    assert len(instance.jobs) == left


def test_a_behaviour_whose_signal_nobody_of_the_activity_hears_is_told_to_the_world(engine: Engine) -> None:
    task = job("work", several(attributes='behavior="One" oneBehaviorEventRef="thrown"', cardinality="2"))
    thrown = '<bpmn:signalEventDefinition id="thrown" signalRef="s"/>'
    engine.deploy(process(START + task + end() + flows("start work end"), root=ROOTS + thrown))
    listening = (
        node("startEvent", "b") + node("intermediateCatchEvent", "wait", SIGNAL) + end("done") + flows("b wait done")
    )
    engine.deploy(process(listening, root=ROOTS).replace(b'id="p"', b'id="q"'))
    listener = engine.start("q")
    instance = engine.start("p")
    assert listener.outcome is None
    engine.complete_job(instance)
    assert listener.outcome is Outcome.COMPLETED


@pytest.mark.element("multi-instance: of a sub-process")
def test_each_instance_of_a_sub_process_has_variables_of_its_own(engine: Engine) -> None:
    inside = node("startEvent", "in") + job("work") + end("out") + flows("in work out")
    collection = (
        '<bpmn:extensionElements><zeebe:loopCharacteristics inputCollection="=items" inputElement="item" '
        'outputCollection="results" outputElement="=item * 10"/></bpmn:extensionElements>'
    )
    engine.deploy(
        process(START + node("subProcess", "each", inside + several(collection)) + end() + flows("start each end"))
    )
    instance = engine.start("p", {"items": [1, 2, 3]})
    assert len(instance.jobs) == 3
    engine.on_job("work", lambda variables: {"item": variables["item"] + 1})
    assert instance.variables["results"] == [20, 30, 40]
    assert "item" not in instance.variables


@pytest.mark.element("multi-instance: of a call activity")
def test_a_call_activity_with_several_instances_calls_as_many_processes(engine: Engine) -> None:
    called = '<bpmn:extensionElements><zeebe:calledElement processId="q"/></bpmn:extensionElements>'
    collection = (
        '<bpmn:extensionElements><zeebe:loopCharacteristics inputCollection="=items" inputElement="item" '
        'outputCollection="results" outputElement="=twice"/></bpmn:extensionElements>'
    )
    calling = START + node("callActivity", "call", called + several(collection)) + end() + flows("start call end")
    doubling = node("startEvent", "in") + script("double", "item * 2", "twice") + end("out") + flows("in double out")
    engine.deploy(
        file(
            f'<bpmn:process id="p" isExecutable="true">{calling}</bpmn:process>'
            f'<bpmn:process id="q" isExecutable="true">{doubling}</bpmn:process>'
        )
    )
    instance = engine.start("p", {"items": [1, 2]})
    assert len(engine.instances) == 3
    assert (instance.outcome, instance.variables["results"]) == (Outcome.COMPLETED, [2, 4])


# --- quantities ----------------------------------------------------------------------------------------------------------


@pytest.mark.element("startQuantity")
def test_an_activity_waits_for_as_many_tokens_as_it_needs(engine: Engine) -> None:
    work = node("manualTask", "work", attributes='startQuantity="2"')
    engine.deploy(process(START + job("a") + job("b") + work + end() + flows("start a work end", "start b work")))
    instance = engine.start("p")
    engine.complete_job(instance, "a")
    assert "work" not in instance.completed_elements
    engine.complete_job(instance, "b")
    assert instance.completed_elements[-2:] == ["work", "end"]
    assert instance.outcome is Outcome.COMPLETED


@pytest.mark.element("completionQuantity")
def test_an_activity_sends_as_many_tokens_as_it_says_along_each_flow(engine: Engine) -> None:
    work = node("manualTask", "work", attributes='completionQuantity="3"')
    engine.deploy(process(START + work + job("next") + end() + flows("start work next end")))
    instance = engine.start("p")
    assert instance.completed_elements.count("work") == 1
    assert [each.element_id for each in instance.jobs] == ["next"] * 3


# --- compensation --------------------------------------------------------------------------------------------------------


def undone(name: str, marker: str = "") -> str:
    undo = job(f"undo_{name}").replace("<bpmn:serviceTask", '<bpmn:serviceTask isForCompensation="true"')
    return (
        job(name, marker)
        + boundary(f"on_{name}", name, "<bpmn:compensateEventDefinition/>")
        + undo
        + f'<bpmn:association id="as_{name}" associationDirection="One" sourceRef="on_{name}" targetRef="undo_{name}"/>'
    )


@pytest.mark.element("compensation: of each instance of a multi-instance activity")
def test_each_instance_is_undone_with_the_variables_that_it_had(engine: Engine) -> None:
    items = '<zeebe:loopCharacteristics inputCollection="=items" inputElement="item"/>'
    collection = f"<bpmn:extensionElements>{items}</bpmn:extensionElements>"
    throwing = node("intermediateThrowEvent", "undo", "<bpmn:compensateEventDefinition/>")
    engine.deploy(
        process(
            START
            + undone("a", several(collection, attributes='isSequential="true"'))
            + throwing
            + end()
            + flows("start a undo end")
        )
    )
    seen: list[Any] = []
    engine.on_job("a", lambda _: None)
    engine.on_job("undo_a", lambda variables: seen.append(variables["item"]))
    instance = engine.start("p", {"items": ["x", "y", "z"]})
    assert instance.outcome is Outcome.COMPLETED
    assert seen == ["z", "y", "x"]


@pytest.mark.element("compensation: of a sub-process, what is in it", "end event: compensation")
def test_a_completed_sub_process_is_undone_by_undoing_what_is_in_it(engine: Engine) -> None:
    inside = node("startEvent", "in") + undone("a") + undone("b") + end("out") + flows("in a b out")
    engine.deploy(
        process(
            START
            + node("subProcess", "host", inside)
            + undone("c")
            + end("undo", "<bpmn:compensateEventDefinition/>")
            + flows("start host c undo")
        )
    )
    order: list[str] = []
    for name in "abc":
        engine.on_job(name, lambda _: None)
        engine.on_job(f"undo_{name}", lambda _, name=name: order.append(name))  # type: ignore[misc]
    instance = engine.start("p")
    assert order == ["c", "b", "a"]
    assert [fact.element_id for fact in instance.facts(Compensated)] == ["c", "host", "b", "a"]
    assert instance.outcome is Outcome.COMPLETED


@pytest.mark.element("event sub-process: compensation")
def test_a_sub_process_with_a_compensation_event_sub_process_is_undone_by_that(engine: Engine) -> None:
    mending = (
        node("startEvent", "wanted", "<bpmn:compensateEventDefinition/>")
        + job("mend")
        + end("mended")
        + flows("wanted mend mended")
    )
    inside = (
        node("startEvent", "in")
        + undone("a")
        + end("out")
        + flows("in a out")
        + node("subProcess", "react", mending, 'triggeredByEvent="true"')
    )
    throwing = node("intermediateThrowEvent", "undo", "<bpmn:compensateEventDefinition/>")
    engine.deploy(process(START + node("subProcess", "host", inside) + throwing + end() + flows("start host undo end")))
    instance = engine.start("p")
    engine.complete_job(instance, "a")
    assert [each.element_id for each in instance.jobs] == ["mend"]
    engine.complete_job(instance, "mend")
    assert instance.outcome is Outcome.COMPLETED
    assert "undo_a" not in instance.activated_elements


def test_a_compensation_that_names_an_activity_undoes_that_one_alone(engine: Engine) -> None:
    throwing = node("intermediateThrowEvent", "undo", '<bpmn:compensateEventDefinition activityRef="a"/>')
    engine.deploy(process(START + undone("a") + undone("b") + throwing + end() + flows("start a b undo end")))
    for name in ("a", "b", "undo_a"):
        engine.on_job(name, lambda _: None)
    instance = engine.start("p")
    assert instance.outcome is Outcome.COMPLETED
    assert [fact.element_id for fact in instance.facts(Compensated)] == ["a"]


def test_a_compensation_without_anything_to_undo_goes_on_at_once(engine: Engine) -> None:
    throwing = node("intermediateThrowEvent", "undo", "<bpmn:compensateEventDefinition/>")
    engine.deploy(process(START + throwing + end() + flows("start undo end")))
    instance = engine.start("p")
    assert instance.completed_elements == ["start", "undo", "end"]
    assert instance.facts(Compensated) == []
