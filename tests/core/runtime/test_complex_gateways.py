"""Complex gateways: activation by their condition, then the reset phase (BPMN 2.0, 13.3.5)."""

from __future__ import annotations

from engine.runtime.effects import IncidentType, Outcome
from engine.testing import Engine
from engine.testing.instance import Instance
from tests.core.bpmn.diagrams import flow, process
from tests.core.runtime.nodes import START, end, flows, job, node


def complex_join(condition: str = "=activationCount &gt;= 2", attributes: str = "") -> str:
    inner = f'<bpmn:activationCondition xsi:type="bpmn:tFormalExpression">{condition}</bpmn:activationCondition>'
    return node("complexGateway", "join", inner, attributes)


def two_of_three(after: str, *, ways: str, join: str = complex_join()) -> bytes:
    """Jobs a, b and c in parallel, then the complex gateway."""
    return process(
        START
        + node("parallelGateway", "fork")
        + job("a")
        + job("b")
        + job("c")
        + join
        + after
        + flows("start fork a join", "fork b join", "fork c join")
        + ways
    )


def opened(instance: Instance) -> list[str]:
    return sorted(each.element_id for each in instance.jobs)


def test_it_goes_on_once_enough_tokens_are_there_and_swallows_the_rest(engine: Engine) -> None:
    engine.deploy(two_of_three(job("next") + end(), ways=flows("join next end")))
    instance = engine.start("p")
    engine.complete_job(instance, "a")
    assert opened(instance) == ["b", "c"]
    engine.complete_job(instance, "b")
    assert opened(instance) == ["c", "next"]
    engine.complete_job(instance, "next")
    assert instance.outcome is None
    engine.complete_job(instance, "c")
    assert instance.outcome is Outcome.COMPLETED
    assert instance.completed_elements.count("next") == 1


def test_the_condition_may_ask_for_the_tokens_of_a_flow_by_its_id(engine: Engine) -> None:
    join = complex_join("=c_join &gt; 0 and a_join + b_join &gt; 0")
    engine.deploy(two_of_three(job("next") + end(), ways=flows("join next end"), join=join))
    instance = engine.start("p")
    engine.complete_job(instance, "a")
    engine.complete_job(instance, "b")
    assert opened(instance) == ["c"]
    engine.complete_job(instance, "c")
    assert opened(instance) == ["next"]


def test_on_its_reset_conditions_choose_anew_and_may_ask_which_phase_it_is(engine: Engine) -> None:
    ways = flow("join", "first", "=waitingForStart") + flow("join", "later", "=not(waitingForStart)")
    engine.deploy(two_of_three(job("first") + job("later") + end(), ways=ways + flows("first end", "later end")))
    instance = engine.start("p")
    engine.complete_job(instance, "a")
    engine.complete_job(instance, "b")
    assert opened(instance) == ["c", "first"]
    engine.complete_job(instance, "c")
    assert opened(instance) == ["first", "later"]


def test_on_its_reset_the_default_flow_is_taken_when_no_condition_is_true(engine: Engine) -> None:
    ways = flow("join", "first", "=waitingForStart") + flow("join", "later")
    join = complex_join(attributes='default="join_later"')
    engine.deploy(
        two_of_three(job("first") + job("later") + end(), ways=ways + flows("first end", "later end"), join=join)
    )
    instance = engine.start("p")
    engine.complete_job(instance, "a")
    engine.complete_job(instance, "b")
    assert opened(instance) == ["c", "first"]
    engine.complete_job(instance, "c")
    assert opened(instance) == ["first", "later"]


def test_it_is_reset_when_the_tokens_that_it_lacks_can_no_longer_come(engine: Engine) -> None:
    """Branch c leaves for an end of its own; the reset gives its token before the process ends."""
    ways = flow("join", "first", "=waitingForStart") + flow("join", "later", "=not(waitingForStart)")
    after = (
        node("exclusiveGateway", "x", attributes='default="x_away"') + end("away") + job("first") + job("later") + end()
    )
    body = two_of_three(after, ways=ways + flows("first end", "later end", "x away") + flow("x", "join", "=stays"))
    engine.deploy(body.replace(b'id="c_join" sourceRef="c" targetRef="join"', b'id="c_x" sourceRef="c" targetRef="x"'))
    instance = engine.start("p", {"stays": False})
    engine.complete_job(instance, "a")
    engine.complete_job(instance, "b")
    engine.complete_job(instance, "first")
    assert opened(instance) == ["c"]
    engine.complete_job(instance, "c")
    assert opened(instance) == ["later"]
    engine.complete_job(instance, "later")
    assert instance.outcome is Outcome.COMPLETED


def test_a_token_on_a_flow_that_had_its_own_belongs_to_the_next_activation(engine: Engine) -> None:
    """a comes twice before c comes at all: the second waits until the gateway is reset, then it is counted anew."""
    body = two_of_three(job("next") + end(), ways=flows("join next end"))
    twice = body.replace(
        b'<bpmn:sequenceFlow id="start_fork"',
        b'<bpmn:manualTask id="m"/><bpmn:exclusiveGateway id="merge"/>'
        b'<bpmn:sequenceFlow id="fork_m" sourceRef="fork" targetRef="m"/>'
        b'<bpmn:sequenceFlow id="m_merge" sourceRef="m" targetRef="merge"/>'
        b'<bpmn:sequenceFlow id="merge_join" sourceRef="merge" targetRef="join"/><bpmn:sequenceFlow id="start_fork"',
    ).replace(b'id="a_join" sourceRef="a" targetRef="join"', b'id="a_merge" sourceRef="a" targetRef="merge"')
    engine.deploy(twice)
    instance = engine.start("p")
    engine.complete_job(instance, "b")  # m was first: activated with m and b
    assert opened(instance) == ["a", "c", "next"]
    engine.complete_job(instance, "a")
    assert instance.activated_elements.count("join") == 1
    engine.complete_job(instance, "c")
    assert instance.activated_elements.count("join") == 2  # the reset, with the token of c alone
    engine.complete_job(instance, "next")
    assert instance.outcome is None
    assert instance.jobs == []  # the token of a waits for a second one, by the condition
    assert instance.state.joins


def test_a_condition_that_cannot_be_evaluated_is_an_incident_that_asks_again(engine: Engine) -> None:
    join = complex_join("=if wanted = 0 then wanted else activationCount &gt;= wanted")
    engine.deploy(two_of_three(job("next") + end(), ways=flows("join next end"), join=join))
    instance = engine.start("p", {"wanted": 0})
    engine.complete_job(instance, "a")
    assert [(each.type, each.element_id) for each in instance.incidents] == [(IncidentType.CONDITION_ERROR, "join")]
    engine.set_variables(instance, {"wanted": 2})
    engine.resolve(instance)
    assert (instance.incidents, opened(instance)) == ([], ["b", "c"])
    engine.complete_job(instance, "b")
    assert opened(instance) == ["c", "next"]


def test_as_a_split_it_takes_each_flow_whose_condition_is_true(engine: Engine) -> None:
    engine.deploy(
        process(
            START
            + node("complexGateway", "split")
            + job("a")
            + job("b")
            + end()
            + flows("start split", "a end", "b end")
            + flow("split", "a", "=n &gt; 1")
            + flow("split", "b", "=n &gt; 2")
        )
    )
    assert opened(engine.start("p", {"n": 2})) == ["a"]
    assert opened(engine.start("p", {"n": 3})) == ["a", "b"]
    assert [each.type for each in engine.start("p", {"n": 1}).incidents] == [IncidentType.CONDITION_ERROR]
