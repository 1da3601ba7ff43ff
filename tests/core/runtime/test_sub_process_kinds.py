"""Sub-processes without start, transactions, ad-hoc sub-processes, and what call activities pass down and up."""

from __future__ import annotations

import pytest

from engine import exact_json
from engine.bpmn.model import Binding
from engine.runtime.effects import IncidentType, Outcome, StartChild
from engine.runtime.history import Escalated
from engine.testing import Engine
from tests.core.bpmn.diagrams import file, process
from tests.core.runtime.nodes import START, boundary, end, flows, job, node, script
from tests.core.runtime.occurrences import ERROR, ESCALATION, ROOTS, SIGNAL

FORMAL = 'xsi:type="bpmn:tFormalExpression"'


def host(inside: str, *, tag: str = "subProcess", more: str = "", attributes: str = "") -> bytes:
    return process(START + node(tag, "host", inside, attributes) + end() + flows("start host end") + more, root=ROOTS)


@pytest.mark.element("sub-process: without a start event")
def test_a_sub_process_without_a_start_event_begins_at_all_that_nothing_leads_to(engine: Engine) -> None:
    engine.deploy(host(job("a") + job("b") + job("c") + flows("a c")))
    instance = engine.start("p")
    assert [each.element_id for each in instance.jobs] == ["a", "b"]
    engine.complete_job(instance, "b")
    engine.complete_job(instance, "a")
    assert [each.element_id for each in instance.jobs] == ["c"]
    engine.complete_job(instance, "c")
    assert instance.completed_elements[-2:] == ["host", "end"]


def test_a_handler_and_a_catching_link_do_not_begin_by_themselves(engine: Engine) -> None:
    link = '<bpmn:linkEventDefinition name="on"/>'
    inside = (
        job("a")
        + node("intermediateThrowEvent", "from", link)
        + node("intermediateCatchEvent", "to", link)
        + job("b")
        + flows("a from", "to b")
        + node(
            "subProcess",
            "react",
            node("startEvent", "heard", SIGNAL) + end("e1") + flows("heard e1"),
            'triggeredByEvent="true"',
        )
    )
    engine.deploy(host(inside))
    instance = engine.start("p")
    assert [each.element_id for each in instance.jobs] == ["a"]
    engine.complete_job(instance, "a")
    assert [each.element_id for each in instance.jobs] == ["b"]


@pytest.mark.element("transaction: completed")
def test_a_transaction_that_nothing_cancels_completes_as_a_sub_process(engine: Engine) -> None:
    inside = node("startEvent", "in") + job("work") + end("out") + flows("in work out")
    cancelled = (
        boundary("cancelled", "host", "<bpmn:cancelEventDefinition/>") + end("undone") + flows("cancelled undone")
    )
    engine.deploy(host(inside, tag="transaction", more=cancelled))
    instance = engine.start("p")
    engine.complete_job(instance)
    assert instance.completed_elements[-2:] == ["host", "end"]
    assert "cancelled" not in instance.completed_elements


def test_a_cancelled_transaction_without_a_boundary_event_ends_and_the_process_with_it(engine: Engine) -> None:
    inside = node("startEvent", "in") + end("stop", "<bpmn:cancelEventDefinition/>") + flows("in stop")
    engine.deploy(host(inside, tag="transaction"))
    instance = engine.start("p")
    assert instance.terminated_elements == ["host"]
    assert instance.outcome is Outcome.COMPLETED
    assert "end" not in instance.completed_elements


def test_a_cancel_end_event_cancels_the_innermost_transaction_alone(engine: Engine) -> None:
    inner = node("startEvent", "begin") + end("stop", "<bpmn:cancelEventDefinition/>") + flows("begin stop")
    inside = (
        node("startEvent", "in")
        + node("parallelGateway", "fork")
        + job("work")
        + node("transaction", "inner", inner)
        + end("out")
        + flows("in fork work out", "fork inner out")
    )
    cancelled = (
        boundary("cancelled", "host", "<bpmn:cancelEventDefinition/>") + end("undone") + flows("cancelled undone")
    )
    engine.deploy(host(inside, tag="transaction", more=cancelled))
    instance = engine.start("p")
    assert instance.terminated_elements == ["inner"]
    assert [each.element_id for each in instance.jobs] == ["work"]


# --- ad-hoc --------------------------------------------------------------------------------------------------------------


def ad_hoc(inner: str, attributes: str = "", *, active: str = "", condition: str = "") -> bytes:
    extension = (
        f'<bpmn:extensionElements><zeebe:adHoc activeElementsCollection="={active}"/></bpmn:extensionElements>'
        if active
        else ""
    )
    asked = f"<bpmn:completionCondition {FORMAL}>={condition}</bpmn:completionCondition>" if condition else ""
    return host(extension + inner + asked, tag="adHocSubProcess", attributes=attributes)


