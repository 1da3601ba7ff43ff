"""Business rule tasks that call decisions: which version, what becomes of the result, what is kept."""

from __future__ import annotations

import pytest

from engine import deployments, instances
from engine.definitions import decisions
from engine.deployments import ResourceFile
from engine.errors import DeploymentRejected, InvalidArgument, NotFound
from engine.models import DecisionDefinition, DecisionInstance, Incident, IncidentStatus, ProcessInstance
from engine.queries import decision_instances
from engine.queries.definitions import decisions as reads
from tests.core.dmn.models import NAMESPACE, data, decision, definitions, knowledge, literal, table
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


BASE = "https://stepwell.test/base"
DMN = "https://www.omg.org/spec/DMN/20230324/MODEL/"


def base(factor: int = 2) -> bytes:
    parts = (
        data("amount", "number"),
        decision("fee", literal(f"amount * {factor}"), "input:amount"),
        knowledge("half", "n:number", literal("n / 2")),
    )
    return definitions(*parts, namespace=BASE).replace('id="d"', 'id="base"').encode()


IMPORTING = definitions(
    f'<import name="base" namespace="{BASE}" importType="{DMN}"/>',
    decision("rate", literal("base.half(base.fee) + 1"), f"decision:{BASE}#id_fee", f"knowledge:{BASE}#id_half"),
).encode()


def evaluated(amount: int) -> object:
    return decisions.evaluate("id_rate", variables={"amount": amount}, by=ADMIN).result


def test_a_file_takes_what_it_imports_from_its_bundle_else_from_what_is_deployed() -> None:
    deploy(base_dmn=base(2))
    deploy(rate_dmn=IMPORTING)
    assert evaluated(10) == 11
    deploy(rate_dmn=IMPORTING, base_dmn=base(4))
    assert evaluated(10) == 21
    deploy(order_bpmn=rule_task())
    start(10)
    assert DecisionInstance.objects.latest("key").result == 21


def test_a_version_keeps_the_imports_that_it_was_deployed_with() -> None:
    deploy(rate_dmn=IMPORTING, base_dmn=base(2))
    deploy(base_dmn=base(6))
    assert evaluated(10) == 11
    deploy(rate_dmn=IMPORTING)
    assert evaluated(10) == 31
    assert (
        decisions.evaluate(
            decision_key=DecisionDefinition.objects.get(decision_id="id_rate", version=1).key,
            variables={"amount": 10},
            by=ADMIN,
        ).result
        == 11
    )


def test_the_same_bundle_with_imports_again_is_no_new_version() -> None:
    for _ in range(2):
        deploy(rate_dmn=IMPORTING, base_dmn=base())
    assert list(DecisionDefinition.objects.values_list("decision_id", "version").order_by("decision_id")) == [
        ("id_fee", 1),
        ("id_rate", 1),
    ]


def test_the_decisions_of_an_import_are_shown_with_their_own_keys() -> None:
    deploy(rate_dmn=IMPORTING, base_dmn=base())
    row = decisions.evaluate("id_rate", variables={"amount": 10}, by=ADMIN)
    fee, rate_view = reads.evaluation_view(row).evaluated_decisions
    keys = dict(DecisionDefinition.objects.values_list("decision_id", "key"))
    assert (fee.decision_definition_key, rate_view.decision_definition_key) == (
        str(keys["id_fee"]),
        str(keys["id_rate"]),
    )
    shown = decision_instances.get(f"{row.key}-1", by=ADMIN)
    assert (shown.decision_definition_key, shown.result) == (str(keys["id_fee"]), "20")


def test_two_files_of_a_bundle_need_ids_of_their_own() -> None:
    with pytest.raises(DeploymentRejected) as same:
        deploy(rate_dmn=rate(), base_dmn=base().replace(b'id="base"', b'id="d"'))
    assert [found.code for found in same.value.problems["base.dmn"]] == ["id_twice"]


def test_an_import_that_is_nowhere_or_that_waits_for_its_importer_is_refused() -> None:
    with pytest.raises(DeploymentRejected) as missing:
        deploy(rate_dmn=IMPORTING)
    assert [found.code for found in missing.value.problems["rate.dmn"]] == ["dmn_missing_import"]
    back = f'<import name="up" namespace="{NAMESPACE}" importType="{DMN}"/>'.encode()
    circle = base().replace(b"<inputData", back + b"<inputData", 1)
    with pytest.raises(DeploymentRejected) as waiting:
        deploy(rate_dmn=IMPORTING, base_dmn=circle)
    assert {found.code for each in waiting.value.problems.values() for found in each} == {"dmn_import_circle"}
