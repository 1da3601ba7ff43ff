"""Which catcher of an error is the nearest, and what happens where none can be told."""

from __future__ import annotations

import pytest

from engine.runtime.effects import Outcome
from engine.runtime.history import ErrorThrown
from engine.testing import Engine
from tests.core.bpmn.diagrams import file, process
from tests.core.runtime.event_scenes import ALARM, ROOTS, SPLIT, ended, error, failing, handler, sub
from tests.core.runtime.nodes import START, boundary, end, flows, job, node


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
