"""Boxed expressions, functions and decision services."""

from __future__ import annotations

from typing import Any

import pytest

from engine import dmn
from tests.core.dmn.models import data, decision, definitions, formal, item, knowledge, literal, requirement, table


def evaluate(logic: str, *parts: str, requires: tuple[str, ...] = (), type_ref: str = "", **inputs: Any) -> Any:
    own = decision("result", logic, *(f"input:{name}" for name in inputs), *requires, type_ref=type_ref)
    model = dmn.parse(definitions(*parts, *map(data, inputs), own))
    assert model.problems == ()
    return model.evaluate("result", inputs)


YES, NO = '"yes"', '"no"'


def entry(name: str, logic: str) -> str:
    return (
        f'<contextEntry><variable name="{name}"/>{logic}</contextEntry>'
        if name
        else f"<contextEntry>{logic}</contextEntry>"
    )


def iterator(kind: str, collection: str, body: str) -> str:
    tag = "return" if kind == "for" else "satisfies"
    return f'<{kind} iteratorVariable="i"><in>{literal(collection)}</in><{tag}>{literal(body)}</{tag}></{kind}>'


def test_a_contexts_entries_see_those_before_and_shadow_those_outside() -> None:
    inner = f"<context>{entry('x', literal('x + 1'))}{entry('y', literal('x * 10'))}</context>"
    logic = f"<context>{entry('a', literal('x'))}{entry('b', inner)}{entry('c', literal('x + b.x'))}</context>"
    assert evaluate(logic, x=1) == {"a": 1, "b": {"x": 2, "y": 20}, "c": 3}


def test_a_result_entry_gives_the_value_of_the_context() -> None:
    assert evaluate(f"<context>{entry('a', literal('x + 1'))}{entry('', literal('a * 2'))}</context>", x=1) == 4


def test_a_table_may_stand_in_a_context() -> None:
    logic = f"<context>{entry('rate', table('x', 'y', '> 1 => 5'))}{entry('', literal('rate + x'))}</context>"
    assert evaluate(logic, x=2) == 7


def test_lists_and_relations_are_lists_of_their_cells() -> None:
    assert evaluate(f"<list>{literal('x')}{literal('x + 1')}</list>", x=1) == [1, 2]
    relation = f'<relation><column name="a"/><column name="b"/><row>{literal("x")}{literal("2")}</row></relation>'
    assert evaluate(relation, x=1) == [{"a": 1, "b": 2}]


@pytest.mark.parametrize(("x", "expected"), [(1, "no"), (5, "yes"), (None, "no")])
def test_a_conditional_takes_the_branch_of_its_condition(x: object, expected: str) -> None:
    branches = f"<then>{literal(YES)}</then><else>{literal(NO)}</else>"
    assert evaluate(f"<conditional><if>{literal('x > 3')}</if>{branches}</conditional>", x=x) == expected


@pytest.mark.parametrize(("x", "expected"), [(True, "yes"), (False, "no"), (None, "no"), (5, None), ("true", None)])
def test_a_conditional_whose_condition_is_no_boolean_is_null(x: object, expected: str | None) -> None:
    branches = f"<then>{literal(YES)}</then><else>{literal(NO)}</else>"
    assert evaluate(f"<conditional><if>{literal('x')}</if>{branches}</conditional>", x=x) == expected


@pytest.mark.parametrize(
    ("x", "some", "every"),
    [
        ([True, None], True, None),
        ([False, None], None, False),
        ([None], None, None),
        ([True, 5], None, None),
        ([], False, True),
    ],
)
def test_boxed_some_and_every_leave_open_what_a_null_leaves_open(x: object, some: object, every: object) -> None:
    assert evaluate(iterator("some", "x", "i"), x=x) is some
    assert evaluate(iterator("every", "x", "i"), x=x) is every


