"""Workflow patterns as small diagrams: which tasks complete, and how often."""

from __future__ import annotations

import pytest

from engine.runtime.effects import IncidentType, Outcome
from engine.runtime.inputs import UserTaskErrorThrown
from engine.testing import Engine
from tests.core.bpmn.diagrams import file, flow, process
from tests.core.runtime.nodes import START, boundary, end, flows, job, node

FORMAL = 'xsi:type="bpmn:tFormalExpression"'
SIGNAL = '<bpmn:signalEventDefinition id="thrown" signalRef="s"/>'
SIGNAL_ROOT = '<bpmn:signal id="s" name="go"/>'


def task(*names: str, inner: str = "", attributes: str = "") -> str:
    return "".join(node("manualTask", name, inner, attributes) for name in names)


def fork(tag: str, name: str = "fork", attributes: str = "") -> str:
    return node(f"{tag}Gateway", name, "", attributes)


def done(engine: Engine, source: bytes, **variables: object) -> list[str]:
    """The tasks that completed, sorted; nothing is done from outside."""
    engine.deploy(source)
    instance = engine.start("p", variables)
    return sorted(name for name in instance.completed_elements if name[:1] == "t")


def split_and_join(split: str, join: str, *, conditions: bool = False) -> bytes:
    ways = (
        flow("fork", "t1", '=contains(test, "a")') + flow("fork", "t2", '=contains(test, "b")')
        if conditions
        else flows("fork t1", "fork t2")
    )
    return process(
        START
        + fork(split)
        + task("t1", "t2", "t3")
        + fork(join, "join")
        + end()
        + ways
        + flows("start fork", "t1 join t3 end", "t2 join")
    )


@pytest.mark.parametrize(
    ("split", "join", "test", "expected"),
    [
        ("parallel", "parallel", None, ["t1", "t2", "t3"]),
        ("parallel", "inclusive", None, ["t1", "t2", "t3"]),
        ("parallel", "exclusive", None, ["t1", "t2", "t3", "t3"]),
        ("exclusive", "exclusive", "ab", ["t1", "t3"]),
        ("exclusive", "inclusive", "b", ["t2", "t3"]),
        ("exclusive", "parallel", "a", ["t1"]),
        ("inclusive", "inclusive", "ab", ["t1", "t2", "t3"]),
        ("inclusive", "inclusive", "b", ["t2", "t3"]),
        ("inclusive", "exclusive", "ab", ["t1", "t2", "t3", "t3"]),
        ("inclusive", "exclusive", "a", ["t1", "t3"]),
        ("inclusive", "parallel", "ab", ["t1", "t2", "t3"]),
        ("inclusive", "parallel", "a", ["t1"]),
        ("complex", "inclusive", "ab", ["t1", "t2", "t3"]),
    ],
)
def test_each_split_with_each_join(
    engine: Engine, split: str, join: str, test: str | None, expected: list[str]
) -> None:
    assert done(engine, split_and_join(split, join, conditions=test is not None), test=test) == expected


@pytest.mark.parametrize("split", ["exclusive", "inclusive", "complex"])
def test_a_split_that_no_condition_opens_is_an_incident(engine: Engine, split: str) -> None:
    assert done(engine, split_and_join(split, "exclusive", conditions=True), test="c") == []
    assert [each.type for each in engine.instances[0].incidents] == [IncidentType.CONDITION_ERROR]


def test_a_discriminator_goes_on_with_the_first_and_is_ready_for_the_next_round(engine: Engine) -> None:
    """Two rounds through three branches: the complex gateway opens once a round."""
    first = f"<bpmn:activationCondition {FORMAL}>=activationCount &gt;= 1</bpmn:activationCondition>"
    engine.deploy(
        process(
            START
            + fork("exclusive", "again")
            + fork("parallel")
            + task("t1", "t2", "t3")
            + node("complexGateway", "join", first)
            + job("next")
            + fork("exclusive", "x", 'default="x_end"')
            + end()
            + flows("start again fork t1 join next x end", "fork t2 join", "fork t3 join")
            + flow("x", "again", "=more")
        )
    )
    instance = engine.start("p")
    engine.complete_job(instance, "next", {"more": True})
    engine.complete_job(instance, "next", {"more": False})
    assert instance.outcome is Outcome.COMPLETED
    assert instance.completed_elements.count("t1") == 2
    assert instance.completed_elements.count("next") == 2


def test_an_arbitrary_cycle_with_two_ways_in_ends(engine: Engine) -> None:
    body = (
        START
        + fork("exclusive", "in", 'default="in_m2"')
        + fork("exclusive", "m1")
        + fork("exclusive", "m2")
        + node(
            "scriptTask",
            "t1",
            '<bpmn:extensionElements><zeebe:script expression="=n + 1" resultVariable="n"/></bpmn:extensionElements>',
        )
        + task("t2")
        + fork("exclusive", "x", 'default="x_m1"')
        + end()
        + flows("start in", "m1 t1 m2 t2 x")
    )
    source = process(
        body + flow("in", "m1", "=n = 0") + flow("in", "m2") + flow("x", "m1") + flow("x", "end", "=n &gt;= 2")
    )
    assert done(engine, source, n=0) == ["t1", "t1", "t2", "t2"]


