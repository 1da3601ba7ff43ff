from __future__ import annotations

import pytest

from engine.runtime.effects import IncidentType, Outcome
from engine.runtime.inputs import VariablesSet
from engine.testing import Engine
from tests.core.bpmn.diagrams import flow, process
from tests.core.runtime.nodes import START, end, flows, job, node, timer


@pytest.mark.parametrize(
    ("amount", "taken"),
    [
        pytest.param(5, "small", marks=pytest.mark.element("sequence flow: default, from a gateway")),
        pytest.param(50, "large", marks=pytest.mark.element("sequence flow: conditional, from a gateway")),
    ],
)
@pytest.mark.element("exclusive gateway: diverging")
def test_an_exclusive_gateway_takes_the_first_true_flow_or_the_default(engine: Engine, amount: int, taken: str) -> None:
    engine.deploy(
        process(
            START
            + node("exclusiveGateway", "x", attributes='default="x_small"')
            + end("small")
            + end("large")
            + flows("start x small")
            + flow("x", "large", "=amount &gt; 10")
        )
    )
    assert engine.start("p", {"amount": amount}).completed_elements[-1] == taken


def test_an_exclusive_gateway_without_a_way_raises_an_incident_that_can_be_resolved(engine: Engine) -> None:
    engine.deploy(
        process(
            START
            + node("exclusiveGateway", "x")
            + end("a")
            + end("b")
            + flows("start x")
            + flow("x", "a", "=n = 1")
            + flow("x", "b", "=n = 2")
        )
    )
    instance = engine.start("p", {"n": 3})
    assert [incident.type for incident in instance.incidents] == [IncidentType.CONDITION_ERROR]
    engine.give(instance, VariablesSet(instance.incidents[0].element_instance, {"n": 2}))
    engine.resolve(instance)
    assert instance.completed_elements[-1] == "b"


@pytest.mark.element("parallel gateway: diverging", "parallel gateway: converging")
def test_a_parallel_gateway_joins_all_branches_and_keeps_what_each_wrote(engine: Engine) -> None:
    engine.deploy(
        process(
            START
            + node("parallelGateway", "fork")
            + job("a")
            + job("b")
            + node("parallelGateway", "join")
            + end()
            + flows("start fork a join end", "fork b join")
        )
    )
    instance = engine.start("p")
    engine.complete_job(instance, "b", {"b": 1})
    assert instance.outcome is None
    engine.complete_job(instance, "a", {"a": 2})
    assert instance.outcome is Outcome.COMPLETED
    assert instance.variables == {"a": 2, "b": 1}


@pytest.mark.parametrize(("chosen", "opened"), [(["a"], ["a"]), (["a", "b"], ["a", "b"]), ([], ["c"])])
@pytest.mark.element("inclusive gateway: diverging", "inclusive gateway: converging")
def test_an_inclusive_gateway_joins_exactly_the_branches_that_it_began(
    engine: Engine, chosen: list[str], opened: list[str]
) -> None:
    engine.deploy(
        process(
            START
            + node("inclusiveGateway", "fork", attributes='default="fork_c"')
            + job("a")
            + job("b")
            + job("c")
            + node("inclusiveGateway", "join")
            + end()
            + flows("start fork c join end", "a join", "b join")
            + flow("fork", "a", '=list contains(chosen, "a")')
            + flow("fork", "b", '=list contains(chosen, "b")')
        )
    )
    instance = engine.start("p", {"chosen": chosen})
    assert sorted(each.element_id for each in instance.jobs) == opened
    for element_id in opened:
        assert instance.outcome is None
        engine.complete_job(instance, element_id)
    assert instance.completed_elements.count("end") == 1


@pytest.mark.element("event-based gateway")
def test_the_first_event_after_an_event_based_gateway_withdraws_the_others(engine: Engine) -> None:
    signal = '<bpmn:signalEventDefinition signalRef="s"/>'
    engine.deploy(
        process(
            START
            + node("eventBasedGateway", "x")
            + node("intermediateCatchEvent", "go", signal)
            + node("intermediateCatchEvent", "late", timer("timeDuration", "PT1H"))
            + end("a")
            + end("b")
            + flows("start x go a", "x late b"),
            root='<bpmn:signal id="s" name="go"/>',
        )
    )
    instance = engine.start("p")
    engine.broadcast("go")
    assert instance.completed_elements[-1] == "a"
    assert instance.timers == []