def test_a_misspelt_function_is_a_problem_that_says_what_may_be_meant() -> None:
    twice = knowledge("twice", "n", literal("n * 2"))
    own = decision("result", literal("twise(2) + modulo(5, 3)"), "knowledge:twice")
    [problem] = dmn.parse(definitions(twice, own)).problems
    assert problem.code == "dmn_function"
    assert "No function is called 'twise'; did you mean 'twice'?" in problem.message
    right = decision("result", literal("twice(2) + modulo(5, 3)"), "knowledge:twice")
    assert dmn.parse(definitions(twice, right)).evaluate("result", {}) == 6


def test_a_warning_shows_values_as_feel_writes_them() -> None:
    model = dmn.parse(definitions(data("x"), decision("result", literal("x"), "input:x", type_ref="number")))
    found = model.evaluate_with_trace("result", {"x": {"a": None, "b": True}})
    assert found.value is None
    assert found.warnings == ("Expected decision 'result' to be of type 'number', got {a: null, b: true}",)


def test_a_filter_knows_the_item_and_its_entries() -> None:
    def match(text: str) -> str:
        return f"<filter><in>{literal('x')}</in><match>{literal(text)}</match></filter>"

    assert evaluate(match("item > 1"), x=[1, 2, 3]) == [2, 3]
    assert evaluate(match("a > 1"), x=[{"a": 1}, {"a": 2}]) == [{"a": 2}]
    assert evaluate(match("item"), x=[1]) is None
    assert evaluate(match("true"), x=None) == []


def test_iterators_run_over_lists_and_ranges() -> None:
    assert evaluate(iterator("for", "x", "i * 2"), x=[1, 2]) == [2, 4]
    assert evaluate(iterator("for", "[1..x]", "count(partial)"), x=3) == [0, 1, 2]
    assert evaluate(iterator("some", "x", "i > 1"), x=[1, 2]) is True
    assert evaluate(iterator("every", "x", "i > 1"), x=[1, 2]) is False
    assert evaluate(iterator("for", "x", "i"), x=None) is None
    assert evaluate(iterator("for", '["a".."c"]', "i"), x=None) is None


def test_a_boxed_function_is_a_closure() -> None:
    function = f"<functionDefinition>{formal('a')}{literal('a + x')}</functionDefinition>"
    assert evaluate(f"<context>{entry('f', function)}{entry('', literal('f(2)'))}</context>", x=1) == 3


FACTORIAL = knowledge("fac", "n:number", literal("if n <= 1 then 1 else n * fac(n - 1)"), type_ref="number")


def invocation(function: str, **arguments: str) -> str:
    bindings = "".join(
        f'<binding><parameter name="{name}"/>{literal(text)}</binding>' for name, text in arguments.items()
    )
    return f"<invocation>{literal(function)}{bindings}</invocation>"


def test_a_business_knowledge_model_may_call_itself() -> None:
    assert evaluate(literal("fac(x)"), FACTORIAL, requires=("knowledge:fac",), x=10) == 3628800


def test_two_business_knowledge_models_may_call_each_other() -> None:
    odd = knowledge("odd one", "n", literal("if n = 0 then false else even one(n - 1)"), "knowledge:even one")
    even = knowledge("even one", "n", literal("if n = 0 then true else odd one(n - 1)"), "knowledge:odd one")
    assert evaluate(literal("even one(x)"), odd, even, requires=("knowledge:even one",), x=6) is True


def test_an_invocation_binds_parameters_by_name() -> None:
    minus = knowledge("minus", "f g", literal("f - g"))
    required = ("knowledge:minus",)
    assert evaluate(invocation("minus", g="1", f="x"), minus, requires=required, x=5) == 4
    assert evaluate(invocation("minus", f="x"), minus, requires=required, x=5) is None
    assert evaluate(invocation("minus", f="x", h="1"), minus, requires=required, x=5) is None
    assert evaluate(invocation("nothing", f="x"), x=5) is None