@pytest.mark.element("ad-hoc sub-process: parallel")
def test_the_activities_of_an_ad_hoc_sub_process_run_at_once_and_it_ends_with_the_last(engine: Engine) -> None:
    engine.deploy(ad_hoc(job("a") + job("b") + job("c") + flows("b c")))
    instance = engine.start("p")
    assert [each.element_id for each in instance.jobs] == ["a", "b"]
    for name in ("a", "b", "c"):
        assert instance.outcome is None
        engine.complete_job(instance, name)
    assert instance.completed_elements[-2:] == ["host", "end"]


@pytest.mark.element("ad-hoc sub-process: sequential")
def test_the_activities_of_a_sequential_ad_hoc_sub_process_run_one_after_another(engine: Engine) -> None:
    engine.deploy(ad_hoc(job("a") + job("b"), 'ordering="Sequential"'))
    instance = engine.start("p")
    for name in ("a", "b"):
        assert [each.element_id for each in instance.jobs] == [name]
        engine.complete_job(instance, name)
    assert instance.outcome is Outcome.COMPLETED


@pytest.mark.element("ad-hoc sub-process: completion condition, the rest is cancelled")
def test_what_is_left_of_an_ad_hoc_sub_process_is_cancelled_when_its_condition_holds(engine: Engine) -> None:
    engine.deploy(ad_hoc(job("a") + job("b") + job("c"), condition="enough"))
    instance = engine.start("p", {"enough": False})
    engine.complete_job(instance, "a")
    assert len(instance.jobs) == 2
    engine.complete_job(instance, "b", {"enough": True})
    assert instance.terminated_elements == ["c"]
    assert instance.completed_elements[-2:] == ["host", "end"]


@pytest.mark.element("ad-hoc sub-process: completion condition, the rest goes on")
def test_what_is_left_of_an_ad_hoc_sub_process_may_go_on_and_is_waited_for(engine: Engine) -> None:
    engine.deploy(ad_hoc(job("a") + job("b"), 'cancelRemainingInstances="false"', condition="true"))
    instance = engine.start("p")
    engine.complete_job(instance, "a")
    assert [each.element_id for each in instance.jobs] == ["b"]
    engine.complete_job(instance, "b")
    assert instance.completed_elements[-2:] == ["host", "end"]


@pytest.mark.element("ad-hoc sub-process: chosen elements")
def test_an_ad_hoc_sub_process_runs_the_elements_that_its_collection_names(engine: Engine) -> None:
    engine.deploy(ad_hoc(job("a") + job("b") + job("c"), active="wanted"))
    instance = engine.start("p", {"wanted": ["c", "a"]})
    assert [each.element_id for each in instance.jobs] == ["c", "a"]
    for name in ("a", "c"):
        engine.complete_job(instance, name)
    assert instance.outcome is Outcome.COMPLETED


def test_an_ad_hoc_sub_process_with_nothing_chosen_is_left_at_once(engine: Engine) -> None:
    engine.deploy(ad_hoc(job("a"), active="[]"))
    assert engine.start("p").completed_elements == ["start", "host", "end"]


def test_an_ad_hoc_sub_process_that_names_what_it_does_not_hold_is_an_incident(engine: Engine) -> None:
    engine.deploy(ad_hoc(job("a"), active="wanted"))
    instance = engine.start("p", {"wanted": ["nothing"]})
    [incident] = instance.incidents
    assert incident.type is IncidentType.EXTRACT_VALUE_ERROR
    assert "a list of ids of its activities" in incident.message
    engine.set_variables(instance, {"wanted": ["a"]})
    engine.resolve(instance)
    assert [each.element_id for each in instance.jobs] == ["a"]


# --- calls ---------------------------------------------------------------------------------------------------------------


def calling(call: str, called: str, *, more: str = "", dialects: tuple[str, ...] = ("zeebe",)) -> bytes:
    body = START + call + end() + flows("start call end") + more
    return file(
        f'<bpmn:process id="p" isExecutable="true">{body}</bpmn:process>'
        f'<bpmn:process id="q" isExecutable="true">{called}</bpmn:process>{ROOTS}',
        dialects=dialects,
    )


def called_element(attributes: str) -> str:
    return node(
        "callActivity", "call", f"<bpmn:extensionElements><zeebe:calledElement {attributes}/></bpmn:extensionElements>"
    )


PASSED = node("startEvent", "in") + end("out") + flows("in out")


@pytest.mark.parametrize(
    ("attributes", "binding", "tag"),
    [
        pytest.param(
            'bindingType="deployment"',
            Binding.DEPLOYMENT,
            None,
            marks=pytest.mark.element("call activity: binding deployment"),
        ),
        pytest.param(
            'bindingType="versionTag" versionTag="stable"',
            Binding.VERSION_TAG,
            "stable",
            marks=pytest.mark.element("call activity: binding version tag"),
        ),
    ],
)
def test_a_call_asks_for_the_version_that_its_binding_names(
    engine: Engine, attributes: str, binding: Binding, tag: str | None
) -> None:
    engine.deploy(calling(called_element(f'processId="q" {attributes}'), PASSED))
    instance = engine.start("p")
    asked = [each for each in exact_json.decode(instance.journal[0].effects) if each[0] == StartChild.__name__]
    assert asked[0][4:7] == ["q", binding.value, tag]
    assert instance.outcome is Outcome.COMPLETED


