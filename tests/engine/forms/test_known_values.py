"""What a person cannot change keeps its known value, what lies beside it is taken, and nothing else that was sent decides about it."""

from __future__ import annotations

import time
from typing import Any

import pytest
from pytest_django import Settings

from engine.errors import InvalidArgument
from engine.forms import FormRejected, accepted

pytestmark = pytest.mark.django_db


def field(kind: str, key: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "key": key, "id": key, **more}


def rows(path: str, *components: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "dynamiclist", "path": path, "id": path, "components": list(components), **more}


def group(path: str, *components: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "group", "path": path, "id": f"group {path}", "components": list(components), **more}


def form(*components: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "default", "id": "f", "components": list(components), **more}


ARTICLES = form(
    rows("items", field("textfield", "name"), field("number", "price", readonly=True), field("number", "qty"))
)
KNOWN = {
    "items": [
        {"id": 7, "name": "a", "price": 5},
        {"id": 8, "name": "b", "price": 6},
        {"id": 9, "name": "c", "price": 5},
    ]
}


def taken(sent: list[Any], known: dict[str, Any] = KNOWN, schema: dict[str, Any] = ARTICLES) -> Any:
    return accepted(schema, {"items": sent}, known=known)["items"]


def test_a_read_only_column_keeps_its_values_and_the_rest_of_the_rows_is_taken() -> None:
    known = {"items": [{"name": "a", "price": 5}]}
    sent = [{"name": "a", "price": 5, "qty": 3}, {"name": "new", "qty": 1}]
    assert taken(sent, known) == sent


def test_a_read_only_column_keeps_its_values_when_others_are_sent() -> None:
    sent = [
        {"name": "a", "price": 0, "qty": 1},
        {"name": "b", "price": 6},
        {"name": "c", "price": 0},
        {"name": "d", "price": 1},
    ]
    assert taken(sent) == [
        {"id": 7, "name": "a", "price": 5, "qty": 1},
        {"id": 8, "name": "b", "price": 6},
        {"id": 9, "name": "c", "price": 5},
        {"name": "d", "price": None},
    ]


@pytest.mark.parametrize("removed", [(0,), (1,), (2,), (0, 1), (0, 2), (0, 1, 2)])
@pytest.mark.parametrize("new", [[], [{"name": "new", "price": None, "qty": 2}]])
def test_a_removed_row_takes_its_own_known_values_with_it(removed: tuple[int, ...], new: list[Any]) -> None:
    left = [{**row, "qty": 1} for index, row in enumerate(KNOWN["items"]) if index not in removed]
    assert taken([*left, *new]) == [*left, *new]


def test_a_removed_row_is_found_without_its_read_only_values() -> None:
    price = field("number", "price", disabled=True)
    schema = form(rows("items", field("textfield", "name"), price))
    assert taken([{"name": "b"}, {"name": "c"}], schema=schema) == KNOWN["items"][1:]


def test_rows_are_neither_added_nor_removed_where_the_list_does_not_allow_it() -> None:
    schema = form(rows("items", field("number", "qty"), allowAddRemove=False))
    for sent in ([], KNOWN["items"] * 2):
        with pytest.raises(FormRejected, match="items: Expected 3 rows"):
            taken(sent, schema=schema)
    assert taken([{"qty": 1}, {}, None], schema=schema)[0] == {**KNOWN["items"][0], "qty": 1}


@pytest.mark.parametrize("lock", [{"readonly": True}, {"disabled": True}, {"readonly": "=frozen"}])
def test_what_lies_beside_a_locked_field_is_taken(lock: dict[str, Any]) -> None:
    schema = form(
        group("customer", field("textfield", "name", **lock), field("textfield", "mail")),
        field("textfield", "order.by", **lock),
        field("textfield", "order.note"),
        field("checkbox", "frozen", disabled=True),
    )
    known = {"frozen": True, "customer": {"name": "ada", "since": 1843}, "order": {"by": "ada", "number": 3}}
    given = {"frozen": False, "customer": {"name": "eve", "mail": "a@b"}, "order": {"by": "eve", "note": "soon"}}
    assert accepted(schema, given, known=known) == {
        "customer": {"name": "ada", "since": 1843, "mail": "a@b"},
        "order": {"by": "ada", "number": 3, "note": "soon"},
    }


