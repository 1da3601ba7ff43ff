"""The difference of two versions of a form names every property that has another value, in a sentence with both."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from engine.differences import Kind
from engine.forms.differences import UnreadableFormError, between

FORM: dict[str, Any] = {
    "id": "order",
    "type": "default",
    "components": [
        {"id": "a", "key": "amount", "type": "number", "label": "Amount", "validate": {"min": 1}},
        {
            "id": "c",
            "key": "color",
            "type": "select",
            "label": "Color",
            "values": [{"label": "Red", "value": "red"}, {"label": "Blue", "value": "blue"}],
        },
        {"id": "g", "type": "group", "label": "More", "components": [{"id": "n", "key": "note", "type": "textfield"}]},
    ],
}


def sentences(before: Any, after: Any) -> list[str]:
    return [each.sentence for each in between(json.dumps(before).encode(), json.dumps(after).encode())]


def changed(field: int, **properties: Any) -> list[str]:
    new = copy.deepcopy(FORM)
    new["components"][field] |= properties
    back = between(json.dumps(new).encode(), json.dumps(FORM).encode())
    there = between(json.dumps(FORM).encode(), json.dumps(new).encode())
    assert {each.element_id for each in there} == {each.element_id for each in back}
    return [each.sentence for each in there]


def test_labels_types_and_rules_are_said_with_both_values() -> None:
    assert changed(0, label="Sum") == ["The field Sum: its label is Sum, not Amount."]
    assert changed(0, type="textfield") == ["The field Amount: its type is textfield, not number."]
    assert changed(0, validate={"min": 5}) == ["The field Amount: its smallest value is 5, not 1."]
    assert changed(0, validate={"min": 1, "required": True}) == ["The field Amount is required now."]
    assert changed(0, readonly=True) == ["The field Amount is read-only now."]
    assert changed(0, readonly=False) == []
    assert changed(0, readonly="=locked") == ["The field Amount: its being read-only is =locked, not no."]


def test_options_are_said_by_their_values() -> None:
    red, _ = FORM["components"][1]["values"]
    assert changed(1, values=[red, {"label": "Navy", "value": "blue"}]) == [
        "The field Color: its label of the option 'blue' is Navy, not Blue."
    ]
    assert changed(1, values=[red])[0] == "The field Color: its options are red, not red, blue."


def test_fields_that_were_added_removed_or_moved_are_said() -> None:
    less = copy.deepcopy(FORM)
    gone = less["components"].pop(0)
    assert sentences(FORM, less) == ["The field Amount (number) was removed."]
    assert sentences(less, FORM)[0] == "The field Amount (number) was added."
    less["components"][1]["components"].append(gone)
    assert sentences(FORM, less) == ["The field Amount lies in More, not the form itself."]


def test_properties_that_nobody_named_are_said_too() -> None:
    assert changed(0, customThing={"deepDown": [1, 2]}) == ["The field Amount has a new custom thing deep down: [1,2]."]


def test_the_order_and_the_columns_are_said_apart() -> None:
    turned = {**FORM, "components": FORM["components"][::-1]}
    found = between(json.dumps(FORM).encode(), json.dumps(turned).encode())
    assert [(each.kind, each.before, each.after) for each in found] == [
        (Kind.LAYOUT, "Amount, Color, More, note", "More, Color, Amount, note")
    ]
    assert changed(0, layout={"columns": 8}) == ["The field Amount has another place or size on the page."]


def test_a_form_is_the_same_as_itself() -> None:
    assert sentences(FORM, FORM) == []


def test_what_is_no_form_is_refused_with_the_reason() -> None:
    with pytest.raises(UnreadableFormError, match="as the newer version"):
        between(json.dumps(FORM).encode(), b"{}")
