"""Business rule tasks that call decisions: which version, what becomes of the result, what is kept."""

from __future__ import annotations

import pytest

from engine import decisions, deployments, instances
from engine.deployments import ResourceFile
from engine.errors import InvalidArgument, NotFound
from engine.models import DecisionInstance, Incident, IncidentStatus, ProcessInstance
from tests.core.dmn.models import data, decision, definitions, knowledge, literal, table
from tests.engine.worlds import ADMIN, END, START, assert_sound, diagram

pytestmark = pytest.mark.django_db


def rule_task(binding: str = "latest") -> bytes:
    task = (
        '<bpmn:businessRuleTask id="decide"><bpmn:extensionElements><zeebe:calledDecision decisionId="id_rate" '
        f'resultVariable="level" bindingType="{binding}"/></bpmn:extensionElements></bpmn:businessRuleTask>'
    )
    return diagram("order", START, task, END, flows="start>decide decide>end")


def rate(high: str = "high") -> bytes:
    rules = ('< 100 => "low"', f'>= 100 => "{high}"')
    return definitions(
        data("amount", "number"),
        decision("rate", table("amount:number", "level:string", *rules), "input:amount"),
    ).encode()


def deploy(**files: bytes) -> None:
    resources = [ResourceFile(name.replace("_", "."), content) for name, content in files.items()]
    deployments.deploy(resources, by=ADMIN)


def start(amount: object) -> ProcessInstance:
    return ProcessInstance.objects.get(key=instances.start("order", variables={"amount": amount}, by=ADMIN).key)


def test_the_result_goes_into_its_variable_and_the_evaluation_is_kept() -> None:
    deploy(order_bpmn=rule_task(), rate_dmn=rate())
    instance = start(150)
    assert instance.status == "COMPLETED"
    assert_sound(instance)
    kept = DecisionInstance.objects.get()
    assert (kept.instance_key, kept.element_id, kept.decision_id, kept.result) == (
        instance.key,
        "decide",
        "id_rate",
        "high",
    )
    assert kept.inputs["amount"] == 150
    assert kept.trace is not None
    (traced,) = kept.trace
    assert [rule["index"] for rule in traced["matched_rules"]] == [2]


@pytest.mark.parametrize(("binding", "expected"), [("latest", "new"), ("deployment", "high")])
def test_the_binding_decides_which_version_is_evaluated(binding: str, expected: str) -> None:
    deploy(order_bpmn=rule_task(binding), rate_dmn=rate())
    deploy(rate_dmn=rate("new"))
    start(150)
    assert DecisionInstance.objects.get().result == expected


def test_a_version_tag_picks_the_version_that_carries_it() -> None:
    tagged = rate().replace(
        b'name="rate">', b'name="rate"><extensionElements><versionTag value="v1"/></extensionElements>', 1
    )
    deploy(rate_dmn=tagged)
    deploy(rate_dmn=rate("new"))
    task = rule_task("versionTag").replace(b'bindingType="versionTag"', b'bindingType="versionTag" versionTag="v1"')
    deploy(order_bpmn=task)
    start(150)
    assert DecisionInstance.objects.get().result == "high"


def test_a_missing_decision_is_an_incident_that_says_what_to_do() -> None:
    deploy(order_bpmn=rule_task())
    instance = start(1)
    found = Incident.objects.get(instance_key=instance.key)
    assert (found.type, found.status) == ("DECISION_EVALUATION_ERROR", IncidentStatus.ACTIVE)
    assert "id_rate" in found.message
    assert "Deploy it" in found.message
    assert_sound(instance)


def test_an_evaluation_that_goes_over_its_budget_is_an_incident_and_kept() -> None:
    endless = knowledge("endless", "n", literal("endless(n + 1)"))
    deploy(
        order_bpmn=rule_task(),
        rate_dmn=definitions(endless, decision("rate", literal("endless(1)"), "knowledge:endless")).encode(),
    )
    instance = start(1)
    assert "budget" in Incident.objects.get(instance_key=instance.key).message
    assert "budget" in DecisionInstance.objects.get().failure
    assert_sound(instance)


def test_evaluating_by_request_takes_an_id_or_a_key_of_a_deployed_decision() -> None:
    deploy(rate_dmn=rate())
    row = decisions.evaluate("id_rate", variables={"amount": 5}, by=ADMIN)
    assert (row.result, row.instance_key) == ("low", None)
    assert decisions.evaluate(decision_key=row.decision_key, variables={"amount": 500}, by=ADMIN).result == "high"
    with pytest.raises(NotFound):
        decisions.evaluate("nothing", by=ADMIN)
    with pytest.raises(InvalidArgument):
        decisions.evaluate(by=ADMIN)


def test_dates_in_a_result_are_kept_as_iso_texts() -> None:
    deploy(rate_dmn=definitions(decision("rate", literal('date("2026-01-31")'))).encode())
    assert decisions.evaluate("id_rate", by=ADMIN).result == "2026-01-31"
