"""Migration: what is waited for afterwards is what the target says; kept where it was mapped, opened where it is new, withdrawn
where it is gone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.runtime.effects import IncidentType, Outcome
from engine.runtime.history import ElementMigrated
from engine.testing import Engine, Instance
from tests.core.bpmn.diagrams import process
from tests.core.runtime.nodes import START, boundary, end, flows, job, node, timer

SIGNALS = "".join(f'<bpmn:signal id="s_{name}" name="{name}"/>' for name in ("go", "stop"))
COMPENSATE = "<bpmn:compensateEventDefinition/>"


def signal(name: str) -> str:
    return f'<bpmn:signalEventDefinition signalRef="s_{name}"/>'


def waiting(instance: Instance) -> list[str]:
    """Elements whose events the instance waits for."""
    return sorted(
        each.node for each in instance.state.open.values() if each.kind in ("timer", "signal", "message", "condition")
    )


def with_boundary(activity: str, event: str, definition: str, *, interrupting: bool = True) -> bytes:
    return process(
        START
        + job(activity)
        + boundary(event, activity, definition, interrupting=interrupting)
        + end()
        + end("other")
        + flows(f"start {activity} end", f"{event} other"),
        root=SIGNALS,
    )


def test_a_boundary_event_of_the_target_is_waited_for(engine: Engine) -> None:
    engine.deploy(process(START + job("a") + end() + flows("start a end")))
    instance = engine.start("p")
    engine.deploy(with_boundary("b", "late", timer("timeDuration", "PT1H")))
    engine.migrate(instance, "p", {"a": "b"})
    assert waiting(instance) == ["late"]
    engine.advance(timedelta(hours=1))
    assert instance.completed_elements[-1] == "other"


def test_a_boundary_event_that_the_target_does_not_have_is_withdrawn(engine: Engine) -> None:
    engine.deploy(with_boundary("a", "late", timer("timeDuration", "PT1H")))
    instance = engine.start("p")
    engine.deploy(process(START + job("a") + end() + flows("start a end")))
    engine.migrate(instance, "p", {"a": "a"})
    assert (waiting(instance), instance.timers) == ([], [])
    engine.complete_job(instance, "a")
    assert instance.outcome is Outcome.COMPLETED


def test_a_mapped_boundary_event_keeps_its_time(engine: Engine) -> None:
    engine.deploy(with_boundary("a", "late", timer("timeDuration", "PT1H")))
    instance = engine.start("p")
    due = instance.timers[0].due_at
    engine.advance(timedelta(minutes=30))
    engine.deploy(with_boundary("a", "later", timer("timeDuration", "PT5H")))
    engine.migrate(instance, "p", {"a": "a", "late": "later"})
    assert (waiting(instance), instance.timers[0].due_at) == (["later"], due)


def test_a_mapped_boundary_event_that_has_fired_does_not_begin_anew(engine: Engine) -> None:
    engine.deploy(with_boundary("a", "late", timer("timeDuration", "PT1H"), interrupting=False))
    instance = engine.start("p")
    engine.advance(timedelta(hours=1))
    engine.migrate(instance, "p", {"a": "a", "late": "late"})
    assert waiting(instance) == []


def test_a_mapped_boundary_event_of_another_kind_is_opened_as_the_target_has_it(engine: Engine) -> None:
    engine.deploy(with_boundary("a", "late", timer("timeDuration", "PT1H")))
    instance = engine.start("p")
    engine.deploy(with_boundary("a", "told", signal("go")))
    engine.migrate(instance, "p", {"a": "a", "late": "told"})
    assert (waiting(instance), instance.timers) == (["told"], [])
    engine.broadcast("go")
    assert instance.completed_elements[-1] == "other"


def test_event_sub_processes_are_those_of_the_target_at_every_level(engine: Engine) -> None:
    def diagram(name: str, outer: str, inner: str) -> bytes:
        def handler(identifier: str, event: str) -> str:
            begin = node("startEvent", f"start_{identifier}", signal(event))
            inside = begin + end(f"end_{identifier}") + flows(f"start_{identifier} end_{identifier}")
            return node("subProcess", identifier, inside, 'triggeredByEvent="true"')

        inside = node("startEvent", "in") + job("a") + end("out") + flows("in a out") + handler(inner, "stop")
        return process(
            START + node("subProcess", name, inside) + end() + flows(f"start {name} end") + handler(outer, "go"),
            root=SIGNALS,
        )

    engine.deploy(diagram("sub", "o1", "i1"))
    instance = engine.start("p")
    assert waiting(instance) == ["start_i1", "start_o1"]
    engine.deploy(diagram("part", "o2", "i2"))
    engine.migrate(instance, "p", {"sub": "part", "start_o1": "start_o2"})
    assert waiting(instance) == ["start_i2", "start_o2"]
    engine.broadcast("stop")
    assert "end_i2" in instance.completed_elements
    assert instance.outcome is Outcome.COMPLETED


def test_an_event_based_gateway_waits_for_the_events_of_the_target(engine: Engine) -> None:
    def diagram(*events: tuple[str, str]) -> bytes:
        nodes = "".join(node("intermediateCatchEvent", name, signal(heard)) for name, heard in events)
        ways = [f"start x {name} end" if not index else f"x {name} end" for index, (name, _) in enumerate(events)]
        return process(START + node("eventBasedGateway", "x") + nodes + end() + flows(*ways), root=SIGNALS)

    engine.deploy(diagram(("first", "go"), ("second", "stop")))
    instance = engine.start("p")
    engine.deploy(diagram(("first", "go"), ("third", "stop")))
    engine.migrate(instance, "p", {})
    assert waiting(instance) == ["first", "third"]
    engine.broadcast("stop")
    assert instance.completed_elements[-2:] == ["third", "end"]


def test_nothing_is_opened_before_the_start_listeners_of_an_activity_are_done(engine: Engine) -> None:
    listener = '<zeebe:executionListeners><zeebe:executionListener eventType="start" type="on_start"/></zeebe:executionListeners>'

    def diagram(more: str) -> bytes:
        return process(START + job("a", extensions=listener) + end() + flows("start a end") + more, root=SIGNALS)

    engine.deploy(diagram(""))
    instance = engine.start("p")
    engine.deploy(diagram(boundary("told", "a", signal("go")) + end("other") + flows("told other")))
    engine.migrate(instance, "p", {"a": "a"})
    assert waiting(instance) == []
    engine.complete_job(instance, "a")
    assert waiting(instance) == ["told"]


def test_what_was_left_to_be_undone_is_undone_by_the_handlers_of_the_target(engine: Engine) -> None:
    def diagram(name: str) -> bytes:
        undo = job(f"undo_{name}").replace("<bpmn:serviceTask", '<bpmn:serviceTask isForCompensation="true"')
        association = (
            f'<bpmn:association id="as" associationDirection="One" sourceRef="on_{name}" targetRef="undo_{name}"/>'
        )
        throwing = node("intermediateThrowEvent", "undo", COMPENSATE)
        return process(
            START
            + job(name)
            + boundary(f"on_{name}", name, COMPENSATE)
            + undo
            + association
            + job("wait")
            + throwing
            + end()
            + flows(f"start {name} wait undo end")
        )

    engine.deploy(diagram("a"))
    instance = engine.start("p")
    engine.complete_job(instance, "a")
    engine.deploy(diagram("b"))
    engine.migrate(instance, "p", {"a": "b"})
    engine.complete_job(instance, "wait")
    assert [each.element_id for each in instance.jobs] == ["undo_b"]


def test_a_subscription_whose_expression_fails_in_the_target_is_an_incident(engine: Engine) -> None:
    engine.deploy(process(START + job("a") + end() + flows("start a end")))
    instance = engine.start("p", {"when": "soon"})
    engine.deploy(with_boundary("a", "late", timer("timeDuration", "=when")))
    engine.migrate(instance, "p", {"a": "a"})
    assert [each.type for each in instance.incidents] == [IncidentType.EXTRACT_VALUE_ERROR]
    engine.complete_job(instance, "a")
    assert instance.outcome is Outcome.COMPLETED


@pytest.mark.parametrize("waits", ["inclusiveGateway", "parallelGateway"])
def test_tokens_that_wait_at_a_join_wait_at_its_target_and_the_journal_names_what_was_moved(
    engine: Engine, waits: str
) -> None:
    def diagram(join: str) -> bytes:
        body = START + node("parallelGateway", "fork") + job("a") + job("b") + node(waits, join) + end()
        return process(body + flows(f"start fork a {join} end", f"fork b {join}"))

    engine.deploy(diagram("join"))
    instance = engine.start("p")
    engine.complete_job(instance, "a")
    engine.deploy(diagram("meet"))
    engine.migrate(instance, "p", {"join": "meet"})
    assert [fact.element_id for fact in instance.facts(ElementMigrated)] == ["p", "b"]
    engine.complete_job(instance, "b")
    assert instance.outcome is Outcome.COMPLETED


def test_an_ad_hoc_sub_process_that_rests_goes_by_the_condition_of_the_target(engine: Engine) -> None:
    engine.deploy(resting_ad_hoc("n > 1"))
    resting, ending = engine.start("p", {"n": 1}), engine.start("p", {"n": 1})
    for instance in (resting, ending):
        engine.complete_job(instance, "a")
        assert instance.outcome is None
    engine.deploy(resting_ad_hoc("n > 5"))
    engine.migrate(resting, "p", {"work": "work"})
    engine.set_variables(resting, {"n": 2})
    assert resting.outcome is None
    engine.set_variables(resting, {"n": 6})
    assert resting.outcome is Outcome.COMPLETED
    engine.deploy(resting_ad_hoc("n > 0"))
    engine.migrate(ending, "p", {"work": "work"})
    assert ending.outcome is Outcome.COMPLETED


def resting_ad_hoc(condition: str) -> bytes:
    asked = f'<bpmn:completionCondition xsi:type="bpmn:tFormalExpression">={condition.replace(">", "&gt;")}</bpmn:completionCondition>'
    return process(START + node("adHocSubProcess", "work", job("a") + asked) + end() + flows("start work end"))
