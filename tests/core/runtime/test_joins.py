"""Gateways that join: excess tokens, mixed gateways, the path rule of inclusive joins, complex gateways with their reset."""

from __future__ import annotations

import pytest

from engine.runtime.effects import IncidentType, Outcome
from engine.runtime.inputs import ActivateInstruction, Modified
from engine.runtime.state.memory import ScopeMemory
from engine.testing import Engine, Instance
from tests.core.bpmn.diagrams import flow, process
from tests.core.runtime.nodes import START, end, flows, job, node


def opened(instance: Instance) -> list[str]:
    return sorted(each.element_id for each in instance.jobs)


@pytest.mark.element("exclusive gateway: converging")
def test_an_exclusive_gateway_lets_each_token_through_by_itself(engine: Engine) -> None:
    merge = node("exclusiveGateway", "merge")
    engine.deploy(
        process(START + job("a") + job("b") + merge + job("c") + end() + flows("start a merge c end", "start b merge"))
    )
    instance = engine.start("p")
    engine.complete_job(instance, "a")
    assert opened(instance) == ["b", "c"]
    engine.complete_job(instance, "b")
    assert opened(instance) == ["c", "c"]


@pytest.mark.element("exclusive gateway: mixed")
def test_a_mixed_exclusive_gateway_passes_each_token_on_by_its_conditions(engine: Engine) -> None:
    engine.deploy(
        process(
            START
            + node("parallelGateway", "fork")
            + job("a")
            + job("b")
            + node("exclusiveGateway", "x", attributes='default="x_end"')
            + end()
            + end("high")
            + flows("start fork a x end", "fork b x")
            + flow("x", "high", "=n &gt; 1")
        )
    )
    instance = engine.start("p", {"n": 0})
    engine.complete_job(instance, "a", {"n": 2})
    engine.complete_job(instance, "b", {"n": 1})
    assert instance.completed_elements[-2:] == ["x", "end"]
    assert instance.completed_elements.count("high") == 1


@pytest.mark.element("parallel gateway: mixed")
def test_a_mixed_parallel_gateway_joins_all_and_splits_to_all(engine: Engine) -> None:
    engine.deploy(
        process(
            START
            + job("a")
            + job("b")
            + node("parallelGateway", "both")
            + job("c")
            + job("d")
            + end()
            + flows("start a both c end", "start b both d end")
        )
    )
    instance = engine.start("p")
    engine.complete_job(instance, "b")
    assert opened(instance) == ["a"]
    engine.complete_job(instance, "a")
    assert opened(instance) == ["c", "d"]


@pytest.mark.element("parallel gateway: excess tokens stay on their flow")
def test_a_second_token_on_one_flow_waits_for_a_second_on_the_other(engine: Engine) -> None:
    """Two tokens come from a and none from b: the join takes one of each, once (13.3.1)."""
    engine.deploy(
        process(
            START
            + node("exclusiveGateway", "twice")
            + job("a")
            + job("b")
            + node("parallelGateway", "join")
            + job("c")
            + end()
            + flows("start twice a join c end", "start twice", "start b join").replace(
                'id="start_twice"', 'id="again"', 1
            )
        )
    )
    instance = engine.start("p")
    assert opened(instance) == ["a", "a", "b"]
    engine.complete_job(instance, "a")
    engine.complete_job(instance, "a")
    assert opened(instance) == ["b"]
    engine.complete_job(instance, "b", {"n": 1})
    assert opened(instance) == ["c"]
    engine.complete_job(instance, "c")
    assert instance.outcome is None  # the excess token is still at the join
    assert sum(instance.state.elements[instance.key].memory_as(ScopeMemory).tokens_at("join").values()) == 1
    engine.give(instance, Modified((ActivateInstruction("b"),)))
    engine.complete_job(instance, "b")
    engine.complete_job(instance, "c")
    assert instance.outcome is Outcome.COMPLETED


@pytest.mark.element("inclusive gateway: mixed")
def test_a_mixed_inclusive_gateway_waits_for_what_can_come_and_chooses_anew(engine: Engine) -> None:
    engine.deploy(
        process(
            START
            + node("parallelGateway", "fork")
            + job("a")
            + job("b")
            + node("inclusiveGateway", "i", attributes='default="i_none"')
            + end("none")
            + end("one")
            + end("two")
            + flows("start fork a i none", "fork b i")
            + flow("i", "one", "=n &gt; 0")
            + flow("i", "two", "=n &gt; 1")
        )
    )
    instance = engine.start("p", {"n": 0})
    engine.complete_job(instance, "a")
    assert "i" not in instance.completed_elements
    engine.complete_job(instance, "b", {"n": 2})
    assert instance.completed_elements[-3:] == ["i", "one", "two"]
    assert instance.outcome is Outcome.COMPLETED


def test_an_inclusive_join_does_not_wait_for_a_token_that_can_only_come_over_a_full_flow(engine: Engine) -> None:
    """13.3.2: a token with a path to a flow that holds one already is not waited for, even if it could also come elsewhere."""
    engine.deploy(
        process(
            START
            + node("parallelGateway", "fork")
            + job("a")
            + job("b")
            + node("exclusiveGateway", "x", attributes='default="x_left"')
            + node("manualTask", "left")
            + node("manualTask", "right")
            + node("inclusiveGateway", "join")
            + job("c")
            + end()
            + flows("start fork a left join c end", "fork b x left", "right join")
            + flow("x", "right", "=n = 1")
        )
    )
    instance = engine.start("p", {"n": 0})
    engine.complete_job(instance, "a")
    assert opened(instance) == ["b", "c"]
    engine.complete_job(instance, "b")
    assert opened(instance) == ["c", "c"]


