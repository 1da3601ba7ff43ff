"""A file that departs from the standard as other engines allow it runs as they run it, with a warning that names the place."""

# ruff: noqa: E501 (markup is easier to read unbroken)

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from engine.bpmn import parse
from engine.bpmn.model import Severity
from engine.runtime.effects import Outcome
from engine.runtime.history import FlowTaken
from engine.testing import Engine, Instance
from tests.core.bpmn.diagrams import file, flow, process
from tests.core.runtime.nodes import START, end, flows, job, node, script, timer

THROUGH = START + job("work") + end() + flows("start work end")


@pytest.fixture
def engine() -> Iterator[Engine]:
    """An engine of which SpiffWorkflow is not asked its opinion: it reads departures in its own way, or not at all."""
    made = Engine()
    yield made
    made.check()


def run(engine: Engine, xml: bytes, code: str, *, process_id: str = "p") -> Instance:
    """Deploy with that warning alone, start, and complete the jobs that come."""
    definitions = engine.deploy(xml)
    found = {(problem.code, problem.severity) for problem in definitions.problems if problem.code != "schema"}
    assert found == ({(code, Severity.WARNING)} if code else set())
    instance = engine.start(process_id)
    while instance.jobs:
        engine.complete_job(instance)
    return instance


def test_a_flow_without_an_id_is_taken_under_an_id_of_its_ends(engine: Engine) -> None:
    xml = process(THROUGH.replace('id="work_end"', ""))
    instance = run(engine, xml, "flow-id-missing")
    assert instance.outcome is Outcome.COMPLETED
    assert [fact.flow_id for fact in instance.facts(FlowTaken)] == ["start_work", "work->end"]


def test_flows_without_ids_keep_their_ids_when_the_file_is_read_again_and_share_none(engine: Engine) -> None:
    twice = '<bpmn:sequenceFlow sourceRef="start" targetRef="work"/>' * 2
    taken = '<bpmn:dataObject id="start-&gt;work"/>'
    xml = process(START + taken + job("work") + end() + twice + flow("work", "end"))
    flows_of = [list(engine.deploy(xml).processes["p"].flows) for _ in range(2)]
    assert flows_of == [["start->work.2", "start->work.3", "work_end"]] * 2
    instance = engine.start("p")
    assert [each.element_id for each in instance.jobs] == ["work", "work"]


@pytest.mark.parametrize("source", ["", 'source=""', 'source=" "'])
def test_an_input_without_a_source_sets_null(engine: Engine, source: str) -> None:
    mapping = f'<zeebe:ioMapping><zeebe:input {source} target="agent"/></zeebe:ioMapping>'
    engine.deploy(process(START + job("work", extensions=mapping) + end() + flows("start work end")))
    seen: list[object] = []
    engine.on_job("work", lambda variables: seen.append(variables["agent"]))
    instance = engine.start("p", {"agent": "outer"})
    assert seen == [None]
    assert instance.outcome is Outcome.COMPLETED
    assert instance.variables == {"agent": "outer"}


@pytest.mark.parametrize("tag", ["endEvent", "intermediateThrowEvent"])
def test_a_message_event_with_a_job_and_no_message_waits_for_the_job(engine: Engine, tag: str) -> None:
    extension = '<bpmn:extensionElements><zeebe:taskDefinition type="send"/></bpmn:extensionElements>'
    event = node(tag, "told", extension + "<bpmn:messageEventDefinition/>")
    ways = flows("start told") if tag == "endEvent" else end() + flows("start told end")
    engine.deploy(process(START + event + ways))
    instance = engine.start("p")
    assert [each.type for each in instance.jobs] == ["send"]
    assert instance.outcome is None
    engine.complete_job(instance)
    assert instance.outcome is Outcome.COMPLETED


def test_a_call_activity_with_the_id_of_what_it_calls_calls_the_process(engine: Engine) -> None:
    engine.deploy(process(THROUGH).replace(b'id="p"', b'id="called"'))
    xml = process(START + '<bpmn:callActivity id="called" calledElement="called"/>' + end() + flows("start called end"))
    definitions = engine.deploy(xml)
    assert [problem.code for problem in definitions.problems] == ["called-element-own-id"]
    instance = engine.start("p")
    (child,) = [each for each in engine.instances if each is not instance]
    engine.complete_job(child)
    assert instance.outcome is Outcome.COMPLETED


@pytest.mark.parametrize("dialect", ["camunda", "activiti", "flowable", "operaton"])
def test_a_receive_task_without_a_message_waits_for_one_called_like_itself(engine: Engine, dialect: str) -> None:
    body = START + '<bpmn:receiveTask id="paid"/>' + end() + flows("start paid end")
    definitions = engine.deploy(process(body, dialects=(dialect,)))
    assert [problem.code for problem in definitions.problems] == ["receive-by-id"]
    instance = engine.start("p")
    engine.publish("other", "")
    assert instance.outcome is None
    engine.publish("paid", "")
    assert instance.completed_elements == ["start", "paid", "end"]


