"""Who hears a signal, and what a multiple event throws."""

from __future__ import annotations

import pytest

from engine.runtime.effects import Outcome
from engine.testing import Engine
from tests.core.bpmn.diagrams import file, process
from tests.core.runtime.event_scenes import (
    ALARM,
    CALM,
    ROOTS,
    SPLIT,
    catch,
    ended,
    error,
    escalation,
    handler,
    sub,
    throw,
)
from tests.core.runtime.nodes import START, boundary, end, flows, job, node


@pytest.mark.parametrize("branches", [("split wait end", "split throw over"), ("split throw over", "split wait end")])
def test_a_signal_reaches_who_waits_in_a_parallel_branch_whichever_is_drawn_first(
    engine: Engine, branches: tuple[str, str]
) -> None:
    nodes = START + SPLIT + catch("wait", ALARM) + throw("throw", ALARM) + end() + end("over")
    engine.deploy(process(nodes + flows("start split", *branches), root=ROOTS))
    instance = engine.start("p")
    assert instance.outcome is Outcome.COMPLETED
    assert sorted(ended(instance)) == ["end", "over"]


def test_a_signal_is_not_heard_by_who_begins_to_wait_after_it_was_thrown(engine: Engine) -> None:
    engine.deploy(
        process(
            START + throw("throw", ALARM) + catch("wait", ALARM) + end() + flows("start throw wait end"), root=ROOTS
        )
    )
    instance = engine.start("p")
    assert instance.completed_elements == ["start", "throw"]
    engine.broadcast("alarm")
    assert instance.outcome is Outcome.COMPLETED


def test_a_signal_of_the_own_instance_counts_once_at_each_that_stays(engine: Engine) -> None:
    engine.deploy(
        process(
            START
            + SPLIT
            + job("work")
            + boundary("heard", "work", ALARM, interrupting=False)
            + handler("aside", ALARM, interrupting=False)
            + throw("throw", ALARM)
            + end()
            + end("noted")
            + end("over")
            + flows("start split work end", "split throw over", "heard noted"),
            root=ROOTS,
        )
    )
    instance = engine.start("p")
    assert sorted(ended(instance)) == ["aside_end", "noted", "over"]
    engine.broadcast("alarm")
    assert sorted(ended(instance)) == ["aside_end", "aside_end", "noted", "noted", "over"]


def test_a_signal_that_interrupts_its_own_thrower_reaches_all_others_too(engine: Engine) -> None:
    inner = node("startEvent", "begin") + throw("throw", ALARM) + job("never") + end("inner")
    engine.deploy(
        process(
            START
            + sub("sub", inner, "begin throw never inner")
            + boundary("stopped", "sub", ALARM)
            + end()
            + end("out")
            + flows("start sub end", "stopped out"),
            root=ROOTS,
        )
    )
    engine.deploy(
        file(
            ROOTS
            + '<bpmn:process id="q" isExecutable="true">'
            + node("startEvent", "called", ALARM)
            + end("done")
            + flows("called done")
            + "</bpmn:process>"
        )
    )
    instance = engine.start("p")
    assert ended(instance) == ["out"]
    assert "never" not in instance.activated_elements
    assert [each.model.id for each in engine.instances] == ["p", "q"]


def test_a_multiple_event_throws_all_that_it_has_before_its_error_ends_the_scope(engine: Engine) -> None:
    definitions = error("e1") + escalation("x1") + ALARM + CALM
    inner = node("startEvent", "begin") + node("endEvent", "throw", definitions)
    engine.deploy(
        process(
            START
            + SPLIT
            + catch("one", ALARM)
            + catch("two", CALM)
            + sub("sub", inner, "begin throw")
            + boundary("failed", "sub", error("e1"))
            + boundary("told", "sub", escalation("x1"), interrupting=False)
            + "".join(end(each) for each in ("end", "a", "b", "c", "d"))
            + flows("start split sub end", "split one a", "split two b", "failed c", "told d"),
            root=ROOTS,
        )
    )
    instance = engine.start("p")
    assert instance.outcome is Outcome.COMPLETED
    assert sorted(ended(instance)) == ["a", "b", "c", "d", "throw"]
