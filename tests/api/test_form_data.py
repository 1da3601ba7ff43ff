"""The server's checks of what was filled into a form."""

from decimal import Decimal
from typing import Any

import pytest

from engine.forms import FormRejected, accepted

pytestmark = pytest.mark.django_db  # expressions ask the engine's clock, which tests may set in the database


def field(kind: str, key: str = "x", **more: Any) -> dict[str, Any]:
    return {"type": kind, "key": key, "id": key, **more}


def form(*components: dict[str, Any]) -> dict[str, Any]:
    return {"type": "default", "components": list(components)}


OPTIONS = [{"label": "A", "value": "a"}, {"label": "B", "value": "b"}]


@pytest.mark.parametrize(
    ("component", "value"),
    [
        (field("textfield", validate={"required": True}), None),
        (field("textfield", validate={"required": True}), ""),
        (field("checkbox", validate={"required": True}), False),
        (field("taglist", values=OPTIONS, validate={"required": True}), []),
        (field("textfield", validate={"minLength": 3}), "ab"),
        (field("textfield", validate={"maxLength": 3}), "abcd"),
        (field("textarea", validate={"maxLength": "3"}), "abcd"),
        (field("textfield", validate={"pattern": "^[A-Z]+$"}), "abc"),
        (field("textfield", validate={"pattern": "^(a+)+$"}), "a" * 5000 + "!"),
        (field("textfield", validate={"validationType": "email"}), "nobody"),
        (field("textfield"), 3),
        (field("number", validate={"min": 1}), 0),
        (field("number", validate={"max": 1}), Decimal("1.01")),
        (field("number", decimalDigits=2), Decimal("1.001")),
        (field("number"), "3"),
        (field("number"), True),
        (field("checkbox"), "yes"),
        (field("radio", values=OPTIONS), "c"),
        (field("select", values=OPTIONS), ["a"]),
        (field("checklist", values=OPTIONS), ["a", "c"]),
        (field("datetime", subtype="date"), "31.12.2026"),
        (field("datetime", subtype="time"), "25:00"),
        (field("filepicker"), "files::1"),
        (field("number", validate={"max": "=most"}), 11),
        (field("number", increment=5), 7),
        (field("radio", values=[{"label": "One", "value": 1}]), True),
        (field("select", valuesKey="offered"), "unseen"),
        (field("select", valuesExpression="=offered"), "unseen"),
        (field("select", valuesKey="nowhere"), "a"),
    ],
)
def test_what_the_form_does_not_allow_is_refused_at_its_field(component: dict[str, Any], value: Any) -> None:
    with pytest.raises(FormRejected) as refused:
        accepted(form(component), {"x": value}, known={"offered": ["seen"], "most": 10})
    assert list(refused.value.errors) == ["x"]


@pytest.mark.parametrize(
    ("component", "value"),
    [
        (field("textfield"), None),
        (field("textfield", validate={"pattern": "[0-9]"}), "a1"),
        (field("textfield", validate={"validationType": "email"}), "ada@example.org"),
        (field("number", validate={"min": 1, "max": 3}, decimalDigits=2), Decimal("1.50")),
        (field("number", serializeToString=True), "3.5"),
        (field("radio", values=[{"label": "Yes", "value": True}]), True),
        (field("select", valuesKey="offered"), "seen"),
        (field("select", valuesExpression="=offered"), "seen"),
        (field("checklist", values=OPTIONS), ["b", "a"]),
        (field("datetime", subtype="date"), "2026-12-31"),
    ],
)
def test_what_the_form_allows_is_taken(component: dict[str, Any], value: Any) -> None:
    assert accepted(form(component), {"x": value}, known={"offered": ["seen"]}) == {"x": value}


def test_nothing_is_taken_from_fields_that_nobody_may_fill_in() -> None:
    schema = form(
        field("number", "price", disabled=True),
        field("textfield", "note", readonly="=frozen", validate={"required": True}),
        field("textfield", "comment"),
    )
    known = {"frozen": True, "note": "as it was"}
    assert accepted(schema, {"price": 0, "note": "", "comment": "cheap"}, known=known) == {"comment": "cheap"}


def test_a_field_that_its_condition_hides_is_neither_checked_nor_taken() -> None:
    hidden = field("textfield", "reference", conditional={"hide": "=settled != true"}, validate={"required": True})
    schema = form(field("checkbox", "settled"), hidden)
    assert accepted(schema, {"settled": False, "reference": "x"}, known={}) == {"settled": False}
    assert accepted(schema, {"settled": True, "reference": "x"}, known={}) == {"settled": True, "reference": "x"}
    with pytest.raises(FormRejected):
        accepted(schema, {"settled": True}, known={})


def test_fields_in_groups_and_lists_are_named_by_their_path() -> None:
    inside = field("textfield", "name", validate={"required": True})
    schema = form(
        {"type": "group", "path": "customer", "components": [inside]},
        {"type": "dynamiclist", "path": "items", "components": [inside]},
    )
    with pytest.raises(FormRejected) as refused:
        accepted(schema, {"customer": {}, "items": [{"name": "a"}, {"name": ""}]}, known={})
    assert set(refused.value.errors) == {"customer.name", "items.1.name"}