@pytest.mark.element("call activity: mappings of its own")
def test_a_call_passes_down_and_up_only_what_its_own_mappings_say(engine: Engine) -> None:
    mapped = (
        '<bpmn:extensionElements><camunda:in source="a" target="x"/><camunda:in sourceExpression="${a + 1}" target="y"/>'
        '<camunda:in businessKey="${a}"/><camunda:out source="z" target="b"/></bpmn:extensionElements>'
    )
    adding = node("startEvent", "in") + script("add", "x + y", "z") + end("out") + flows("in add out")
    call = node("callActivity", "call", mapped, 'calledElement="q"')
    engine.deploy(calling(call, adding, dialects=("zeebe", "camunda")))
    instance = engine.start("p", {"a": 1, "secret": 7})
    called = engine.instances[1]
    assert called.variables == {"x": 1, "y": 2, "z": 3}
    assert instance.variables == {"a": 1, "secret": 7, "b": 3}
    started = [each for each in exact_json.decode(called.journal[0].inputs) if each[0] == "Started"]
    assert started[0][5] == "1"


def test_a_mapping_of_a_call_that_has_no_value_is_an_incident(engine: Engine) -> None:
    mapped = '<bpmn:extensionElements><camunda:out sourceExpression="=for i in 1..100000000 return i" target="b"/></bpmn:extensionElements>'
    call = node("callActivity", "call", mapped, 'calledElement="q"')
    engine.deploy(calling(call, PASSED, dialects=("zeebe", "camunda")))
    assert [each.type for each in engine.start("p").incidents] == [IncidentType.IO_MAPPING_ERROR]


@pytest.mark.element("call activity: an escalation passes up")
@pytest.mark.parametrize("interrupting", [True, False])
def test_an_escalation_of_a_called_process_reaches_the_caller_s_boundary_event(
    engine: Engine, interrupting: bool
) -> None:
    called = (
        node("startEvent", "in")
        + node("intermediateThrowEvent", "raise", ESCALATION)
        + job("work")
        + end("out")
        + flows("in raise work out")
    )
    caught = boundary("caught", "call", ESCALATION, interrupting=interrupting) + end("told") + flows("caught told")
    engine.deploy(calling(called_element('processId="q"'), called, more=caught))
    instance = engine.start("p")
    child = engine.instances[1]
    assert [(fact.element_id, fact.caught_by) for fact in instance.facts(Escalated)] == [("call", "caught")]
    assert [(fact.element_id, fact.caught_by) for fact in child.facts(Escalated)] == [("raise", None)]
    if interrupting:
        assert (child.outcome, instance.outcome) == (Outcome.TERMINATED, Outcome.COMPLETED)
        assert instance.completed_elements[-1] == "told"
        return
    assert (child.outcome, instance.outcome) == (None, None)
    engine.complete_job(child)
    assert instance.completed_elements[-1] == "end"


def test_an_error_that_nothing_catches_passes_up_through_two_calls(engine: Engine) -> None:
    failing = node("startEvent", "in") + end("out", ERROR) + flows("in out")
    between = (
        node("startEvent", "b")
        + called_element('processId="r"').replace('id="call"', 'id="again"')
        + end("c")
        + flows("b again c")
    )
    caught = boundary("caught", "call", ERROR) + end("mended") + flows("caught mended")
    whole = calling(called_element('processId="q"'), between, more=caught)
    engine.deploy(
        whole.replace(
            b"<bpmn:message ",
            f'<bpmn:process id="r" isExecutable="true">{failing}</bpmn:process><bpmn:message '.encode(),
        )
    )
    instance = engine.start("p")
    assert instance.completed_elements[-1] == "mended"
    assert [each.outcome for each in engine.instances] == [Outcome.COMPLETED, Outcome.ERROR, Outcome.ERROR]


def test_a_called_instance_that_somebody_cancels_is_an_incident_of_the_caller_and_called_again(engine: Engine) -> None:
    called = node("startEvent", "in") + job("work") + end("out") + flows("in work out")
    engine.deploy(calling(called_element('processId="q"'), called))
    instance = engine.start("p")
    engine.cancel(engine.instances[1])
    [incident] = instance.incidents
    assert incident.type is IncidentType.CALLED_ELEMENT_ERROR
    engine.resolve(instance)
    engine.complete_job(engine.instances[2])
    assert instance.outcome is Outcome.COMPLETED


def test_a_worker_s_error_in_a_called_process_ends_it_and_goes_to_the_caller(engine: Engine) -> None:
    called = node("startEvent", "in") + job("work") + end("out") + flows("in work out")
    caught = boundary("caught", "call", ERROR) + end("mended") + flows("caught mended")
    engine.deploy(calling(called_element('processId="q"'), called, more=caught))
    instance = engine.start("p")
    engine.throw_error(engine.instances[1], "E1", "work", variables={"why": "ill"})
    assert engine.instances[1].outcome is Outcome.ERROR
    assert instance.completed_elements[-1] == "mended"
    assert instance.variables == {"why": "ill"}