@pytest.mark.parametrize("lock", [{"readonly": True}, {"disabled": True}, {"conditional": {"hide": "=open != true"}}])
def test_a_locked_or_hidden_group_or_list_is_locked_or_hidden_with_all_that_is_in_it(lock: dict[str, Any]) -> None:
    schema = form(
        group("", field("number", "a"), **lock),
        group("g", field("number", "b"), **lock),
        rows("r", field("number", "c"), **lock),
    )
    assert (
        accepted(schema, {"a": 1, "g": {"b": 1}, "r": [{"c": 1}]}, known={"a": 0, "g": {"b": 0}, "r": [{"c": 0}]}) == {}
    )


def test_a_locked_field_cannot_be_opened_by_another_locked_field() -> None:
    amount, manager = (
        field("number", "amount", readonly="=not(isManager)"),
        field("checkbox", "isManager", disabled=True),
    )
    for components in ((amount, manager), (manager, amount)):
        for known in ({"amount": 1, "isManager": False}, {"amount": 1}):
            assert accepted(form(*components), {"amount": 5_000_000, "isManager": True}, known=known) == {}
        assert accepted(form(*components), {"amount": 2}, known={"isManager": True}) == {"amount": 2}


def test_a_field_opens_when_what_opens_it_was_taken() -> None:
    chain = [field("checkbox", f"c{i}", readonly=f"=not(c{i + 1})") for i in range(10)]
    given = {f"c{i}": True for i in range(11)}
    assert accepted(form(*chain, field("checkbox", "c10")), given, known={}) == given
    assert (
        accepted(form(*chain, field("checkbox", "c10", readonly=True)), given, known=dict.fromkeys(given, False)) == {}
    )


def test_an_option_list_cannot_be_replaced_by_sending_it() -> None:
    for source in ({"valuesKey": "colors"}, {"valuesExpression": "=colors"}):
        for more in ([], [field("taglist", "colors", values=[{"label": "x", "value": "x"}], disabled=True)]):
            with pytest.raises(FormRejected) as refused:
                accepted(
                    form(field("select", "color", **source), *more),
                    {"color": "x", "colors": ["x"]},
                    known={"colors": ["red"]},
                )
            assert "color" in refused.value.errors


def test_a_row_sees_itself_its_parent_and_its_place() -> None:
    inner = rows(
        "parts",
        field("number", "n", readonly="=parent.qty > 5 or i[1] = 2 or this.locked"),
        field("checkbox", "locked"),
    )
    schema = form(rows("items", field("number", "qty"), inner))
    sent = [{"qty": qty, "parts": [{"locked": False, "n": 1}, {"locked": True, "n": 1}]} for qty in (1, 1, 9)]
    found = accepted(schema, {"items": sent}, known={"items": [{"parts": [{"locked": False}, {"locked": True}]}] * 3})[
        "items"
    ]
    assert [[part["n"] for part in row["parts"]] for row in found] == [[1, None], [None, None], [None, None]]


def test_hidden_rows_are_not_required() -> None:
    note = field("textfield", "note", conditional={"hide": "=this.qty < 5"}, validate={"required": True})
    schema = form(field("number", "total"), rows("items", field("number", "qty"), note))
    assert accepted(schema, {"total": 9, "items": [{"qty": 1}]}, known={}) == {"total": 9, "items": [{"qty": 1}]}
    with pytest.raises(FormRejected, match=r"items\.0\.note"):
        accepted(schema, {"items": [{"qty": 5}]}, known={})


def test_an_expression_field_is_computed_here_and_never_taken() -> None:
    schema = form(
        field("expression", "sum", expression="=a + b"), field("number", "a"), field("number", "b", readonly=True)
    )
    assert accepted(schema, {"a": 2, "b": 9, "sum": 99}, known={"b": 3}) == {"a": 2, "sum": 5}


