"""Files: types, imports, references, what is refused, and what an evaluation may use."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime
from typing import Any

import pytest

from engine import dmn, feel
from tests.core.dmn.models import NAMESPACE, component, data, decision, definitions, item, knowledge, literal, table
from tests.machine import slowness


def typed(type_ref: str, value: Any, *items: str) -> Any:
    model = dmn.parse(definitions(*items, data("x", type_ref), decision("result", literal("x"), "input:x")))
    assert model.problems == ()
    return model.evaluate("result", {"x": value})


@pytest.mark.parametrize(
    ("type_ref", "value", "expected"),
    [
        ("date", "2026-01-31", date(2026, 1, 31)),
        ("date", "tomorrow", None),
        ("date and time", "2026-01-31T10:00:00Z", datetime(2026, 1, 31, 10, tzinfo=UTC)),
        ("dateTime", "2026-01-31T10:00:00Z", datetime(2026, 1, 31, 10, tzinfo=UTC)),
        ("date and time", date(2026, 1, 31), datetime(2026, 1, 31, tzinfo=UTC)),
        ("number", "12", None),
        ("number", [12], 12),
        ("string", 12, None),
        ("boolean", True, True),
        ("Any", "anything", "anything"),
        ("number", None, None),
    ],
)
def test_input_data_are_taken_as_their_type(type_ref: str, value: object, expected: object) -> None:
    assert typed(type_ref, value) == expected


def test_a_duration_may_come_as_text() -> None:
    assert feel.to_json(typed("days and time duration", "PT36H")) == "P1DT12H"


PERSON = item("tPerson", more=component("name", "string") + component("born", "date"))


def test_components_are_checked_and_converted() -> None:
    assert typed("tPerson", {"name": "Ann", "born": "2000-02-29"}, PERSON) == {"name": "Ann", "born": date(2000, 2, 29)}
    assert typed("tPerson", {"name": 7}, PERSON) is None
    assert typed("tPerson", {"name": "Ann", "born": None, "more": 1}, PERSON) == {
        "name": "Ann",
        "born": None,
        "more": 1,
    }
    assert typed("tPerson", "Ann", PERSON) is None


def test_a_collection_checks_each_of_its_items() -> None:
    people = item("tPeople", "tPerson", collection=True)
    ann = {"name": "Ann", "born": None}
    assert typed("tPeople", [ann], PERSON, people) == [ann]
    assert typed("tPeople", ann, PERSON, people) == [ann]
    assert typed("tPeople", [{"name": 1}], PERSON, people) is None


def test_input_data_may_leave_out_a_component_and_nothing_else_may() -> None:
    assert typed("tPerson", {"name": "Ann"}, PERSON) == {"name": "Ann", "born": None}
    made = decision("made", literal('{name: "Ann"}'), type_ref="tPerson")
    known = knowledge("known", "who:tPerson", literal("who != null"))
    asked = decision("asked", literal('known({name: "Ann"})'), "knowledge:known")
    model = dmn.parse(definitions(PERSON, made, known, asked))
    assert (model.evaluate("made", {}), model.evaluate("asked", {})) == (None, False)


@pytest.mark.parametrize(("value", "expected"), [("a", "a"), ("c", None)])
def test_a_value_beyond_the_allowed_ones_is_null(value: str, expected: object) -> None:
    assert typed("tLetter", value, item("tLetter", "string", allowed='"a","b"')) == expected


def test_allowed_values_of_a_collection_hold_for_each_item() -> None:
    letters = item("tLetters", "string", allowed='"a","b"', collection=True)
    assert typed("tLetters", ["a", "b"], letters) == ["a", "b"]
    assert typed("tLetters", ["a", "c"], letters) is None


def test_a_type_that_refers_to_itself_ends() -> None:
    tree = item("tTree", more=component("left", "tTree"))
    deep: dict[str, Any] = {}
    for _ in range(30):
        deep = {"left": deep}
    assert typed("tTree", deep, tree) == deep
    assert typed("tLoop", 1, item("tLoop", "tLoop")) == 1


BASE = definitions(
    item("tRate", "number", allowed="[0..1]"),
    data("amount", "number"),
    decision("fee", literal("amount * 0.1"), "input:amount"),
    knowledge("twice", "n", literal("n * 2")),
    namespace="https://stepwell.test/base",
)
IMPORT = '<import name="base" namespace="https://stepwell.test/base" importType="https://www.omg.org/spec/DMN/20230324/MODEL/"/>'


def test_what_is_imported_stands_under_the_name_of_the_import() -> None:
    far = "https://stepwell.test/base#id_"
    logic = literal("base.twice(base.fee) + base.amount")
    own = decision("total", logic, f"decision:{far}fee", f"knowledge:{far}twice", f"input:{far}amount")
    model = dmn.parse(definitions(IMPORT, own), imports=[BASE])
    assert model.problems == ()
    assert model.evaluate("total", {"amount": 10}) == 12


def test_types_of_an_import_are_named_with_its_name() -> None:
    own = decision("rate", literal("x"), "input:x", type_ref="base.tRate")
    model = dmn.parse(definitions(IMPORT, data("x"), own), imports=[BASE])
    assert (model.evaluate("rate", {"x": 1}), model.evaluate("rate", {"x": 2})) == (1, None)


def test_what_an_import_without_a_name_brings_in_stands_as_if_it_were_here() -> None:
    far = "https://stepwell.test/base#id_"
    unnamed = IMPORT.replace('name="base"', 'name=""')
    rate = decision("rate", literal("x"), "input:x", type_ref="tRate")
    total = decision("total", literal("twice(fee)"), f"decision:{far}fee", f"knowledge:{far}twice")
    model = dmn.parse(definitions(unnamed, data("x"), rate, total), imports=[BASE])
    assert model.problems == ()
    assert model.evaluate("total", {"amount": 10}) == 2
    assert (model.evaluate("rate", {"x": 1}), model.evaluate("rate", {"x": 2})) == (1, None)


def test_an_import_that_is_missing_or_lacks_the_element_is_a_problem() -> None:
    own = decision("total", literal("1"), "decision:https://stepwell.test/base#id_other")
    assert [found.code for found in dmn.parse(definitions(IMPORT, own)).problems] == ["dmn_missing_import"]
    model = dmn.parse(definitions(IMPORT, own), imports=[BASE])
    assert [found.code for found in model.problems] == ["dmn_unknown_reference"]
    assert [found.code for found in dmn.parse(definitions(own)).problems] == ["dmn_missing_import"]


def test_the_problems_of_an_import_are_the_files_own() -> None:
    broken = BASE.replace("amount * 0.1", "amount *")
    assert [found.code for found in dmn.parse(definitions(IMPORT), imports=[broken]).problems] == ["dmn_expression"]


def test_decisions_that_wait_for_each_other_are_refused() -> None:
    model = dmn.parse(definitions(decision("a", literal("b"), "decision:b"), decision("b", literal("a"), "decision:a")))
    assert [(found.code, found.element_name) for found in model.problems] == [("dmn_circle", "a"), ("dmn_circle", "b")]


def test_a_reference_to_nothing_names_the_element_and_the_id() -> None:
    (found,) = dmn.parse(definitions(decision("a", literal("1"), "input:gone"))).problems
    assert (found.code, found.element_name) == ("dmn_unknown_reference", "a")
    assert "id_gone" in found.message


def test_bad_feel_is_reported_with_its_line() -> None:
    (found,) = dmn.parse(definitions("\n\n", decision("a", literal("1 +")))).problems
    assert (found.code, found.element_name, found.line) == ("dmn_expression", "a", 3)


def test_bad_feel_is_null_and_leaves_the_rest_of_the_file() -> None:
    model = dmn.parse(definitions(decision("a", literal("1 +")), decision("b", literal("2"))))
    assert model.evaluate("b", {}) == 2
    evaluated = model.evaluate_with_trace("a", {})
    assert evaluated.value is None
    assert "1 +" in evaluated.warnings[0]


@pytest.mark.parametrize(
    "xml",
    [
        "",
        "text",
        "<definitions>",
        "<other/>",
        "<!DOCTYPE definitions><definitions/>",
        '<!DOCTYPE d [<!ENTITY a "aaa"><!ENTITY b "&a;&a;&a;">]><definitions name="&b;"/>',
        '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><definitions><decision>&x;</decision></definitions>',
        b"\xff\xfe\x00",
        b" " * (10 * 1024 * 1024 + 1),
        "<a>" * 5000,
    ],
)
def test_what_is_no_decision_model_is_unreadable(xml: str | bytes) -> None:
    model = dmn.parse(xml)
    assert [found.code for found in model.problems] == ["dmn_unreadable"]
    with pytest.raises(dmn.DmnError):
        model.evaluate("a", {})


def test_expressions_nested_too_deeply_are_refused() -> None:
    deep = "<list>" * 150 + literal("1") + "</list>" * 150
    assert "dmn_too_deep" in {found.code for found in dmn.parse(definitions(decision("a", deep))).problems}
    allowed = "<list>" * 90 + literal("1") + "</list>" * 90
    value = dmn.parse(definitions(decision("a", allowed))).evaluate("a", {})
    for _ in range(90):
        (value,) = value
    assert value == 1


def test_a_decision_is_found_by_name_and_by_id() -> None:
    model = dmn.parse(definitions(decision("the  answer", literal("42"))))
    assert model.evaluate("the answer", {}) == model.evaluate("id_the__answer", {}) == 42
    with pytest.raises(dmn.DmnError, match="'the answer'"):
        model.evaluate("the question", {})


def test_now_is_the_callers() -> None:
    model = dmn.parse(definitions(decision("a", literal("string(today())"))))
    assert model.evaluate("a", {}, now=datetime(2026, 1, 31, tzinfo=UTC)) == "2026-01-31"
    assert model.evaluate("a", {}) is None


def test_required_inputs_are_those_of_all_required_decisions() -> None:
    model = dmn.parse(
        definitions(
            data("x"),
            data("y"),
            decision("a", literal("x"), "input:x"),
            decision("b", literal("a"), "decision:a", "input:y"),
        )
    )
    assert {needed.name for needed in model.required_inputs("b")} == {"x", "y"}


# --- bounds


def quickly(model: dmn.Model, name: str, **inputs: Any) -> Any:
    assert model.problems == ()
    started = time.process_time()
    try:
        return model.evaluate(name, inputs)
    except feel.FeelBudgetExceeded as exceeded:
        return exceeded.limit
    finally:
        assert time.process_time() - started < 3 * slowness()


def test_a_function_that_calls_itself_without_end_is_stopped() -> None:
    endless = knowledge("endless", "n", literal("endless(n + 1)"))
    model = dmn.parse(definitions(endless, decision("a", literal("endless(1)"), "knowledge:endless")))
    assert quickly(model, "a") == "depth"


def test_a_function_that_branches_without_end_is_stopped() -> None:
    tree = knowledge("tree", "n", literal("if n > 20 then 1 else tree(n + 1) + tree(n + 1)"))
    model = dmn.parse(definitions(tree, decision("a", literal("tree(1)"), "knowledge:tree")))
    assert quickly(model, "a") == "steps"


def test_many_decisions_share_one_budget() -> None:
    loop = literal("count(for i in 1..30000 return i)")
    parts = [decision(f"d{number}", loop) for number in range(200)]
    total = decision("a", literal("d0"), *(f"decision:d{number}" for number in range(200)))
    assert quickly(dmn.parse(definitions(*parts, total)), "a") in ("steps", "size")


def test_a_loop_over_a_function_that_loops_is_stopped() -> None:
    inner = knowledge("inner", "n", literal("count(for i in 1..1000 return i)"))
    body = literal("count(for i in 1..10000 return inner(i))")
    assert quickly(dmn.parse(definitions(inner, decision("a", body, "knowledge:inner"))), "a") in ("steps", "size")


def test_a_chain_of_two_thousand_decisions_is_no_recursion() -> None:
    chain = [decision("d0", literal("0"))]
    chain += [decision(f"d{n}", literal(f"d{n - 1} + 1"), f"decision:d{n - 1}") for n in range(1, 2000)]
    assert quickly(dmn.parse(definitions(*chain)), "d1999") == 1999


def test_a_service_whose_decision_calls_the_service_is_stopped() -> None:
    own = '<decisionService id="id_s" name="s"><variable name="s"/><outputDecision href="#id_a"/></decisionService>'
    model = dmn.parse(definitions(own, decision("a", literal("s()"), "knowledge:s")))
    assert quickly(model, "a") == "depth"


def test_a_table_of_a_thousand_rules_is_within_the_budget() -> None:
    rules = [f"{number} => {number * 2}" for number in range(1000)]
    model = dmn.parse(
        definitions(data("x"), decision("a", table("x", "y", *rules), "input:x"), attributes=f'x="{NAMESPACE}"')
    )
    assert quickly(model, "a", x=999) == 1998


FUNCTION = '<itemDefinition name="tText"><functionItem outputTypeRef="string"/></itemDefinition>'


@pytest.mark.parametrize(("text", "expected"), [('"a"', "a"), ("1", None)])
def test_the_variable_of_a_function_may_have_a_functions_type_or_that_of_its_result(
    text: str, expected: object
) -> None:
    for type_ref in ("tText", "string"):
        service = (
            f'<decisionService id="s" name="s"><variable name="s" typeRef="{type_ref}"/>'
            '<outputDecision href="#id_made"/></decisionService>'
        )
        model = dmn.parse(
            definitions(
                FUNCTION,
                decision("made", literal(text)),
                service,
                knowledge("known", "", literal(text), type_ref=type_ref),
                decision("asked", literal("known()"), "knowledge:known"),
            )
        )
        assert model.problems == ()
        assert (model.evaluate("s", {}), model.evaluate("asked", {})) == (expected, expected)


def part(name: str, *parts: str, brings: str = "") -> str:
    """A small file that imports others without a name."""
    imports = "".join(
        f'<import name="" namespace="https://stepwell.test/{each}" importType="https://www.omg.org/spec/DMN/20230324/MODEL/"/>'
        for each in brings.split()
    )
    return definitions(imports, *parts, namespace=f"https://stepwell.test/{name}")


USES = decision("top", literal("far"), "decision:far")


def test_an_element_is_looked_for_in_the_file_then_deep_in_one_import_after_the_other() -> None:
    c, d = (part(name, decision("far", literal(f'"{name}"'))) for name in "cd")
    b = part("b", brings="c")
    assert dmn.parse(part("a", USES, brings="b d"), imports=[b, c, d]).evaluate("top", {}) == "c"
    assert dmn.parse(part("a", USES, brings="d b"), imports=[b, c, d]).evaluate("top", {}) == "d"
    own = part("a", USES, decision("far", literal('"a"')), brings="b d")
    assert dmn.parse(own, imports=[b, c, d]).evaluate("top", {}) == "a"


def test_what_is_imported_without_a_name_means_the_elements_of_the_importing_file_where_names_meet() -> None:
    far = decision("far", literal("near"), "decision:https://stepwell.test/b#id_near")
    b = part("b", far, decision("near", literal('"b"')))
    assert dmn.parse(b).evaluate("far", {}) == "b"
    a = part("a", USES, decision("near", literal('"a"')), brings="b")
    assert dmn.parse(a, imports=[b]).evaluate("top", {}) == "a"
    waiting = part("a", USES, decision("near", literal("top"), "decision:top"), brings="b")
    assert {found.code for found in dmn.parse(waiting, imports=[b]).problems} == {"dmn_circle"}


def test_what_a_file_imports_without_a_name_can_be_asked_of_it() -> None:
    b = part("b", data("x"), decision("echo", literal("x"), "input:x"))
    model = dmn.parse(part("a", brings="b"), imports=[b])
    assert model.evaluate("echo", {"x": 5}) == 5
    assert [each.name for each in model.required_inputs("echo")] == ["x"]


def test_files_may_import_themselves_and_each_other() -> None:
    itself = dmn.parse(part("a", USES, decision("far", literal("1")), brings="a"))
    assert (itself.problems, itself.evaluate("top", {})) == ((), 1)
    b = part("b", decision("far", literal("2")), brings="a")
    model = dmn.parse(part("a", USES, brings="b"), imports=[b])
    assert (model.problems, model.evaluate("top", {})) == ((), 2)


def test_what_no_import_holds_is_unknown() -> None:
    model = dmn.parse(part("a", USES, brings="b"), imports=[part("b")])
    assert [found.code for found in model.problems] == ["dmn_unknown_reference"]


def test_a_business_knowledge_model_is_evaluated_by_the_names_of_its_parameters() -> None:
    model = dmn.parse(definitions(knowledge("half", "n:number", literal("n / 2"))))
    assert model.evaluate("half", {"n": 4}) == 2
    assert model.evaluate("half", {"n": "four"}) is None
    assert model.evaluate("half", {}) is None


def test_functions_of_a_model_may_call_each_other_as_deep_as_the_budget_counts_calls() -> None:
    def model(depth: int) -> dmn.Model:
        body = literal("if n = 0 then 0 else 1 + up(n - 1)")
        up = knowledge("up", "n:number", body, "knowledge:up", type_ref="number")
        return dmn.parse(definitions(up, decision("result", literal(f"up({depth})"), "knowledge:up")))

    assert model(900).evaluate("result", {}) == 900
    with pytest.raises(feel.FeelBudgetExceeded, match="depth"):
        model(1_500).evaluate("result", {})
