"""The path rule of the inclusive join (BPMN 2.0, 13.3.2), and that asking it costs little."""

from __future__ import annotations

import time

import pytest

from engine.runtime import State, step
from engine.runtime.effects import OpenJob, Outcome
from engine.runtime.history import WarningRecorded
from engine.runtime.inputs import JobCompleted, Started
from engine.testing import Engine
from engine.testing.engine import START_OF_TIME
from tests.core.bpmn.diagrams import flow, model, process
from tests.core.runtime.nodes import START, boundary, end, flows, job, node
from tests.machine import slowness

SIGNAL = '<bpmn:signalEventDefinition signalRef="s"/>'
SIGNAL_ROOT = '<bpmn:signal id="s" name="go"/>'


def fork(identifier: str = "fork") -> str:
    return node("parallelGateway", identifier)


def join(identifier: str = "join") -> str:
    return node("inclusiveGateway", identifier)


def test_it_waits_for_a_token_that_may_come_by_an_empty_flow_only(engine: Engine) -> None:
    engine.deploy(
        process(START + fork() + job("a") + job("b") + join() + end() + flows("start fork a join end", "fork b join"))
    )
    instance = engine.start("p")
    engine.complete_job(instance, "a")
    assert "join" not in instance.activated_elements
    engine.complete_job(instance, "b")
    assert instance.completed_elements.count("join") == 1


def test_it_does_not_wait_for_a_token_that_may_as_well_come_where_one_waits_already(engine: Engine) -> None:
    """13.3.2: a path from the same flow to an incoming flow that has its token excuses the other path."""
    inner = job("a") + job("b") + node("exclusiveGateway", "x", attributes='default="x_join"') + job("late")
    engine.deploy(
        process(
            START
            + fork()
            + inner
            + join()
            + end()
            + flows("start fork a x join end", "fork b x", "late join")
            + flow("x", "late", "=n = 2")
        )
    )
    instance = engine.start("p", {"n": 1})
    engine.complete_job(instance, "a")
    assert instance.completed_elements[-1] == "end"
    engine.complete_job(instance, "b")
    assert instance.completed_elements.count("end") == 2


def test_several_tokens_on_one_flow_pass_one_after_another(engine: Engine) -> None:
    engine.deploy(
        process(
            START
            + fork()
            + fork("second")
            + node("manualTask", "aside")
            + node("exclusiveGateway", "merge")
            + job("b")
            + join()
            + end()
            + flows("start fork second merge join end", "second aside merge", "fork b join")
        )
    )
    instance = engine.start("p")
    assert "join" not in instance.activated_elements
    engine.complete_job(instance, "b")
    assert instance.completed_elements.count("join") == 2
    assert instance.outcome is Outcome.COMPLETED


def test_in_a_loop_the_next_round_joins_again(engine: Engine) -> None:
    """The first token comes by the entry, that of each further round by the way back."""
    engine.deploy(
        process(
            START
            + join()
            + job("work")
            + node("exclusiveGateway", "again", attributes='default="again_end"')
            + end()
            + flows("start join work again end")
            + flow("again", "join", "=n &lt; 3")
        )
    )
    instance = engine.start("p")
    for n in (1, 2, 3):
        engine.complete_job(instance, "work", {"n": n})
    assert instance.outcome is Outcome.COMPLETED
    assert instance.completed_elements.count("join") == 3


def test_it_waits_for_what_a_boundary_event_may_bring(engine: Engine) -> None:
    engine.deploy(
        process(
            START
            + fork()
            + job("a")
            + job("b")
            + boundary("other", "b", SIGNAL)
            + join()
            + end()
            + end("aside")
            + flows("start fork a join end", "fork b aside", "other join"),
            root=SIGNAL_ROOT,
        )
    )
    instance = engine.start("p")
    engine.complete_job(instance, "a")
    assert "join" not in instance.activated_elements
    engine.broadcast("go")
    assert instance.completed_elements.count("join") == 1
    assert instance.outcome is Outcome.COMPLETED