def test_names_outside_the_form_are_refused_unless_they_are_as_known() -> None:
    schema = form(rows("items", field("number", "qty")), group("g", field("number", "a")))
    known = {"frozen": True, "items": [{"id": 7}], "g": {"x": 1}}
    assert accepted(schema, {**known, "items": [{"id": 7, "qty": 1}]}, known=known) == {"items": [{"id": 7, "qty": 1}]}
    with pytest.raises(FormRejected) as refused:
        accepted(schema, {"frozen": False, "new": 1, "items": [{"id": 8, "new": 1}], "g": {"x": 2}}, known=known)
    assert list(refused.value.errors) == ["frozen", "new", "items.0.new", "g.x"]


@pytest.mark.parametrize(("installation", "own"), [("drop", {}), ("refuse", {"properties": {"foreignNames": "drop"}})])
def test_names_outside_the_form_are_dropped_where_that_is_wished(
    installation: str, own: dict[str, Any], settings: Settings
) -> None:
    settings.STEPWELL_FORM_FOREIGN_NAMES = installation
    schema = form(rows("items", field("number", "qty")), **own)
    given = {"frozen": False, "items": [{"id": 8, "qty": 1}]}
    assert accepted(schema, given, known={"frozen": True, "items": [{"id": 7}]}) == {"items": [{"id": 7, "qty": 1}]}


def test_ten_thousand_rows_are_checked_in_time_that_grows_with_them() -> None:
    schema = form(
        field("number", "total"),
        rows(
            "items",
            field("textfield", "name", conditional={"hide": "=this.qty > 90"}),
            field("number", "price", readonly="=parent.total > 5"),
            field("number", "qty", validate={"max": "=total + 100"}),
            field("select", "color", valuesExpression="=colors", readonly="=count(items) > 3"),
        ),
    )

    def seconds(count: int) -> float:
        known = {
            "total": 3,
            "colors": [f"c{i}" for i in range(100)],
            "items": [{"name": "a", "price": i} for i in range(count)],
        }
        sent = [{"name": "b", "price": i + 1, "qty": i % 100, "color": "c1"} for i in range(count)]
        began = time.process_time()
        assert len(accepted(schema, {"items": sent}, known=known)["items"]) == count
        return time.process_time() - began

    small, large = seconds(1_000), seconds(10_000)
    assert large < min(30 * small, 30)


def test_a_form_that_costs_too_much_is_refused() -> None:
    deep = field("number", "n")
    for _ in range(25):
        deep = group("g", deep)
    with pytest.raises(InvalidArgument, match="at most 20 deep"):
        accepted(form(deep), {}, known={})
    many = field("number", "n")
    for level in range(8):
        many = rows(f"r{level}", many, defaultRepetitions=10_000)
    with pytest.raises(InvalidArgument, match="Send fewer rows"):
        accepted(form(many), {}, known={})
    costly = rows("items", field("number", "n", readonly="=sum(for x in items return x.n + this.n) > 0"))
    with pytest.raises(InvalidArgument, match="budget"):
        accepted(form(costly), {"items": [{"n": 1}] * 3_000}, known={})


def test_a_form_whose_fields_are_in_each_others_way_is_checked_all_the_same() -> None:
    schema = form(
        field("number", "items", increment="1e-100000"),
        rows("items", field("number", "items.qty")),
        field("select", "items", valuesKey=["a"]),
        group("items.qty", field("number", "n", decimalDigits=2)),
    )
    for sent in (1, [{"items": {"qty": 1}}], {"qty": {"n": 1}}):
        with pytest.raises(FormRejected, match="items"):
            accepted(schema, {"items": sent}, known={"items": [1, {"items": 2}]})


@pytest.mark.parametrize("given", [{"items": 1}, {"items": None}, {"items": [1]}, {"items": {"0": {}}}, {"g": [1]}])
def test_data_of_another_shape_is_refused_where_it_lies(given: dict[str, Any]) -> None:
    schema = form(rows("items", field("number", "qty")), group("g", field("number", "a")))
    with pytest.raises(FormRejected, match=r"^(items|items\.0|g): Expected"):
        accepted(schema, given, known={})
