"""What the standard says of events that meet: who hears a signal, which catcher is the nearest, what an interruption stops."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.runtime.effects import Outcome
from engine.runtime.history import ErrorThrown, Escalated
from engine.testing import Engine, Instance
from tests.core.bpmn.diagrams import file, process
from tests.core.runtime.nodes import START, boundary, condition, end, flows, job, node, script, timer

HOUR = timedelta(hours=1)
ROOTS = (
    '<bpmn:signal id="s" name="alarm"/><bpmn:signal id="t" name="calm"/><bpmn:message id="m" name="paid"/>'
    '<bpmn:error id="e1" errorCode="E1"/><bpmn:error id="e2" errorCode="E2"/><bpmn:error id="any" name="without a code"/>'
    '<bpmn:escalation id="x1" escalationCode="X1"/><bpmn:escalation id="x2" escalationCode="X2"/>'
    '<bpmn:escalation id="x_any" name="without a code"/>'
)
ALARM = '<bpmn:signalEventDefinition signalRef="s"/>'
CALM = '<bpmn:signalEventDefinition signalRef="t"/>'
PAID = '<bpmn:messageEventDefinition messageRef="m"/>'
SPLIT = node("parallelGateway", "split")


def error(reference: str = "") -> str:
    return f'<bpmn:errorEventDefinition errorRef="{reference}"/>' if reference else "<bpmn:errorEventDefinition/>"


def escalation(reference: str = "") -> str:
    if not reference:
        return "<bpmn:escalationEventDefinition/>"
    return f'<bpmn:escalationEventDefinition escalationRef="{reference}"/>'


def catch(identifier: str, definition: str) -> str:
    return node("intermediateCatchEvent", identifier, definition)


def throw(identifier: str, definition: str) -> str:
    return node("intermediateThrowEvent", identifier, definition)


def sub(identifier: str, inner: str, *ways: str, tag: str = "subProcess") -> str:
    return node(tag, identifier, inner + flows(*ways))


def handler(identifier: str, definition: str, *, interrupting: bool = True, inner: str = "", way: str = "") -> str:
    """An event sub-process: its start event, what is between, its end event; all named after it."""
    interrupts = "" if interrupting else 'isInterrupting="false"'
    begin = node("startEvent", f"{identifier}_start", definition, interrupts)
    nodes = begin + inner + ("" if "_end" in inner else end(f"{identifier}_end"))
    return node(
        "subProcess",
        identifier,
        nodes + flows(way or f"{identifier}_start {identifier}_end"),
        'triggeredByEvent="true"',
    )


def ended(instance: Instance) -> list[str]:
    """Which end events were reached, in order."""
    return [each for each in instance.completed_elements if instance.model.nodes[each].type.value == "END_EVENT"]


# --- signals -----------------------------------------------------------------------------------------------------------------


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


# --- errors ------------------------------------------------------------------------------------------------------------------


def failing(code: str, *inner: str) -> str:
    return sub(
        "sub", node("startEvent", "begin") + node("endEvent", "fail", error(code)) + "".join(inner), "begin fail"
    )


@pytest.mark.parametrize(
    ("catchers", "thrown", "taken"),
    [
        ({"exact": "e1", "all": ""}, "e1", "exact"),
        ({"all": "", "exact": "e1"}, "e1", "exact"),
        ({"all": "", "exact": "e1"}, "e2", "all"),
        ({"all": "any", "exact": "e1"}, "e2", "all"),
    ],
)
def test_the_catcher_of_a_code_comes_before_one_of_all_and_one_without_a_code_catches_all(
    engine: Engine, catchers: dict[str, str], thrown: str, taken: str
) -> None:
    caught = "".join(boundary(name, "sub", error(reference)) for name, reference in catchers.items())
    ends = "".join(end(f"{name}_end") for name in catchers)
    ways = [f"{name} {name}_end" for name in catchers]
    engine.deploy(process(START + failing(thrown) + caught + end() + ends + flows("start sub end", *ways), root=ROOTS))
    instance = engine.start("p")
    assert ended(instance)[-1] == f"{taken}_end"


def test_the_nearest_catcher_of_all_comes_before_a_farther_one_of_the_code(engine: Engine) -> None:
    outer = (
        node("startEvent", "first") + failing("e1") + boundary("near", "sub", error()) + end("inner") + end("mended")
    )
    engine.deploy(
        process(
            START
            + sub("outer", outer, "first sub inner", "near mended")
            + boundary("far", "outer", error("e1"))
            + end()
            + end("missed")
            + flows("start outer end", "far missed"),
            root=ROOTS,
        )
    )
    assert ended(engine.start("p"))[-2:] == ["mended", "end"]


def test_the_event_sub_process_inside_comes_before_the_boundary_event_outside(engine: Engine) -> None:
    engine.deploy(
        process(
            START
            + failing("e1", handler("mend", error("e1")))
            + boundary("outside", "sub", error("e1"))
            + end()
            + end("out")
            + flows("start sub end", "outside out"),
            root=ROOTS,
        )
    )
    assert ended(engine.start("p")) == ["fail", "mend_end", "end"]


def test_an_error_of_an_event_sub_process_beside_its_scope_is_for_the_error_handler_of_that_scope(
    engine: Engine,
) -> None:
    aside = handler(
        "aside",
        ALARM,
        interrupting=False,
        inner=node("endEvent", "aside_end", error("e1")),
        way="aside_start aside_end",
    )
    engine.deploy(
        process(
            START + job("work") + aside + handler("mend", error("e1")) + end() + flows("start work end"), root=ROOTS
        )
    )
    instance = engine.start("p")
    engine.broadcast("alarm")
    assert ended(instance) == ["aside_end", "mend_end"]
    assert instance.terminated_elements == ["work", "aside"]
    assert instance.outcome is Outcome.COMPLETED


def test_an_error_of_an_error_handler_goes_outward_past_the_others_of_its_scope(engine: Engine) -> None:
    mend = handler("mend", error("e1"), inner=node("endEvent", "mend_end", error("e2")), way="mend_start mend_end")
    engine.deploy(
        process(
            START
            + failing("e1", mend, handler("other", error("e2")))
            + boundary("outside", "sub", error("e2"))
            + end()
            + end("out")
            + flows("start sub end", "outside out"),
            root=ROOTS,
        )
    )
    instance = engine.start("p")
    assert ended(instance)[-1] == "out"
    assert "other" not in instance.activated_elements
    assert [(fact.code, fact.caught_by) for fact in instance.facts(ErrorThrown)] == [
        ("E1", "mend_start"),
        ("E2", "outside"),
    ]


def test_an_error_that_nothing_catches_goes_through_each_scope_and_ends_the_instance(engine: Engine) -> None:
    engine.deploy(
        process(
            START
            + SPLIT
            + job("work")
            + failing("e1")
            + end()
            + end("over")
            + flows("start split work end", "split sub over"),
            root=ROOTS,
        )
    )
    instance = engine.start("p")
    assert instance.outcome is Outcome.ERROR
    assert instance.end is not None
    assert instance.end.error_code == "E1"
    assert not instance.jobs


@pytest.mark.parametrize("sequential", ["true", "false"])
def test_an_error_of_one_of_several_instances_ends_all_of_them_by_the_boundary_event(
    engine: Engine, sequential: str
) -> None:
    loop = (
        f'<bpmn:multiInstanceLoopCharacteristics isSequential="{sequential}"><bpmn:loopCardinality xsi:type="bpmn:tFormalExpression">=3'
        "</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics>"
    )
    engine.deploy(
        process(
            START + job("work", loop) + boundary("failed", "work", error("e1")) + end() + end("out")
            + flows("start work end", "failed out"),
            root=ROOTS,
        )
    )  # fmt: skip
    instance = engine.start("p")
    engine.throw_error(instance, "E1")
    assert ended(instance) == ["out"]
    assert instance.jobs == []
    assert instance.outcome is Outcome.COMPLETED


# --- escalations ---------------------------------------------------------------------------------------------------------------


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


# --- interruptions -------------------------------------------------------------------------------------------------------------


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


# --- event definitions that are referred to -----------------------------------------------------------------------------------


REFERRED = {
    "signalEventDefinition": 'signalRef="s"',
    "errorEventDefinition": 'errorRef="e1"',
    "escalationEventDefinition": 'escalationRef="x1"',
}


@pytest.mark.parametrize("tag", REFERRED)
def test_an_event_definition_of_the_file_works_at_who_throws_and_at_who_catches(engine: Engine, tag: str) -> None:
    shared = "<bpmn:eventDefinitionRef>shared</bpmn:eventDefinitionRef>"
    inner = node("startEvent", "begin") + node("endEvent", "throw", shared)
    engine.deploy(
        process(
            START + sub("sub", inner, "begin throw") + boundary("caught", "sub", shared) + end() + end("out")
            + flows("start sub end", "caught out"),
            root=ROOTS + f'<bpmn:{tag} id="shared" {REFERRED[tag]}/>',
        )
    )  # fmt: skip
    instance = engine.start("p")
    assert ended(instance)[-1] == "out"
    assert instance.outcome is Outcome.COMPLETED


def test_a_message_definition_of_the_file_works_at_who_throws_and_at_who_catches(engine: Engine) -> None:
    shared = "<bpmn:eventDefinitionRef>shared</bpmn:eventDefinitionRef>"
    other = node("startEvent", "begin", shared) + end("done") + flows("begin done")
    engine.deploy(
        process(
            START + throw("throw", shared) + end() + flows("start throw end"),
            root=f'{ROOTS}<bpmn:messageEventDefinition id="shared" messageRef="m"/>'
            f'<bpmn:process id="q" isExecutable="true">{other}</bpmn:process>',
        )
    )
    engine.start("p")
    assert [(each.model.id, each.outcome) for each in engine.instances] == [
        ("p", Outcome.COMPLETED),
        ("q", Outcome.COMPLETED),
    ]


def test_timer_condition_terminate_and_link_may_be_referred_to_as_well(engine: Engine) -> None:
    def refers(identifier: str) -> str:
        return f"<bpmn:eventDefinitionRef>{identifier}</bpmn:eventDefinitionRef>"

    def named(definition: str, identifier: str) -> str:
        return definition.replace("EventDefinition>", f'EventDefinition id="{identifier}">', 1)

    roots = (
        named(timer("timeDuration", "PT1H"), "hour")
        + named(condition("level &gt; 5"), "high")
        + '<bpmn:terminateEventDefinition id="kill"/><bpmn:linkEventDefinition id="link" name="on"/>'
    )
    engine.deploy(
        process(
            START
            + SPLIT
            + catch("wait", refers("hour"))
            + throw("leave", refers("link"))
            + catch("arrive", refers("link"))
            + catch("rise", refers("high"))
            + node("endEvent", "stop", refers("kill"))
            + job("work")
            + end()
            + flows("start split wait leave", "arrive rise stop", "split work end"),
            root=roots,
        )
    )
    instance = engine.start("p")
    engine.advance(HOUR)
    assert instance.completed_elements == ["start", "split", "wait", "leave", "arrive"]
    engine.set_variables(instance, {"level": 9})
    assert instance.outcome is Outcome.COMPLETED
    assert ended(instance) == ["stop"]
    assert instance.terminated_elements == ["work"]


def test_several_link_throws_lead_to_one_catch_and_links_of_other_scopes_are_others(engine: Engine) -> None:
    link = '<bpmn:linkEventDefinition name="on"/>'
    inner = node("startEvent", "begin") + throw("within", link) + catch("inside", link) + end("inner")
    engine.deploy(
        process(
            START
            + SPLIT
            + throw("one", link)
            + throw("two", link)
            + catch("on", link)
            + sub("sub", inner, "begin within", "inside inner")
            + end()
            + end("over")
            + flows("start split one", "split two", "split sub over", "on end"),
        )
    )
    instance = engine.start("p")
    assert instance.completed_elements.count("on") == 2
    assert instance.completed_elements.count("inside") == 1
    assert sorted(ended(instance)) == ["end", "end", "inner", "over"]


# --- what goes wrong -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tag", ["intermediateThrowEvent", "endEvent"])
def test_what_could_not_be_thrown_is_thrown_when_its_incident_is_resolved_and_nothing_twice(
    engine: Engine, tag: str
) -> None:
    subscription = '<zeebe:subscription correlationKey="=order"/>'
    keyed = f'<bpmn:message id="k" name="sent"><bpmn:extensionElements>{subscription}</bpmn:extensionElements></bpmn:message>'
    thrower = node(tag, "throw", ALARM + '<bpmn:messageEventDefinition messageRef="k"/>')
    ways = "start throw" if tag == "endEvent" else "start throw end"
    engine.deploy(process(START + thrower + ("" if tag == "endEvent" else end()) + flows(ways), root=ROOTS + keyed))
    called = node("startEvent", "begin", ALARM) + job("work") + end("done") + flows("begin work done")
    engine.deploy(file(f'{ROOTS}<bpmn:process id="q" isExecutable="true">{called}</bpmn:process>'))
    receiver = (
        node("startEvent", "begin", '<bpmn:messageEventDefinition messageRef="k"/>') + end("got") + flows("begin got")
    )
    engine.deploy(file(f'{keyed}<bpmn:process id="r" isExecutable="true">{receiver}</bpmn:process>'))
    instance = engine.start("p")
    assert [each.element_id for each in instance.incidents] == ["throw"]
    engine.set_variables(instance, {"order": "7"})
    engine.resolve(instance)
    assert instance.outcome is Outcome.COMPLETED
    assert [each.model.id for each in engine.instances] == ["p", "q", "r"]


CHOSEN = '<bpmn:error id="chosen" errorCode="=code"/>'


def test_an_error_whose_catcher_cannot_be_told_waits_at_its_end_event_and_is_thrown_again(engine: Engine) -> None:
    engine.deploy(
        process(
            START
            + failing("e1")
            + boundary("caught", "sub", error("chosen"))
            + end()
            + end("out")
            + flows("start sub end", "caught out"),
            root=ROOTS + CHOSEN,
        )
    )
    instance = engine.start("p")
    assert [each.element_id for each in instance.incidents] == ["fail"]
    engine.set_variables(instance, {"code": "E1"})
    engine.resolve(instance)
    assert ended(instance) == ["fail", "out"]
    assert instance.outcome is Outcome.COMPLETED


def test_an_error_of_a_job_whose_catcher_cannot_be_told_lets_the_job_be_done_again(engine: Engine) -> None:
    engine.deploy(
        process(
            START + job("work") + boundary("caught", "work", error("chosen")) + end() + end("out")
            + flows("start work end", "caught out"),
            root=ROOTS + CHOSEN,
        )
    )  # fmt: skip
    instance = engine.start("p")
    engine.throw_error(instance, "E1")
    assert [each.element_id for each in instance.incidents] == ["work"]
    engine.set_variables(instance, {"code": "E1"})
    engine.resolve(instance)
    engine.throw_error(instance, "E1")
    assert ended(instance) == ["out"]


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
