"""Data of the standard: objects, stores, properties, inputs and outputs, and the associations that copy them."""

from __future__ import annotations

import pytest

from engine.runtime.effects import Outcome
from engine.runtime.history import VariableWritten
from engine.testing import Engine
from tests.core.bpmn.diagrams import process
from tests.core.runtime.nodes import START, end, flows, job, node, script

FORMAL = 'xsi:type="bpmn:tFormalExpression"'


def association(direction: str, source: str, target: str, inner: str = "") -> str:
    """`direction`: Input or Output."""
    tag = f"data{direction}Association"
    found = f"<bpmn:sourceRef>{source}</bpmn:sourceRef>" if source else ""
    return f"<bpmn:{tag}>{found}<bpmn:targetRef>{target}</bpmn:targetRef>{inner}</bpmn:{tag}>"


def specification(inputs: str = "", outputs: str = "") -> str:
    """An ioSpecification with one data input and one data output at most, by their ids; the name is the id."""
    return (
        "<bpmn:ioSpecification>"
        + (f'<bpmn:dataInput id="{inputs}" name="{inputs}"/>' if inputs else "")
        + (f'<bpmn:dataOutput id="{outputs}" name="{outputs}"/>' if outputs else "")
        + (
            f"<bpmn:inputSet><bpmn:dataInputRefs>{inputs}</bpmn:dataInputRefs></bpmn:inputSet>"
            if inputs
            else "<bpmn:inputSet/>"
        )
        + (
            f"<bpmn:outputSet><bpmn:dataOutputRefs>{outputs}</bpmn:dataOutputRefs></bpmn:outputSet>"
            if outputs
            else "<bpmn:outputSet/>"
        )
        + "</bpmn:ioSpecification>"
    )


ORDER = '<bpmn:dataObject id="order"/><bpmn:dataObjectReference id="ref" dataObjectRef="order" name="order"/>'


@pytest.mark.element(
    "data object",
    "data object reference",
    "data input association",
    "data output association",
    "ioSpecification: data inputs and outputs",
    "dialect: zeebe",
)
def test_associations_copy_a_data_object_into_an_activity_and_its_output_back(engine: Engine) -> None:
    inner = (
        specification("what", "result") + association("Input", "ref", "what") + association("Output", "result", "ref")
    )
    engine.deploy(process(ORDER + START + job("work", inner) + end() + flows("start work end")))
    instance = engine.start("p", {"order": {"id": 7}})
    [opened] = instance.jobs
    held = instance.state.elements[opened.element_instance].variables
    assert held == {"what": {"id": 7}, "result": None}
    engine.complete_job(instance, variables={"result": {"id": 7, "paid": True}})
    assert instance.variables == {"order": {"id": 7, "paid": True}}


@pytest.mark.element("data store", "itemDefinition")
def test_a_data_store_is_the_variable_of_the_store_s_name(engine: Engine) -> None:
    store = '<bpmn:dataStoreReference id="ref" dataStoreRef="store"/>'
    root = '<bpmn:itemDefinition id="item" itemKind="Information"/><bpmn:dataStore id="store" name="Archive" itemSubjectRef="item"/>'
    inner = specification(outputs="entry") + association("Output", "entry", "ref")
    engine.deploy(process(store + START + job("work", inner) + end() + flows("start work end"), root=root))
    instance = engine.start("p")
    assert instance.variables == {"Archive": None}
    engine.complete_job(instance, variables={"entry": "kept"})
    assert instance.variables == {"Archive": "kept"}


@pytest.mark.element("property of a process", "property of an activity")
def test_a_property_is_a_variable_of_what_declares_it(engine: Engine) -> None:
    inside = (
        '<bpmn:property id="p2" name="inner"/>'
        + node("startEvent", "in")
        + script("set", "1", "inner")
        + script("also", "inner + 1", "outer")
        + end("out")
        + flows("in set also out")
    )
    engine.deploy(
        process(
            '<bpmn:property id="p1" name="outer"/>'
            + START
            + node("subProcess", "host", inside)
            + end()
            + flows("start host end")
        )
    )
    instance = engine.start("p")
    assert instance.variables == {"outer": 2}
    held = [fact.scope for fact in instance.facts(VariableWritten) if fact.name == "inner"]
    assert len(held) == 2
    assert instance.key not in held


@pytest.mark.element("data association: transformation")
def test_a_transformation_says_what_an_association_brings(engine: Engine) -> None:
    transformed = f"<bpmn:transformation {FORMAL}>=order.net * 1.19</bpmn:transformation>"
    inner = specification("gross") + (
        "<bpmn:dataInputAssociation><bpmn:sourceRef>ref</bpmn:sourceRef><bpmn:targetRef>gross</bpmn:targetRef>"
        f"{transformed}</bpmn:dataInputAssociation>"
    )
    engine.deploy(process(ORDER + START + job("work", inner) + end() + flows("start work end")))
    instance = engine.start("p", {"order": {"net": 100}})
    [opened] = instance.jobs
    assert instance.state.elements[opened.element_instance].variables == {"gross": 119}
    engine.complete_job(instance)
    assert instance.outcome is Outcome.COMPLETED


@pytest.mark.element("data association: assignments")
def test_assignments_write_the_parts_that_they_name(engine: Engine) -> None:
    def assigned(source: str, target: str) -> str:
        return f"<bpmn:assignment><bpmn:from {FORMAL}>{source}</bpmn:from><bpmn:to {FORMAL}>{target}</bpmn:to></bpmn:assignment>"

    inner = (
        specification("what", "result")
        + association("Input", "ref", "what", assigned("=order.id", "what"))
        + association(
            "Output", "result", "ref", assigned("=result", "order.status") + assigned("=1 + 1", "order.version")
        )
    )
    engine.deploy(process(ORDER + START + job("work", inner) + end() + flows("start work end")))
    instance = engine.start("p", {"order": {"id": 7}})
    [opened] = instance.jobs
    assert (instance.state.elements[opened.element_instance].variables or {})["what"] == 7
    engine.complete_job(instance, variables={"result": "paid"})
    assert instance.variables == {"order": {"id": 7, "status": "paid", "version": 2}}


@pytest.mark.element("data of an event")
def test_an_event_copies_what_it_caught_to_the_data_object_of_its_association(engine: Engine) -> None:
    caught = (
        '<bpmn:dataOutput id="payload" name="payload"/>'
        + association("Output", "payload", "ref")
        + "<bpmn:outputSet><bpmn:dataOutputRefs>payload</bpmn:dataOutputRefs></bpmn:outputSet>"
        + '<bpmn:signalEventDefinition signalRef="s"/>'
    )
    waiting = node("intermediateCatchEvent", "wait", caught)
    engine.deploy(
        process(ORDER + START + waiting + end() + flows("start wait end"), root='<bpmn:signal id="s" name="placed"/>')
    )
    instance = engine.start("p")
    engine.broadcast("placed", {"payload": {"id": 9}})
    assert instance.outcome is Outcome.COMPLETED
    assert instance.variables == {"order": {"id": 9}}


def test_two_branches_that_write_different_variables_both_keep_their_writes(engine: Engine) -> None:
    engine.deploy(
        process(
            ORDER
            + START
            + node("parallelGateway", "fork")
            + job("a")
            + job("b")
            + node("parallelGateway", "join")
            + end()
            + flows("start fork a join end", "fork b join")
        )
    )
    instance = engine.start("p", {"order": "new"})
    engine.complete_job(instance, "b", {"order": "approved"})
    engine.complete_job(instance, "a", {"other": 1})
    assert instance.variables == {"order": "approved", "other": 1}
