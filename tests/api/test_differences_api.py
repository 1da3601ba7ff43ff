"""What two versions do differently, over HTTP."""

from collections.abc import Callable

import pytest

from tests.api.conftest import Api
from tests.core.bpmn.diagrams import process
from tests.core.dmn.models import decision, definitions, literal

Enter = Callable[[str], Api]
WAITING = process(
    '<bpmn:startEvent id="s"/><bpmn:sequenceFlow id="f" sourceRef="s" targetRef="w"/>'
    '<bpmn:intermediateCatchEvent id="w" name="Wait"><bpmn:timerEventDefinition>'
    "<bpmn:timeDuration>P10D</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>"
    '<bpmn:sequenceFlow id="g" sourceRef="w" targetRef="e"/><bpmn:endEvent id="e"/>'
)
FORM = b'{"id": "ask", "type": "default", "components": [{"id": "f", "key": "amount", "type": "number", "label": "Amount"}]}'


@pytest.fixture
def mia(as_user: Enter) -> Api:
    return as_user("mia")


def test_a_draft_is_compared_with_the_deployed_version(mia: Api) -> None:
    deployed = mia.deploy(waiting_bpmn=WAITING).body["deployments"][0]["processDefinition"]
    draft = {"content": WAITING.replace(b"P10D", b"P90D").decode(), "kind": "BPMN"}

    answer = mia.post(
        "/v2/resources/differences", {"before": {"resourceKey": deployed["processDefinitionKey"]}, "after": draft}
    )

    assert answer.status == 200, answer.body
    assert answer.body["items"] == [
        {
            "elementId": "w",
            "elementName": "Wait",
            "kind": "changed",
            "property": "events[timer]",
            "before": "10 days",
            "after": "90 days",
            "sentence": "Wait waits 90 days instead of 10.",
        }
    ]


def test_two_deployed_versions_are_compared_whatever_they_are(mia: Api) -> None:
    rules = [definitions(decision("Fee", literal(text))).encode() for text in ("1", "2")]
    forms = [FORM, FORM.replace(b'"Amount"', b'"Sum"')]
    decided = [mia.deploy(fee_dmn=each).body["deployments"] for each in rules]
    asked = [mia.deploy(ask_form=each).body["deployments"] for each in forms]
    versions = [
        [next(each["decisionRequirements"] for each in found if each.get("decisionRequirements")) for found in decided],
        [found[0]["form"] for found in asked],
    ]

    said = []
    for (old, new), name in zip(versions, ("decisionRequirementsKey", "formKey"), strict=True):
        body = {"before": {"resourceKey": old[name]}, "after": {"resourceKey": new[name]}}
        said += [each["sentence"] for each in mia.post("/v2/resources/differences", body).body["items"]]

    assert said == ["Fee: its expression is 2, not 1.", "The field Sum: its label is Sum, not Amount."]
    found = mia.post("/v2/forms/search", {"filter": {"formId": "ask"}}).body["items"]
    assert [each["version"] for each in found] == [2, 1]


@pytest.mark.parametrize(
    ("before", "after", "status", "why"),
    [
        ({}, {"content": "x", "kind": "BPMN"}, 400, "either a 'resourceKey' or a 'content' in 'before'"),
        ({"content": "x"}, {"content": "x"}, 400, "two files of one kind"),
        ({"content": "x", "kind": "BPMN"}, {"content": "{}", "kind": "FORM"}, 400, "found BPMN and FORM"),
        ({"content": "x", "kind": "PDF"}, {"content": "x"}, 400, "found 'PDF'"),
        ({"content": "<a", "kind": "BPMN"}, {"content": "<a", "kind": "BPMN"}, 400, "as the older version"),
        ({"content": "<a", "kind": "DMN"}, {"content": "<a", "kind": "DMN"}, 400, "as the older version"),
        ({"content": "[]", "kind": "FORM"}, {"content": "{", "kind": "FORM"}, 400, "as the older version"),
        ({"resourceKey": "4096"}, {"content": "x", "kind": "BPMN"}, 404, "4096"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_the_reason(
    mia: Api, before: dict[str, str], after: dict[str, str], status: int, why: str
) -> None:
    answer = mia.post("/v2/resources/differences", {"before": before, "after": after})
    assert (answer.status, why in answer.body["detail"]) == (status, True), answer.body


def test_only_modelers_compare(carol: Api) -> None:
    same = {"content": WAITING.decode(), "kind": "BPMN"}
    assert carol.post("/v2/resources/differences", {"before": same, "after": same}).status == 403
