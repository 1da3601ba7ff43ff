"""A form that would lose what a person gives it, or cannot be shown, is refused at its deployment; the others do what they say."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine import deployments, instances, user_tasks
from engine.deployments import ResourceFile
from engine.errors import DeploymentRejected
from engine.forms import FormRejected
from engine.models import UserTask
from tests.engine.worlds import ADMIN, ALICE, END, START, diagram, user

pytestmark = pytest.mark.django_db

BOUND = '<zeebe:formDefinition formId="f"/>'
ASKED = diagram(
    "asked", START, user("check", 'candidateGroups="managers"', more=BOUND), END, flows="start>check check>end"
)


def deploy(*components: dict[str, Any]) -> Any:
    schema = json.dumps({"id": "f", "type": "default", "components": components}).encode()
    return deployments.deploy([ResourceFile("p.bpmn", ASKED), ResourceFile("f.form", schema)], by=ADMIN)


def completed(given: dict[str, Any], *components: dict[str, Any], known: dict[str, Any]) -> Any:
    deploy(*components)
    key = instances.start("asked", variables=known, by=ADMIN).key
    user_tasks.complete(UserTask.objects.get().key, given, by=ALICE)
    return instances.result_of(key)


@pytest.mark.parametrize(
    ("kind", "code"),
    [("filepicker", "form_filepicker"), ("iframe", "form_iframe"), ("documentPreview", "form_document_preview")],
)
def test_what_would_be_lost_or_show_nothing_is_refused(kind: str, code: str) -> None:
    hidden_deep = {"type": "group", "components": [{"type": kind, "key": "contract", "id": "Field_1"}]}
    with pytest.raises(DeploymentRejected) as refused:
        deploy(hidden_deep)
    (problem,) = refused.value.problems["f.form"]
    assert (problem.code, problem.element_id) == (code, "Field_1")
    assert "form 'f', found 'contract'" in problem.message


def test_what_the_browser_alone_checks_or_cannot_show_is_a_warning() -> None:
    deployed = deploy(
        {"type": "hologram", "id": "h"}, {"type": "textfield", "key": "t", "id": "t", "validate": {"pattern": "(?=a)a"}}
    )
    assert [problem.code for problem in deployed.warnings["f.form"]] == ["form_component", "form_pattern"]


def test_a_form_without_end_is_refused() -> None:
    deep: dict[str, Any] = {"type": "number", "key": "n", "id": "n"}
    for index in range(30):
        deep = {"type": "group", "id": f"g{index}", "components": [deep]}
    for components in ([deep], [{"type": "number", "key": f"n{index}"} for index in range(3_000)]):
        with pytest.raises(DeploymentRejected) as refused:
            deploy(*components)
        assert [problem.code for problem in refused.value.problems["f.form"]] == ["form_size"]


def test_a_completion_keeps_the_locked_column_and_takes_all_beside_it() -> None:
    columns = [
        {"type": "textfield", "key": "name", "id": "c1"},
        {"type": "number", "key": "price", "id": "c2", "readonly": True},
        {"type": "number", "key": "qty", "id": "c3"},
    ]
    articles = {
        "type": "dynamiclist",
        "path": "items",
        "id": "dl",
        "isRepeating": True,
        "allowAddRemove": True,
        "components": columns,
    }
    sent = {"items": [{"name": "a", "price": 5, "qty": 3}, {"name": "new", "qty": 1}]}
    assert completed(sent, articles, known={"items": [{"name": "a", "price": 5}]}) == sent


def test_a_completion_needs_no_field_that_nobody_sees() -> None:
    note = {
        "type": "textfield",
        "key": "note",
        "id": "n",
        "conditional": {"hide": "=this.qty < 5"},
        "validate": {"required": True},
    }
    quantity = {"type": "number", "key": "qty", "id": "q"}
    components: list[dict[str, Any]] = [
        {"type": "number", "key": "total", "id": "t"},
        {"type": "dynamiclist", "path": "items", "id": "dl", "components": [quantity, note]},
    ]
    assert completed({"total": 9, "items": [{"qty": 1}]}, *components, known={}) == {"total": 9, "items": [{"qty": 1}]}


def test_a_completion_cannot_unlock_a_field_nor_bring_its_own_options() -> None:
    amount = {"type": "number", "key": "amount", "id": "a", "readonly": "=not(isManager)"}
    manager = {"type": "checkbox", "key": "isManager", "id": "m", "disabled": True}
    known = {"amount": 7, "isManager": False}
    assert completed({"amount": 5_000_000, "isManager": True}, amount, manager, known=known) == known


def test_an_option_that_is_not_known_is_refused() -> None:
    with pytest.raises(FormRejected, match="color: Expected one of the options"):
        completed(
            {"color": "x", "colors": ["x"]},
            {"type": "select", "key": "color", "id": "c", "valuesKey": "colors"},
            known={"colors": ["red"]},
        )


@pytest.mark.parametrize("by", [ALICE], ids=["a person"])
def test_a_start_is_checked_over_nothing_known(by: Any) -> None:
    start = f'<bpmn:startEvent id="start"><bpmn:extensionElements>{BOUND}</bpmn:extensionElements></bpmn:startEvent>'
    components = [
        {"type": "number", "key": "amount", "id": "a", "readonly": "=not(isManager)"},
        {"type": "checkbox", "key": "isManager", "id": "m", "disabled": True},
        {"type": "textfield", "key": "note", "id": "n"},
    ]
    schema = json.dumps({"id": "f", "components": components}).encode()
    opened = diagram("opened", start, END, flows="start>end")
    deployments.deploy([ResourceFile("p.bpmn", opened), ResourceFile("f.form", schema)], by=ADMIN)
    key = instances.start("opened", variables={"amount": 5, "isManager": True, "note": "x"}, by=by).key
    assert instances.result_of(key) == {"amount": None, "note": "x"}