def test_a_pool_with_an_empty_process_that_does_not_say_it_is_executable_is_left_out(engine: Engine) -> None:
    pools = '<bpmn:participant id="a" processRef="p"/><bpmn:participant id="b" processRef="q"/>'
    xml = file(
        f'<bpmn:collaboration id="c">{pools}</bpmn:collaboration><bpmn:process id="p" isExecutable="true">{THROUGH}</bpmn:process>'
        '<bpmn:process id="q" name="theirs"/>'
    )
    assert run(engine, xml, "executable-unsaid").outcome is Outcome.COMPLETED
    assert not engine.deploy(xml).processes["q"].is_executable


def test_a_file_of_an_engines_modeler_is_one_for_an_engine_though_it_names_no_extension(engine: Engine) -> None:
    body = START + '<bpmn:task id="work"/>' + flows("start work")
    xml = process(body, dialects=(), attributes='exporter="Camunda Modeler" exporterVersion="3.5.0"')
    assert run(engine, xml, "end-event-missing").outcome is Outcome.COMPLETED
    plain = process(body, dialects=(), attributes='exporter="Yaoqiang BPMN Editor"')
    assert {problem.code for problem in parse(plain).errors} == {"end-event-missing"}


THROW, CATCH = "intermediateThrowEvent", "intermediateCatchEvent"


@pytest.mark.parametrize(
    ("throwing", "catching", "root"),
    [
        pytest.param('<bpmn:linkEventDefinition id="a" name="x"><bpmn:target>b</bpmn:target></bpmn:linkEventDefinition>', '<bpmn:linkEventDefinition id="b" name="y"/>', "", id="a target of another name"),
        pytest.param('<bpmn:linkEventDefinition id="a"><bpmn:target>b</bpmn:target></bpmn:linkEventDefinition>', '<bpmn:linkEventDefinition id="b"/>', "", id="a target without names"),
        pytest.param('<bpmn:linkEventDefinition id="a"/>', '<bpmn:linkEventDefinition id="b"><bpmn:source>a</bpmn:source></bpmn:linkEventDefinition>', "", id="a source without names"),
        pytest.param("<bpmn:eventDefinitionRef>c</bpmn:eventDefinitionRef>", "<bpmn:eventDefinitionRef>c</bpmn:eventDefinitionRef>", '<bpmn:linkEventDefinition id="c"/>', id="one definition without a name"),
    ],
)  # fmt: skip
def test_the_two_ends_of_a_link_find_each_other_by_reference(
    engine: Engine, throwing: str, catching: str, root: str
) -> None:
    events = node(THROW, "out", throwing) + node(CATCH, "in", catching)
    other = node(THROW, "z", '<bpmn:linkEventDefinition name="z"/>') + node(
        CATCH, "z2", '<bpmn:linkEventDefinition name="z"/>'
    )
    gate = '<bpmn:exclusiveGateway id="g" default="g_out"/>' + flow("g", "z", "=false")
    xml = process(START + gate + events + other + end() + flows("start g out", "in end", "z2 end"), root=root)
    instance = run(engine, xml, "" if root else "link-by-reference")
    assert instance.completed_elements == ["start", "g", "out", "in", "end"]
    assert instance.outcome is Outcome.COMPLETED


@pytest.mark.parametrize(
    "blank",
    [
        " http://camunda.org/schema/zeebe/1.0",
        "http://camunda.org/schema/zeebe/1.0 ",
        "\nhttp://camunda.org/schema/zeebe/1.0\t",
    ],
)
def test_a_namespace_with_a_blank_is_read_without_it(engine: Engine, blank: str) -> None:
    xml = process(THROUGH).replace(b"http://camunda.org/schema/zeebe/1.0", blank.encode())
    instance = run(engine, xml, "namespace-invalid")
    assert instance.completed_elements == ["start", "work", "end"]


def test_a_blank_within_a_namespace_that_nobody_uses_does_no_harm(engine: Engine) -> None:
    xml = process(THROUGH).replace(b"<bpmn:definitions", b'<bpmn:definitions xmlns:a="http://a b/c" xmlns:b="x y"', 1)
    assert run(engine, xml, "namespace-invalid").outcome is Outcome.COMPLETED


def test_a_process_without_an_end_event_ends_where_no_way_leads_on(engine: Engine) -> None:
    xml = process(START + job("work") + flows("start work"))
    instance = run(engine, xml, "end-event-missing")
    assert instance.completed_elements == ["start", "work"]
    assert instance.outcome is Outcome.COMPLETED


def test_a_sub_process_without_an_end_event_goes_on_when_all_in_it_is_done(engine: Engine) -> None:
    inner = '<bpmn:startEvent id="s2"/>' + job("work") + flow("s2", "work")
    xml = process(START + node("subProcess", "sub", inner) + end() + flows("start sub end"))
    assert run(engine, xml, "end-event-missing").completed_elements == ["start", "s2", "work", "sub", "end"]


