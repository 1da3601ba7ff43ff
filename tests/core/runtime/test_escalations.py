"""Which catcher of an escalation is the nearest, and what another process throws."""

from __future__ import annotations

import pytest

from engine.runtime.effects import Outcome
from engine.runtime.history import Escalated
from engine.testing import Engine
from tests.core.bpmn.diagrams import process
from tests.core.runtime.event_scenes import ALARM, PAID, ROOTS, SPLIT, ended, escalation, handler, pair, sub, throw
from tests.core.runtime.nodes import START, boundary, end, flows, job, node


def escalating(*inner: str, code: str = "x1") -> str:
    nodes = node("startEvent", "begin") + throw("tell", escalation(code)) + job("work") + end("inner")
    return sub("sub", nodes + "".join(inner), "begin tell work inner")


def test_an_escalation_is_consumed_by_the_nearest_catcher_and_its_thrower_goes_on(engine: Engine) -> None:
    outer = (
        node("startEvent", "first")
        + escalating()
        + boundary("near", "sub", escalation("x1"), interrupting=False)
        + end("noted")
        + end("around")
    )
    engine.deploy(
        process(
            START
            + sub("outer", outer, "first sub around", "near noted")
            + boundary("far", "outer", escalation("x1"), interrupting=False)
            + handler("top", escalation("x1"), interrupting=False)
            + end()
            + end("missed")
            + flows("start outer end", "far missed"),
            root=ROOTS,
        )
    )
    instance = engine.start("p")
    assert [fact.caught_by for fact in instance.facts(Escalated)] == ["near"]
    engine.complete_job(instance)
    assert ended(instance) == ["noted", "inner", "around", "end"]


@pytest.mark.parametrize("reference", ["", "x_any"])
def test_an_escalation_without_a_code_at_its_catcher_catches_all(engine: Engine, reference: str) -> None:
    engine.deploy(
        process(
            START
            + escalating(code="x2")
            + boundary("other", "sub", escalation("x1"))
            + boundary("all_of_them", "sub", escalation(reference))
            + end()
            + end("out")
            + end("wrong")
            + flows("start sub end", "all_of_them out", "other wrong"),
            root=ROOTS,
        )
    )
    instance = engine.start("p")
    assert ended(instance) == ["out"]
    assert "work" not in instance.activated_elements


def test_an_event_sub_process_does_not_catch_the_escalation_that_it_throws_itself(engine: Engine) -> None:
    again = handler(
        "again",
        escalation("x1"),
        interrupting=False,
        inner=node("endEvent", "again_end", escalation("x1")),
        way="again_start again_end",
    )
    engine.deploy(
        process(
            START
            + escalating(again)
            + boundary("outside", "sub", escalation("x1"), interrupting=False)
            + end()
            + end("noted")
            + flows("start sub end", "outside noted"),
            root=ROOTS,
        )
    )
    instance = engine.start("p")
    assert [fact.caught_by for fact in instance.facts(Escalated)] == ["again_start", "outside"]
    engine.complete_job(instance)
    assert instance.outcome is Outcome.COMPLETED


@pytest.mark.parametrize("definition", [ALARM, PAID], ids=["signal", "message"])
@pytest.mark.parametrize("interrupting", [True, False])
def test_what_another_process_throws_is_caught_at_the_boundary_of_a_sub_process(
    engine: Engine, definition: str, interrupting: bool
) -> None:
    inner = node("startEvent", "begin") + job("wait") + end("inner")
    catching = (
        START
        + sub("sub", inner, "begin wait inner")
        + boundary("caught", "sub", definition, interrupting=interrupting)
        + end()
        + end("out")
        + flows("start sub end", "caught out")
    )
    throwing = node("startEvent", "go") + throw("throw", definition) + end("thrown") + flows("go throw thrown")
    engine.deploy(pair(throwing, catching))
    waiting = engine.start("q")
    engine.start("p")
    assert "out" in waiting.completed_elements
    assert bool(waiting.jobs) is not interrupting
    if not interrupting:
        engine.complete_job(waiting)
    assert waiting.outcome is Outcome.COMPLETED


@pytest.mark.parametrize("tag", ["intermediateThrowEvent", "endEvent"])
@pytest.mark.parametrize("interrupting", [True, False])
def test_an_escalation_of_a_called_process_is_caught_at_its_call(engine: Engine, tag: str, interrupting: bool) -> None:
    call = node(
        "callActivity", "call", '<bpmn:extensionElements><zeebe:calledElement processId="q"/></bpmn:extensionElements>'
    )
    calling = (
        START
        + call
        + boundary("told", "call", escalation("x1"), interrupting=interrupting)
        + end()
        + end("out")
        + flows("start call end", "told out")
    )
    way = "go split tell" if tag == "endEvent" else "go split tell thrown"
    called = (
        node("startEvent", "go")
        + SPLIT
        + node(tag, "tell", escalation("x1"))
        + ("" if tag == "endEvent" else end("thrown"))
        + job("slow")
        + end("done")
        + flows(way, "split slow done")
    )
    engine.deploy(pair(calling, called))
    instance = engine.start("p")
    child = engine.instances[1]
    assert "out" in ended(instance)
    if interrupting:
        assert (instance.outcome, child.outcome) == (Outcome.COMPLETED, Outcome.TERMINATED)
        assert child.jobs == []
    else:
        assert instance.outcome is None
        engine.complete_job(child)
        assert {each.outcome for each in engine.instances} == {Outcome.COMPLETED}