@pytest.mark.parametrize(("argument", "expected"), [("3", 4), ("[3]", 4), ('"text"', None), ("null", None)])
def test_an_argument_of_another_type_counts_as_null(argument: str, expected: object) -> None:
    successor = knowledge("next", "n:number", literal("n + 1"))
    assert evaluate(literal(f"next({argument})"), successor, requires=("knowledge:next",)) == expected


@pytest.mark.parametrize("kind", ["Java", "PMML"])
def test_a_function_that_is_no_feel_gives_null(kind: str) -> None:
    body = f"<context>{entry('class', literal(YES))}</context>"
    external = knowledge("external", "x", body, kind=f' kind="{kind}"')
    assert evaluate(literal("external(x)"), external, requires=("knowledge:external",), x=1) is None


def service(name: str, *, outputs: str, inner: str = "", decisions: str = "", inputs: str = "") -> str:
    def references(tag: str, names: str) -> str:
        return "".join(f'<{tag} href="#id_{each}"/>' for each in names.split())

    return (
        f'<decisionService id="id_{name}" name="{name}"><variable name="{name}"/>{references("outputDecision", outputs)}'
        f"{references('encapsulatedDecision', inner)}{references('inputDecision', decisions)}"
        f"{references('inputData', inputs)}</decisionService>"
    )


PRICING = (
    data("amount", "number"),
    decision("rate", literal("99"), type_ref="number"),
    decision("price", literal("amount * rate"), "input:amount", "decision:rate"),
    decision("double", literal("price * 2"), "decision:price"),
)


def test_a_decision_service_takes_its_input_decisions_from_the_caller() -> None:
    model = dmn.parse(definitions(*PRICING, service("shop", outputs="price", decisions="rate", inputs="amount")))
    assert model.evaluate("shop", {"amount": 2, "rate": 3}) == 6
    assert model.evaluate("shop", {"amount": 2, "rate": "three"}) is None
    assert model.evaluate("price", {"amount": 2}) == 198


def test_several_output_decisions_are_a_context() -> None:
    model = dmn.parse(definitions(*PRICING, service("shop", outputs="price double", inner="rate", inputs="amount")))
    assert model.evaluate("shop", {"amount": 1}) == {"price": 99, "double": 198}


def test_a_decision_service_is_a_function_of_input_data_then_input_decisions() -> None:
    shop = service("shop", outputs="price", decisions="rate", inputs="amount")
    required = ("knowledge:shop",)
    assert evaluate(literal("shop(2, 5)"), *PRICING, shop, requires=required) == 10
    assert evaluate(literal("shop(rate: 5, amount: x)"), *PRICING, shop, requires=required, x=3) == 15
    assert evaluate(literal('shop("two", 5)'), *PRICING, shop, requires=required) is None
    assert evaluate(literal("shop(2)"), *PRICING, shop, requires=required) is None


def test_a_decision_of_another_type_than_its_variable_is_null() -> None:
    assert evaluate(literal('"text"'), type_ref="number") is None
    assert evaluate(literal("[1]"), type_ref="number") == 1
    assert evaluate(literal("1"), item("tNumbers", "number", collection=True), type_ref="tNumbers") == [1]


def test_a_decision_without_logic_is_null_and_says_so() -> None:
    found = dmn.parse(definitions(decision("result", ""))).evaluate_with_trace("result", {})
    assert (found.value, len(found.warnings)) == (None, 1)


def test_requirements_are_needed_to_see_what_else_the_file_defines() -> None:
    assert requirement("input:x") in decision("result", literal("x"), "input:x")
    model = dmn.parse(definitions(data("x"), decision("result", literal("x"))))
    assert model.evaluate("result", {"x": 1}) is None


def test_variables_that_the_file_does_not_name_are_seen_without_a_requirement() -> None:
    model = dmn.parse(definitions(decision("result", literal("x + 1"))))
    assert model.evaluate("result", {"x": 1}) == 2