@pytest.mark.parametrize("expression", ["=false", "=missing > 3", "=null", "", "=1 +"])
@pytest.mark.parametrize("where", ["parallelGateway", "startEvent"])
def test_a_condition_where_nothing_is_decided_is_ignored(engine: Engine, where: str, expression: str) -> None:
    tasks = script("a", "1", "x") + script("b", "2", "y") + end()
    if where == "startEvent":
        body = START + tasks + flow("start", "a", expression) + flows("a b end")
    else:
        fork = '<bpmn:parallelGateway id="g"/><bpmn:parallelGateway id="join"/>'
        body = START + fork + tasks + flow("g", "a", expression) + flows("start g b join end", "a join")
    instance = run(engine, process(body), "condition-not-allowed")
    assert {"a", "b", "end"} <= set(instance.completed_elements)
    assert instance.outcome is Outcome.COMPLETED


def test_a_condition_out_of_an_event_based_gateway_is_ignored(engine: Engine) -> None:
    waits = node(CATCH, "soon", timer("timeDuration", "PT1S")) + node(CATCH, "late", timer("timeDuration", "PT1H"))
    body = START + '<bpmn:eventBasedGateway id="g"/>' + waits + end()
    engine.deploy(process(body + flow("g", "soon", "=false") + flows("start g late end", "soon end")))
    instance = engine.start("p")
    engine.advance(timedelta(seconds=1))
    assert instance.completed_elements == ["start", "g", "soon", "end"]


def test_a_compensation_event_sub_process_with_the_mark_of_a_handler_still_undoes(engine: Engine) -> None:
    inner = (
        '<bpmn:startEvent id="s2"/>' + script("book", "1", "booked") + end("e2") + flows("s2 book e2")
        + '<bpmn:subProcess id="undo" triggeredByEvent="true" isForCompensation="true"><bpmn:startEvent id="s3"><bpmn:compensateEventDefinition/></bpmn:startEvent>'
        + job("cancel") + end("e3") + flows("s3 cancel e3") + "</bpmn:subProcess>"
    )  # fmt: skip
    throw = node(THROW, "back", "<bpmn:compensateEventDefinition/>")
    xml = process(START + node("subProcess", "sub", inner) + throw + end() + flows("start sub back end"))
    instance = run(engine, xml, "compensation-event-sub-process")
    assert "cancel" in instance.completed_elements
    assert instance.outcome is Outcome.COMPLETED


@pytest.mark.parametrize(
    ("body", "code", "completed"),
    [
        pytest.param(THROUGH + job("never") + flow("never", "end"), "incoming-missing", ["start", "work", "end"], id="a task that nothing leads to"),
        pytest.param(START + job("work") + job("last") + end() + flows("start work end", "start last"), "outgoing-missing", ["start", "end", "last", "work"], id="a task from which nothing leads on"),
        pytest.param(START + '<bpmn:exclusiveGateway id="g"/>' + end() + flows("start g end"), "gateway-single-flow", ["start", "g", "end"], id="a gateway with one way"),
        pytest.param(START + '<bpmn:parallelGateway id="g" gatewayDirection="Diverging"/>' + end() + flows("start g end"), "gateway-direction", ["start", "g", "end"], id="a direction that is not so"),
        pytest.param(THROUGH.replace('<bpmn:endEvent id="end" >', '<bpmn:endEvent id="end"><bpmn:incoming>start_work</bpmn:incoming><bpmn:incoming>work_end</bpmn:incoming>'), "flow-list-wrong", ["start", "work", "end"], id="a list that is wrong"),
        pytest.param(THROUGH.replace('<bpmn:endEvent id="end" >', '<bpmn:endEvent id="end"><bpmn:incoming>gone</bpmn:incoming><bpmn:incoming>work_end</bpmn:incoming>'), "reference-dangling", ["start", "work", "end"], id="a list with a flow that is gone"),
        pytest.param(THROUGH + node(CATCH, "k", '<bpmn:linkEventDefinition name="k"/>') + flow("k", "end"), "link-source", ["start", "work", "end"], id="a link that nothing leads to"),
    ],
)  # fmt: skip
def test_what_engines_tolerate_runs(engine: Engine, body: str, code: str, completed: list[str]) -> None:
    instance = run(engine, process(body), code)
    assert sorted(instance.completed_elements) == sorted(completed)
    assert instance.outcome is Outcome.COMPLETED


def test_a_message_flow_that_ends_at_a_start_event_without_a_message_does_no_harm(engine: Engine) -> None:
    theirs = '<bpmn:startEvent id="s2"/>' + end("e2") + flows("s2 e2")
    xml = file(
        '<bpmn:collaboration id="c"><bpmn:participant id="a" processRef="p"/><bpmn:participant id="b" processRef="q"/>'
        '<bpmn:messageFlow id="mf" sourceRef="work" targetRef="s2"/></bpmn:collaboration>'
        f'<bpmn:process id="p" isExecutable="true">{THROUGH}</bpmn:process><bpmn:process id="q" isExecutable="true">{theirs}</bpmn:process>'
    )
    assert run(engine, xml, "message-flow-target").outcome is Outcome.COMPLETED