def test_it_waits_for_what_a_link_may_bring(engine: Engine) -> None:
    link = '<bpmn:linkEventDefinition name="over"/>'
    engine.deploy(
        process(
            START
            + fork()
            + job("a")
            + job("b")
            + node("intermediateThrowEvent", "out", link)
            + node("intermediateCatchEvent", "in", link)
            + join()
            + end()
            + flows("start fork a join end", "fork b out", "in join")
        )
    )
    instance = engine.start("p")
    engine.complete_job(instance, "a")
    assert "join" not in instance.activated_elements
    engine.complete_job(instance, "b")
    assert instance.completed_elements.count("join") == 1


def test_what_runs_in_an_event_sub_process_or_as_a_handler_is_not_waited_for(engine: Engine) -> None:
    handler = (
        node("startEvent", "called", SIGNAL, 'isInterrupting="false"')
        + job("aside")
        + end("done")
        + flows("called aside done")
    )
    engine.deploy(
        process(
            START
            + fork()
            + job("a")
            + job("b")
            + join()
            + end()
            + flows("start fork a join end", "fork b join")
            + node("subProcess", "meanwhile", handler, 'triggeredByEvent="true"'),
            root=SIGNAL_ROOT,
        )
    )
    instance = engine.start("p")
    engine.broadcast("go")
    engine.complete_job(instance, "a")
    engine.complete_job(instance, "b")
    assert instance.completed_elements.count("join") == 1
    assert [each.element_id for each in instance.jobs] == ["aside"]


def test_two_joins_that_wait_for_each_other_do_not_wait_for_ever(engine: Engine) -> None:
    """Each lies on the way to an empty flow of the other: by the letter of the rule neither would ever go on."""
    engine.deploy(
        process(
            START
            + fork()
            + join("one")
            + join("two")
            + node("exclusiveGateway", "after_one", attributes='default="after_one_end"')
            + node("exclusiveGateway", "after_two", attributes='default="after_two_end"')
            + end()
            + flows("start fork one after_one end", "fork two after_two end")
            + flow("after_one", "two", "=false")
            + flow("after_two", "one", "=false")
        )
    )
    instance = engine.start("p")
    assert instance.outcome is Outcome.COMPLETED
    assert instance.completed_elements.count("end") == 2
    warnings = [fact for fact in instance.history if isinstance(fact, WarningRecorded)]
    assert [fact.element_id for fact in warnings] == ["one"]


def test_two_joins_on_one_circle_wait_while_a_token_may_still_come_to_one(engine: Engine) -> None:
    engine.deploy(
        process(
            START
            + fork()
            + job("a")
            + join("one")
            + join("two")
            + node("exclusiveGateway", "after_one", attributes='default="after_one_end"')
            + node("exclusiveGateway", "after_two", attributes='default="after_two_end"')
            + end()
            + flows("start fork a one after_one end", "fork two after_two end", "fork one")
            + flow("after_one", "two", "=false")
            + flow("after_two", "one", "=false")
        )
    )
    instance = engine.start("p")
    assert not {"one", "two"} & set(instance.activated_elements)
    engine.complete_job(instance, "a")
    assert instance.outcome is Outcome.COMPLETED


@pytest.mark.parametrize("size", [20, 400])
def test_many_waiting_joins_in_a_large_process_cost_little_at_each_step(size: int) -> None:
    """`size` pairs of jobs, each pair with a join of its own: all wait for their second token, and a step asks about each."""
    pairs = "".join(job(f"a{n}") + job(f"b{n}") + join(f"j{n}") for n in range(size))
    ways = flows(*(f"fork a{n} j{n} end" for n in range(size)), *(f"fork b{n} j{n}" for n in range(size)))
    found = model(process(START + fork() + pairs + end() + flows("start fork") + ways))
    done = step(found, State.new(1), [Started()], now=START_OF_TIME)
    jobs = {effect.element_id: effect.key for effect in done.effects if isinstance(effect, OpenJob)}
    for n in range(size):
        done = step(found, done.state, [JobCompleted(jobs[f"a{n}"])], now=START_OF_TIME)
    assert len(done.state.joins) == size
    began = time.process_time()
    for n in range(size):
        done = step(found, done.state, [JobCompleted(jobs[f"b{n}"])], now=START_OF_TIME)
    each = (time.process_time() - began) / size
    assert done.state.ended is Outcome.COMPLETED
    assert each < 0.02 * slowness(), f"a step with {size} waiting joins took {each * 1000:.1f} ms"
