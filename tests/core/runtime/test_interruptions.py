"""What an interruption stops, and what goes on beside it."""

from __future__ import annotations

from engine.runtime.effects import Outcome
from engine.testing import Engine
from tests.core.bpmn.diagrams import process
from tests.core.runtime.event_scenes import ALARM, CALM, PAID, ROOTS, SPLIT, catch, ended, handler, sub
from tests.core.runtime.nodes import START, boundary, condition, end, flows, job, node, script, timer


def test_a_condition_interrupts_before_the_scope_takes_another_step(engine: Engine) -> None:
    inner = node("startEvent", "begin") + script("raise", "9", "level") + job("never") + end("inner")
    engine.deploy(
        process(
            START
            + sub("sub", inner, "begin raise never inner")
            + boundary("high", "sub", condition("level &gt; 5"))
            + end()
            + end("out")
            + flows("start sub end", "high out"),
        )
    )
    instance = engine.start("p", {"level": 1})
    assert ended(instance) == ["out"]
    assert "never" not in instance.activated_elements


def test_a_condition_that_is_true_from_the_beginning_fires_at_once(engine: Engine) -> None:
    engine.deploy(
        process(
            START + job("work") + boundary("high", "work", condition("level &gt; 5")) + catch("too", condition("level &gt; 5"))
            + end() + flows("start work end", "high too end"),
        )
    )  # fmt: skip
    instance = engine.start("p", {"level": 9})
    assert instance.completed_elements == ["start", "high", "too", "end"]
    assert instance.terminated_elements == ["work"]


def test_what_interrupts_an_outer_scope_takes_all_within_it_and_leaves_what_is_beside_it(engine: Engine) -> None:
    inner = (
        node("startEvent", "inmost")
        + job("deep")
        + boundary("late", "deep", timer("timeDuration", "PT1H"))
        + end("deep_end")
        + end("late_end")
    )
    middle = (
        node("startEvent", "begin")
        + sub("middle", inner, "inmost deep deep_end", "late late_end")
        + end("inner")
        + handler("aside", CALM, interrupting=False, inner=job("slow"), way="aside_start slow aside_end")
    )
    engine.deploy(
        process(
            START
            + SPLIT
            + job("beside")
            + sub("outer", middle, "begin middle inner", tag="transaction")
            + boundary("stop", "outer", ALARM)
            + end()
            + end("over")
            + end("stopped")
            + flows("start split outer end", "split beside over", "stop stopped"),
            root=ROOTS,
        )
    )  # fmt: skip
    instance = engine.start("p")
    engine.broadcast("calm")
    assert sorted(each.element_id for each in instance.jobs) == ["beside", "deep", "slow"]
    engine.broadcast("alarm")
    assert [each.element_id for each in instance.jobs] == ["beside"]
    assert (instance.timers, instance.signal_subscriptions) == ([], [])
    assert set(instance.terminated_elements) == {"deep", "middle", "slow", "aside", "outer"}
    engine.complete_job(instance)
    assert instance.outcome is Outcome.COMPLETED


def test_after_an_interrupting_event_sub_process_the_flow_after_its_sub_process_goes_on(engine: Engine) -> None:
    inner = (
        node("startEvent", "begin")
        + job("work")
        + end("inner")
        + handler("stop", ALARM, inner=job("tidy"), way="stop_start tidy stop_end")
    )
    engine.deploy(
        process(START + sub("sub", inner, "begin work inner") + job("after") + end() + flows("start sub after end"), root=ROOTS)
    )  # fmt: skip
    instance = engine.start("p")
    engine.broadcast("alarm")
    engine.broadcast("alarm")
    assert [each.element_id for each in instance.jobs] == ["tidy"]
    engine.complete_job(instance, "tidy")
    assert [each.element_id for each in instance.jobs] == ["after"]


def test_a_terminate_end_event_ends_its_own_scope_and_no_other(engine: Engine) -> None:
    inner = (
        node("startEvent", "begin")
        + node("parallelGateway", "fork")
        + job("deep")
        + node("endEvent", "kill", "<bpmn:terminateEventDefinition/>")
        + end("inner")
    )
    engine.deploy(
        process(
            START
            + SPLIT
            + job("beside")
            + sub("sub", inner, "begin fork deep inner", "fork kill")
            + end()
            + end("over")
            + flows("start split sub end", "split beside over"),
        )
    )
    instance = engine.start("p")
    assert ended(instance) == ["kill", "end"]
    assert [each.element_id for each in instance.jobs] == ["beside"]


def test_a_message_goes_to_one_of_those_that_wait_for_it_in_an_instance(engine: Engine) -> None:
    engine.deploy(
        process(
            START
            + SPLIT
            + catch("one", PAID)
            + catch("two", PAID)
            + end("a")
            + end("b")
            + flows("start split one a", "split two b"),
            root=ROOTS,
        )
    )
    instance = engine.start("p")
    engine.publish("paid")
    assert ended(instance) == ["a"]
    engine.publish("paid")
    assert instance.outcome is Outcome.COMPLETED


def test_two_parallel_multiple_events_of_one_activity_gather_each_for_itself(engine: Engine) -> None:
    def both(identifier: str, *definitions: str) -> str:
        attributes = 'attachedToRef="work" cancelActivity="false" parallelMultiple="true"'
        return node("boundaryEvent", identifier, "".join(definitions), attributes)

    engine.deploy(
        process(
            START
            + job("work")
            + both("first", ALARM, PAID)
            + both("second", CALM, PAID)
            + end()
            + end("a")
            + end("b")
            + flows("start work end", "first a", "second b"),
            root=ROOTS,
        )
    )
    instance = engine.start("p")
    engine.broadcast("alarm")
    engine.broadcast("calm")
    engine.publish("paid")
    assert ended(instance) == ["a"]
    engine.publish("paid")
    assert ended(instance) == ["a", "b"]
    engine.complete_job(instance)
    assert instance.outcome is Outcome.COMPLETED


def test_a_decision_is_not_made_for_an_activity_that_ends_in_the_same_step(engine: Engine) -> None:
    called = '<bpmn:extensionElements><zeebe:calledDecision decisionId="size" resultVariable="size"/></bpmn:extensionElements>'
    engine.deploy(
        process(
            START
            + node("businessRuleTask", "decide", called)
            + end("stop", "<bpmn:terminateEventDefinition/>")
            + end()
            + flows("start decide end", "start stop")
        )
    )
    instance = engine.start("p")
    assert instance.outcome is Outcome.COMPLETED
    assert "EvaluateDecision" not in instance.journal[0].effects
