"""Decision tables: which rules match, and what each hit policy makes of them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from engine import dmn
from tests.core.dmn.models import data, decision, definitions, table


def evaluate(logic: str, *, type_ref: str = "", x_type: str = "", **inputs: Any) -> dmn.Evaluation:
    names = sorted({"x", *inputs})
    requires = [f"input:{name}" for name in names]
    model = dmn.parse(
        definitions(
            *(data(name, x_type if name == "x" else "") for name in names),
            decision("result", logic, *requires, type_ref=type_ref),
        )
    )
    assert model.problems == ()
    return model.evaluate_with_trace("result", inputs)


RULES = ("> 1 => 10", "> 2 => 20", "> 3 => 20", "> 5 => 5")


@pytest.mark.parametrize(
    ("policy", "aggregation", "x", "expected"),
    [
        ("UNIQUE", "", 2, 10),
        ("UNIQUE", "", 3, None),
        ("UNIQUE", "", 0, None),
        ("ANY", "", 2, 10),
        ("ANY", "", 3, None),
        ("FIRST", "", 6, 10),
        ("FIRST", "", 0, None),
        ("PRIORITY", "", 6, 5),
        ("PRIORITY", "", 3, 20),
        ("OUTPUT ORDER", "", 6, [5, 20, 20, 10]),
        ("RULE ORDER", "", 6, [10, 20, 20, 5]),
        ("RULE ORDER", "", 0, []),
        ("COLLECT", "", 6, [10, 20, 20, 5]),
        ("COLLECT", "", 0, []),
        ("COLLECT", "SUM", 6, 55),
        ("COLLECT", "MIN", 6, 5),
        ("COLLECT", "MAX", 6, 20),
        ("COLLECT", "COUNT", 6, 4),
        ("COLLECT", "COUNT", 0, 0),
        ("COLLECT", "SUM", 0, None),
    ],
)
def test_a_hit_policy_decides_what_the_matching_rules_give(
    policy: str, aggregation: str, x: int, expected: object
) -> None:
    logic = table("x", "y{5,20,10}", *RULES, policy=policy, aggregation=aggregation)
    assert evaluate(logic, x=x).value == expected


def test_rules_that_agree_satisfy_the_hit_policy_any() -> None:
    assert evaluate(table("x", "y", "> 1 => 7", "> 2 => 7", policy="ANY"), x=3).value == 7


def test_more_than_one_match_of_a_unique_table_says_which_rules_they_are() -> None:
    found = evaluate(table("x", "y", *RULES), x=3)
    assert found.value is None
    assert any("rules 1, 2 do" in warning for warning in found.warnings)


@pytest.mark.parametrize("policy", ["UNIQUE", "FIRST", "COLLECT", "RULE ORDER"])
def test_without_a_match_the_default_outputs_hold(policy: str) -> None:
    assert evaluate(table("x", 'y="none"', '1 => "one"', policy=policy), x=2).value == "none"


def test_several_outputs_are_a_context_also_by_default() -> None:
    logic = table("x", 'rate=0;label="none"', '1 => 5 | "one"')
    assert evaluate(logic, x=1).value == {"rate": 5, "label": "one"}
    assert evaluate(logic, x=2).value == {"rate": 0, "label": "none"}


def test_priority_goes_by_the_first_column_then_by_the_next() -> None:
    logic = table(
        "x", 'a{"high","low"};b{3,2,1}', '- => "low" | 3', '- => "high" | 1', '- => "high" | 2', policy="PRIORITY"
    )
    assert evaluate(logic, x=1).value == {"a": "high", "b": 2}


def test_an_input_beyond_its_allowed_values_gives_null_and_says_so() -> None:
    logic = table('x{"a","b"}', "y", "- => 1")
    assert evaluate(logic, x="b").value == 1
    found = evaluate(logic, x="c")
    assert found.value is None
    assert any("allowed values" in warning for warning in found.warnings)


def test_an_output_beyond_its_allowed_values_is_null() -> None:
    found = evaluate(table("x", "y{1,2}", "- => x"), x=3)
    assert found.value is None
    assert any("'y'" in warning for warning in found.warnings)


@pytest.mark.parametrize(
    ("entry", "x", "matches"),
    [
        ("1,2,5", 5, True),
        ("[1..3)", 3, False),
        ("]1..3]", 3, True),
        ("not(1, [5..7])", 6, False),
        ("not(1, [5..7])", 4, True),
        ("? * 2 > 5", 3, True),
        ("even(?)", 3, False),
        ("x = 3", 3, True),
        ("null", None, True),
        ("> 1", None, False),
        ("-", None, True),
        ('"a", "b"', "b", True),
        ('starts with(?, "ab")', "abc", True),
        ("limit", 7, True),
        ("< limit", 6, True),
        ("[1, 2]", [1, 2], True),
    ],
)
def test_an_input_entry_is_a_unary_test(entry: str, x: object, matches: bool) -> None:
    logic = table("x", "y=false", f"{entry} => true")
    assert evaluate(logic, x=x, limit=7).value is matches


def test_dates_in_a_table_compare_with_iso_texts_of_typed_inputs() -> None:
    logic = table("x:date", "y:string", '< date("2026-02-01") => "early"', '>= @"2026-02-01" => "late"')
    assert evaluate(logic, x="2026-01-31", x_type="date").value == "early"
    assert evaluate(logic, x=date(2026, 3, 1), x_type="date").value == "late"


def test_an_output_of_another_type_than_its_column_is_null() -> None:
    assert evaluate(table("x", "y:number", '- => "text"'), x=1).value is None


def test_a_table_without_inputs_takes_its_rules_as_they_are() -> None:
    assert evaluate(table("", "y", "=> 4"), x=1).value == 4


def test_an_empty_output_entry_is_null() -> None:
    assert evaluate(table("x", "a;b", "- => 1 | "), x=1).value == {"a": 1, "b": None}


def test_aggregating_several_outputs_is_null_but_they_can_be_counted() -> None:
    rules = ("- => 1 | 2", "- => 3 | 4")
    assert evaluate(table("x", "a;b", *rules, policy="COLLECT", aggregation="SUM"), x=1).value is None
    assert evaluate(table("x", "a;b", *rules, policy="COLLECT", aggregation="COUNT"), x=1).value == 2


def test_the_trace_tells_inputs_matched_rules_and_their_outputs() -> None:
    found = evaluate(table("x", "y", *RULES, policy="COLLECT"), x=Decimal(3))
    (traced,) = found.decisions
    assert [(given.name, given.value) for given in traced.inputs] == [("x", 3)]
    assert [(rule.id, rule.index, rule.outputs) for rule in traced.matched_rules] == [
        ("r1", 1, (10,)),
        ("r2", 2, (20,)),
    ]
    assert traced.output == [10, 20]


@pytest.mark.parametrize(
    ("logic", "code"),
    [
        (table("x", "y", "1 | 2 => 3"), "dmn_rule_width"),
        (table("x", "a;a", "1 => 2 | 3"), "dmn_output_names"),
        (table("x", "y", "1 => 2", policy="SOMETIMES"), "dmn_unknown_value"),
        (table("x", "y", "1 => 2", policy="COLLECT", aggregation="MEAN"), "dmn_unknown_value"),
        (
            "<decisionTable><input><inputExpression><text>x</text></inputExpression></input></decisionTable>",
            "dmn_table_outputs",
        ),
    ],
)
def test_a_table_that_cannot_be_used_says_why_and_where(logic: str, code: str) -> None:
    model = dmn.parse(definitions(data("x"), decision("result", logic, "input:x")))
    problem = model.problems[0]
    assert (problem.code, problem.element_name, problem.line) == (code, "result", 1)
    with pytest.raises(dmn.DmnError):
        model.evaluate("result", {"x": 1})


def test_a_cell_that_is_no_feel_matches_nothing_and_leaves_the_rest_of_the_table() -> None:
    model = dmn.parse(definitions(data("x"), decision("result", table("x", "y", ">< => 1", "- => 2"), "input:x")))
    assert [found.code for found in model.problems] == ["dmn_expression"]
    assert model.evaluate("result", {"x": 1}) == 2


def test_an_input_column_without_expression_is_null_and_leaves_the_rest_of_the_table() -> None:
    logic = '<decisionTable><input/><output name="y"/><rule><inputEntry/><outputEntry><text>1</text></outputEntry></rule></decisionTable>'
    model = dmn.parse(definitions(decision("result", logic)))
    assert [found.code for found in model.problems] == ["dmn_input_expression"]
    assert model.evaluate("result", {}) == 1