def test_an_activity_with_several_flows_in_and_out_runs_for_each_token_and_leads_on_by_each(engine: Engine) -> None:
    source = process(START + task("t1", "t2", "t3", "t4") + end() + flows("start t1 t3 t4 end", "start t2 t3 end"))
    assert done(engine, source) == ["t1", "t2", "t3", "t3", "t4", "t4"]


@pytest.mark.parametrize(("test", "expected"), [("a", ["t1", "t2"]), ("b", ["t1", "t3"]), ("c", ["t1", "t4"])])
def test_conditional_and_default_flows_of_an_activity(engine: Engine, test: str, expected: list[str]) -> None:
    source = process(
        START
        + task("t1", attributes='default="t1_t4"')
        + task("t2", "t3", "t4")
        + end()
        + flows("start t1", "t2 end", "t3 end", "t4 end")
        + flow("t1", "t2", '=contains(test, "a")')
        + flow("t1", "t3", '=contains(test, "b")')
        + flow("t1", "t4")
    )
    assert done(engine, source, test=test) == expected


def multiple(behavior: str, *, interrupting: bool, sequential: bool = True) -> bytes:
    refs = {"None": 'noneBehaviorEventRef="thrown"', "One": 'oneBehaviorEventRef="thrown"', "All": ""}[behavior]
    number = f"<bpmn:loopCardinality {FORMAL}>=3</bpmn:loopCardinality>"
    order = 'isSequential="true"' if sequential else ""
    loop = f'<bpmn:multiInstanceLoopCharacteristics {order} behavior="{behavior}" {refs}>{number}</bpmn:multiInstanceLoopCharacteristics>'
    listening = (
        node("startEvent", "heard", '<bpmn:signalEventDefinition signalRef="s"/>', 'isInterrupting="false"')
        + task("t_outside")
        + end("heard_end")
        + flows("heard t_outside heard_end")
    )
    return process(
        START
        + task("t1", inner=loop)
        + boundary("caught", "t1", '<bpmn:signalEventDefinition signalRef="s"/>', interrupting=interrupting)
        + task("t2", "t3")
        + end()
        + flows("start t1 t3 end", "caught t2 end")
        + node("subProcess", "outside", listening, 'triggeredByEvent="true"'),
        root=SIGNAL_ROOT + SIGNAL,
    )


@pytest.mark.parametrize(
    ("behavior", "interrupting", "expected"),
    [
        ("All", True, ["t1", "t1", "t1", "t1", "t3"]),
        ("One", False, ["t1", "t1", "t1", "t1", "t2", "t3", "t_outside"]),
        ("None", False, ["t1", "t1", "t1", "t1", "t2", "t2", "t2", "t3", "t_outside", "t_outside", "t_outside"]),
        ("None", True, ["t1", "t1", "t2", "t3", "t_outside"]),
    ],
    ids=["all", "one", "none", "none-interrupting"],
)
def test_a_behaviour_s_signal_is_heard_at_the_activity_and_everywhere_else(
    engine: Engine, behavior: str, interrupting: bool, expected: list[str]
) -> None:
    """The body of the instances counts once beside them."""
    assert done(engine, multiple(behavior, interrupting=interrupting)) == expected


def test_a_terminate_end_event_of_one_instance_ends_that_instance_alone(engine: Engine) -> None:
    number = f"<bpmn:loopCardinality {FORMAL}>=2</bpmn:loopCardinality>"
    loop = f"<bpmn:multiInstanceLoopCharacteristics>{number}</bpmn:multiInstanceLoopCharacteristics>"
    inside = (
        node("startEvent", "in")
        + fork("parallel")
        + job("a")
        + end("stop", "<bpmn:terminateEventDefinition/>")
        + job("b")
        + end("out")
        + flows("in fork a stop", "fork b out")
    )
    engine.deploy(process(START + node("subProcess", "sub", inside + loop) + end() + flows("start sub end")))
    instance = engine.start("p")
    engine.complete_job(instance, "a")
    assert sorted(each.element_id for each in instance.jobs) == ["a", "b"]
    engine.complete_job(instance, "a")
    assert instance.outcome is Outcome.COMPLETED


def test_a_called_global_user_task_passes_its_error_on_to_the_caller(engine: Engine) -> None:
    error = '<bpmn:errorEventDefinition errorRef="e"/>'
    call = node("callActivity", "call", "", 'calledElement="g"')
    engine.deploy(
        file(
            f'<bpmn:process id="p" isExecutable="true">{START}{call}{end()}{boundary("caught", "call", error)}{end("mended")}'
            f'{flows("start call end", "caught mended")}</bpmn:process><bpmn:globalUserTask id="g" name="Approve"/>'
            '<bpmn:error id="e" errorCode="E1"/>'
        )
    )
    parent = engine.start("p")
    child = engine.instances[1]
    [opened] = child.user_tasks
    del child.open[opened.key]
    engine.give(child, UserTaskErrorThrown(opened.key, "E1"))
    assert parent.completed_elements[-1] == "mended"
    assert child.outcome is Outcome.ERROR
