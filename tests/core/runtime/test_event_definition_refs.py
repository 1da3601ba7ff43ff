"""Event definitions of the file that events refer to, and links."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.runtime.effects import Outcome
from engine.testing import Engine
from tests.core.bpmn.diagrams import process
from tests.core.runtime.event_scenes import ALARM, ROOTS, SPLIT, catch, ended, sub, throw
from tests.core.runtime.nodes import START, boundary, condition, end, flows, job, node, timer

HOUR = timedelta(hours=1)


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


def test_cancel_and_compensation_may_be_referred_to_as_well(engine: Engine) -> None:
    def refers(identifier: str) -> str:
        return f"<bpmn:eventDefinitionRef>{identifier}</bpmn:eventDefinitionRef>"

    undo = node(
        "serviceTask",
        "undo",
        '<bpmn:extensionElements><zeebe:taskDefinition type="undo"/></bpmn:extensionElements>',
        'isForCompensation="true"',
    )
    inner = (
        node("startEvent", "begin")
        + job("book")
        + boundary("booked", "book", refers("compensate"))
        + undo
        + '<bpmn:association id="as" sourceRef="booked" targetRef="undo" associationDirection="One"/>'
        + node("endEvent", "give_up", refers("cancel"))
    )
    engine.deploy(
        process(
            START + sub("trip", inner, "begin book give_up", tag="transaction") + boundary("left", "trip", refers("cancel"))
            + end() + end("out") + flows("start trip end", "left out"),
            root='<bpmn:cancelEventDefinition id="cancel"/><bpmn:compensateEventDefinition id="compensate"/>',
        )
    )  # fmt: skip
    instance = engine.start("p")
    engine.complete_job(instance, "book")
    assert [each.element_id for each in instance.jobs] == ["undo"]
    engine.complete_job(instance, "undo")
    assert ended(instance) == ["give_up", "out"]
    assert instance.outcome is Outcome.COMPLETED


def test_inner_and_referred_definitions_of_one_event_are_all_its_own(engine: Engine) -> None:
    both = ALARM + "<bpmn:eventDefinitionRef>shared</bpmn:eventDefinitionRef>"
    waits = node("intermediateCatchEvent", "wait", both, 'parallelMultiple="true"')
    engine.deploy(
        process(
            START + waits + end() + flows("start wait end"),
            root=ROOTS + '<bpmn:messageEventDefinition id="shared" messageRef="m"/>',
        )
    )
    instance = engine.start("p")
    engine.broadcast("alarm")
    assert instance.outcome is None
    engine.publish("paid")
    assert instance.outcome is Outcome.COMPLETED