def test_an_inclusive_join_in_a_loop_joins_in_each_round(engine: Engine) -> None:
    engine.deploy(
        process(
            START
            + node("exclusiveGateway", "again")
            + node("inclusiveGateway", "fork", attributes='default="fork_a"')
            + job("a")
            + job("b")
            + node("inclusiveGateway", "join")
            + node("exclusiveGateway", "more", attributes='default="more_end"')
            + end()
            + flows("start again fork a join more end", "b join")
            + flow("fork", "b", "=true")
            + flow("more", "again", "=round &lt; 3")
        )
    )
    instance = engine.start("p", {"round": 0})
    for number in (1, 2, 3):
        assert opened(instance) == ["b"]
        engine.complete_job(instance, "b", {"round": number})
    assert instance.completed_elements.count("join") == 3
    assert instance.outcome is Outcome.COMPLETED


COMPLEX = (
    START
    + node("parallelGateway", "fork")
    + job("a")
    + job("b")
    + job("c")
    + node(
        "complexGateway",
        "two",
        '<bpmn:activationCondition xsi:type="bpmn:tFormalExpression">=activationCount &gt;= 2</bpmn:activationCondition>',
    )
    + end()
    + flows("start fork a two", "fork b two", "fork c two")
)


@pytest.mark.element("complex gateway: activation condition", "complex gateway: reset, and activated once more")
def test_a_complex_gateway_goes_on_with_two_of_three_and_resets_with_the_third(engine: Engine) -> None:
    engine.deploy(process(COMPLEX + flows("two end")))
    instance = engine.start("p")
    engine.complete_job(instance, "c")
    assert "two" not in instance.completed_elements
    engine.complete_job(instance, "a")
    assert instance.completed_elements[-2:] == ["two", "end"]
    assert instance.outcome is None
    engine.complete_job(instance, "b")
    assert instance.completed_elements.count("two") == 2
    assert instance.completed_elements.count("end") == 1  # the reset makes no token of its own
    assert instance.outcome is Outcome.COMPLETED


@pytest.mark.element("complex gateway: diverging")
def test_a_complex_gateway_that_splits_takes_every_flow_whose_condition_holds_or_its_default(engine: Engine) -> None:
    splitting = (
        START
        + node("complexGateway", "split", attributes='default="split_none"')
        + end("none")
        + end("one")
        + end("two")
        + flows("start split none")
        + flow("split", "one", "=n &gt; 0")
        + flow("split", "two", "=n &gt; 1")
    )
    engine.deploy(process(splitting))
    assert engine.start("p", {"n": 2}).completed_elements[-2:] == ["one", "two"]
    assert engine.start("p", {"n": 0}).completed_elements[-1] == "none"


def test_a_complex_gateway_on_its_reset_takes_only_what_asks_for_the_reset(engine: Engine) -> None:
    engine.deploy(
        process(
            COMPLEX
            + end("late")
            + flow("two", "end", "=waitingForStart")
            + flow("two", "late", "=not(waitingForStart)")
        )
    )
    instance = engine.start("p")
    for name in ("a", "b"):
        engine.complete_job(instance, name)
    assert instance.completed_elements[-2:] == ["two", "end"]
    engine.complete_job(instance, "c")
    assert instance.completed_elements[-2:] == ["two", "late"]
    assert instance.outcome is Outcome.COMPLETED


def test_a_complex_gateway_whose_condition_is_no_truth_value_is_an_incident_that_can_be_resolved(
    engine: Engine,
) -> None:
    engine.deploy(process(COMPLEX.replace("=activationCount &gt;= 2", "=limit") + flows("two end")))
    instance = engine.start("p", {"limit": 5})
    engine.complete_job(instance, "a")
    assert [(each.type, each.element_id) for each in instance.incidents] == [(IncidentType.CONDITION_ERROR, "two")]
    engine.set_variables(instance, {"limit": True})
    engine.resolve(instance)
    assert instance.completed_elements[-2:] == ["two", "end"]


@pytest.mark.parametrize("tag", ["complexGateway", "inclusiveGateway", "exclusiveGateway"])
def test_a_gateway_without_a_way_is_an_incident(engine: Engine, tag: str) -> None:
    engine.deploy(
        process(
            START
            + node(tag, "x")
            + end("a")
            + end("b")
            + flows("start x")
            + flow("x", "a", "=n = 1")
            + flow("x", "b", "=n = 2")
        )
    )
    instance = engine.start("p", {"n": 3})
    assert [(each.type, each.element_id) for each in instance.incidents] == [(IncidentType.CONDITION_ERROR, "x")]
    engine.set_variables(instance, {"n": 1})
    engine.resolve(instance)
    assert instance.completed_elements[-1] == "a"


@pytest.mark.element("sequence flow: default, from an activity")
def test_the_default_flow_of_an_activity_is_taken_when_no_condition_holds(engine: Engine) -> None:
    work = node("manualTask", "work", attributes='default="work_other"')
    engine.deploy(
        process(START + work + end("a") + end("other") + flows("start work other") + flow("work", "a", "=n &gt; 1"))
    )
    assert engine.start("p", {"n": 1}).completed_elements[-1] == "other"
    assert engine.start("p", {"n": 2}).completed_elements[-1] == "a"


@pytest.mark.element("sequence flow: several into an activity")
def test_each_token_that_comes_to_an_activity_runs_it_once(engine: Engine) -> None:
    engine.deploy(
        process(
            START
            + node("parallelGateway", "fork")
            + node("manualTask", "a")
            + node("manualTask", "b")
            + node("manualTask", "merged")
            + end()
            + flows("start fork a merged end", "fork b merged")
        )
    )
    instance = engine.start("p")
    assert instance.completed_elements.count("merged") == 2
    assert instance.completed_elements.count("end") == 2
    assert instance.outcome is Outcome.COMPLETED
