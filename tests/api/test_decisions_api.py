"""Decisions over HTTP, in Camunda 8's shapes."""

import json

import pytest

from tests.api.conftest import Api
from tests.core.dmn.models import data, decision, definitions, literal, table

pytestmark = pytest.mark.django_db

FILE = definitions(
    data("amount", "number"),
    decision("base", literal("amount * 2"), "input:amount"),
    decision("rate", table("base:number", "level:string", '< 100 => "low"', '>= 100 => "high"'), "decision:base"),
).encode()


def test_a_deployed_decision_is_found_read_and_evaluated(admin: Api) -> None:
    assert admin.deploy(rate_dmn=FILE).status == 200
    found = admin.post("/v2/decision-definitions/search", {"filter": {"decisionDefinitionId": "id_rate"}})
    (item,) = found.body["items"]
    assert (item["name"], item["version"], item["decisionRequirementsId"]) == ("rate", 1, "d")
    assert admin.get(f"/v2/decision-definitions/{item['decisionDefinitionKey']}/xml").text.encode() == FILE
    answer = admin.post(
        "/v2/decision-definitions/evaluation", {"decisionDefinitionId": "id_rate", "variables": {"amount": 60}}
    )
    assert answer.status == 200
    assert json.loads(answer.body["output"]) == "high"
    base, rate = answer.body["evaluatedDecisions"]
    assert (base["decisionDefinitionType"], base["output"]) == ("LITERAL_EXPRESSION", "120")
    assert rate["decisionDefinitionType"] == "DECISION_TABLE"
    assert rate["decisionDefinitionKey"] == item["decisionDefinitionKey"]
    assert rate["evaluatedInputs"] == [{"inputId": "in_id_base", "inputName": "base", "inputValue": "120"}]
    (rule,) = rate["matchedRules"]
    assert (rule["ruleId"], rule["ruleIndex"]) == ("r2", 2)
    output = rule["evaluatedOutputs"][0]
    assert (output["outputId"], output["outputName"], output["outputValue"]) == ("out_level", "level", '"high"')


def test_evaluations_are_kept_as_decision_instances(admin: Api, carol: Api) -> None:
    admin.deploy(rate_dmn=FILE)
    made = admin.post(
        "/v2/decision-definitions/evaluation", {"decisionDefinitionId": "id_rate", "variables": {"amount": 1}}
    ).body
    found = admin.post("/v2/decision-instances/search", {"filter": {"state": "EVALUATED"}}).body
    (item,) = found["items"]
    assert item["decisionEvaluationKey"] == made["decisionEvaluationKey"]
    assert item["decisionEvaluationInstanceKey"] == f"{made['decisionEvaluationKey']}-2"
    assert (item["result"], item["evaluationFailure"], item["processInstanceKey"]) == ('"low"', None, None)
    detail = admin.get(f"/v2/decision-instances/{item['decisionEvaluationInstanceKey']}").body
    assert detail["matchedRules"][0]["ruleIndex"] == 1
    required = admin.get(f"/v2/decision-instances/{made['decisionEvaluationKey']}-1").body
    assert (required["decisionDefinitionId"], required["result"]) == ("id_base", "2")
    assert required["rootDecisionDefinitionKey"] == item["decisionDefinitionKey"]
    assert admin.get(f"/v2/decision-instances/{made['decisionEvaluationKey']}-3").status == 404
    assert admin.get("/v2/decision-instances/abc").status == 400
    assert carol.post("/v2/decision-instances/search", {}).body["items"] == []
    assert admin.post("/v2/decision-instances/search", {"filter": {"state": "FAILED"}}).body["items"] == []


def test_decision_requirements_are_the_deployed_files(admin: Api) -> None:
    admin.deploy(rate_dmn=FILE)
    (item,) = admin.post("/v2/decision-requirements/search", {}).body["items"]
    assert item == {
        "decisionRequirementsId": "d",
        "decisionRequirementsKey": item["decisionRequirementsKey"],
        "decisionRequirementsName": "Test",
        "resourceName": "rate.dmn",
        "tenantId": "<default>",
        "version": 1,
    }
    assert admin.get(f"/v2/decision-requirements/{item['decisionRequirementsKey']}").body == item
    assert admin.get(f"/v2/decision-requirements/{item['decisionRequirementsKey']}/xml").text.encode() == FILE
    assert admin.get("/v2/decision-requirements/1").status == 404


def test_a_broken_decision_file_is_refused_with_its_problems(admin: Api) -> None:
    answer = admin.deploy(rate_dmn=FILE.replace(b"amount * 2", b"amount *"))
    assert answer.status == 400
    assert "dmn_expression" in str(answer.body)


def test_an_unknown_decision_is_not_found(admin: Api) -> None:
    assert admin.post("/v2/decision-definitions/evaluation", {"decisionDefinitionId": "none"}).status == 404
    assert admin.post("/v2/decision-definitions/evaluation", {}).status == 400
