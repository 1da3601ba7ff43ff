"""A condition is true or false; what is neither is an incident that says what was read and what was missing."""

from __future__ import annotations

from typing import Any

import pytest

from engine.bpmn import parse
from engine.runtime.effects import IncidentType
from engine.runtime.history import WarningRecorded
from engine.runtime.inputs import VariablesSet
from engine.testing import Engine
from tests.core.bpmn.diagrams import flow, process
from tests.core.runtime.nodes import START, condition, end, flows, job, node, script

PYTHON = 'expressionLanguage="http://www.python.org/"'


def choice(text: str, *, attributes: str = "", dialects: tuple[str, ...] = ("zeebe",)) -> bytes:
    """A gateway with one condition, which leads to `yes`, and a default flow, which leads to `no`."""
    return process(
        START
        + node("exclusiveGateway", "x", attributes='default="x_no"')
        + end("yes")
        + end("no")
        + flows("start x no")
        + flow("x", "yes", text),
        attributes=attributes,
        dialects=dialects,
    )


def chosen(engine: Engine, text: str, variables: dict[str, Any], **options: Any) -> str:
    """The end that is reached, or the message of the incident."""
    engine.deploy(choice(text, **options))
    instance = engine.start("p", variables)
    if not instance.incidents:
        return instance.completed_elements[-1]
    [incident] = instance.incidents
    assert (incident.type, incident.element_id) == (IncidentType.CONDITION_ERROR, "x")
    return incident.message


def test_a_condition_that_is_null_is_an_incident_with_what_it_read_and_what_is_missing(engine: Engine) -> None:
    message = chosen(engine, "=skore &gt; 5 and country = home", {"score": 7, "country": "DE", "home": "DE"})
    assert message == (
        "Expected the condition of flow 'x_yes' of exclusive gateway 'x' to be true or false, "
        "'skore > 5 and country = home' gave null: no variable is called 'skore' (did you mean 'score'?); "
        '\'>\' is not defined for null and number. It read country = "DE", home = "DE"'
    )


def test_an_incident_of_a_condition_is_resolved_by_the_missing_variable(engine: Engine) -> None:
    engine.deploy(choice("=skore &gt; 5"))
    instance = engine.start("p")
    [incident] = instance.incidents
    engine.give(instance, VariablesSet(incident.element_instance, {"skore": 6}))
    engine.resolve(instance)
    assert instance.completed_elements[-1] == "yes"


@pytest.mark.parametrize("name", ["date", "string", "count", "nowhere"])
def test_a_variable_that_is_not_set_is_null_whatever_its_name_and_a_warning_names_it(engine: Engine, name: str) -> None:
    engine.deploy(choice(f"={name} != null"))
    instance = engine.start("p")
    assert instance.completed_elements[-1] == "no"
    [warning] = instance.facts(WarningRecorded)
    assert warning.element_id == "x"
    assert warning.message == (
        f"No variable is called '{name}', which the condition of flow 'x_yes' of exclusive gateway 'x' reads: '{name} != null'"
    )
    assert chosen(engine, f"={name} != null", {name: 1}) == "yes"


@pytest.mark.parametrize(
    ("text", "variables", "shown"),
    [
        ("=n", {"n": 7}, "gave 7. It read n = 7"),
        ("=n", {"n": {"a": 1, "b": None, "c": True}}, "gave {a: 1, b: null, c: true}."),
        ("=n", {"n": "yes"}, 'gave "yes".'),
        ("=n", {"n": list(range(500))}, "gave a list of 500 elements. It read n = a list of 500 elements"),
        ("=n.a &gt; 1", {"n": {"b": 1}}, "the context has no entry 'a'"),
        ("=n &gt; 1", {"n": "2"}, "'>' is not defined for string and number"),
    ],
)
def test_a_message_shows_values_as_feel_writes_them(
    engine: Engine, text: str, variables: dict[str, Any], shown: str
) -> None:
    message = chosen(engine, text, variables)
    assert shown in message
    assert not any(word in message for word in ("None", "True", "False", "{'", "Decimal"))
    assert message.count("'x'") == 1


@pytest.mark.parametrize(
    ("text", "variables", "reached"),
    [
        ("${n &gt; 5}", {"n": 6}, "yes"),
        ("${n &gt; 5}", {"n": None}, "no"),
        ("${!done}", {"done": None}, "yes"),
        ("${done &amp;&amp; n == 1}", {"done": None, "n": 1}, "no"),
        ("${n == null}", {"n": None}, "yes"),
        ("${n}", {"n": None}, "gave null. It read n = null"),
        ("${n &gt; 5}", {}, "no variable is called 'n'"),
        ("${n == null}", {}, "no variable is called 'n'"),
        ("${n &gt; 5}", {"n": "six"}, "'>' is not defined for string and number"),
    ],
)
def test_null_in_juel_counts_as_in_camunda_7(
    engine: Engine, text: str, variables: dict[str, Any], reached: str
) -> None:
    found = chosen(engine, text, variables, dialects=("camunda",))
    assert found == reached if reached in ("yes", "no") else reached in found


@pytest.mark.parametrize(
    ("text", "variables", "reached"),
    [
        ("n &gt; 5", {"n": 6}, "yes"),
        ("n", {"n": None}, "no"),
        ("n", {"n": []}, "no"),
        ("n", {"n": "x"}, "yes"),
        ("n.get('a')", {"n": {}}, "no"),
        ("n &gt; 5", {}, "no variable is called 'n'"),
        ("n &gt; 5", {"n": None}, "Python would raise an exception"),
        ("n is None", {}, "no variable is called 'n'"),
        ("m or n", {"m": True}, "yes"),
    ],
)
def test_a_condition_in_python_counts_as_in_spiffworkflow(
    engine: Engine, text: str, variables: dict[str, Any], reached: str
) -> None:
    found = chosen(engine, text, variables, attributes=PYTHON, dialects=("spiffworkflow",))
    assert found == reached if reached in ("yes", "no") else reached in found


@pytest.mark.parametrize(
    "activity",
    [
        job(
            "a",
            "<bpmn:standardLoopCharacteristics><bpmn:loopCondition>=again</bpmn:loopCondition></bpmn:standardLoopCharacteristics>",
        ),
        job(
            "a",
            '<bpmn:multiInstanceLoopCharacteristics isSequential="true"><bpmn:extensionElements>'
            '<zeebe:loopCharacteristics inputCollection="=[1, 2]"/></bpmn:extensionElements>'
            "<bpmn:completionCondition>=not(again)</bpmn:completionCondition></bpmn:multiInstanceLoopCharacteristics>",
        ),
    ],
    ids=["loop", "multi-instance"],
)
def test_the_condition_of_a_repetition_that_is_null_is_an_incident_that_repeats_nothing(
    engine: Engine, activity: str
) -> None:
    engine.deploy(process(START + activity + end() + flows("start a end")))
    done: list[int] = []
    engine.on_job("a", lambda _: done.append(1))
    instance = engine.start("p")
    [incident] = instance.incidents
    assert incident.type is IncidentType.CONDITION_ERROR
    assert "no variable is called 'again'" in incident.message
    engine.give(instance, VariablesSet(incident.element_instance, {"again": False}))
    before = len(done)
    engine.resolve(instance)
    assert instance.completed_elements[-1] == "end"
    assert (before, len(done)) == (1, 1)


def test_a_conditional_event_waits_while_its_condition_is_null(engine: Engine) -> None:
    catching = node("intermediateCatchEvent", "c", condition("temperature &gt; 30"))
    engine.deploy(process(START + catching + end() + flows("start c end")))
    instance = engine.start("p")
    assert not instance.incidents
    assert "no variable is called 'temperature'" in instance.facts(WarningRecorded)[0].message
    engine.give(instance, VariablesSet(instance.key, {"temperature": 31}))
    assert instance.completed_elements[-1] == "end"


def test_an_assertion_that_fails_is_an_incident_with_its_message(engine: Engine) -> None:
    checking = script("z", "assert(amount, amount &gt; 0, &quot;amount must be positive&quot;)", "checked")
    engine.deploy(process(START + checking + end() + flows("start z end")))
    [incident] = engine.start("p", {"amount": -5}).incidents
    assert incident.element_id == "z"
    assert "amount must be positive" in incident.message
    assert engine.start("p", {"amount": 5}).completed_elements[-1] == "end"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('=string lenght("a") &gt; 1', "No function is called 'string lenght'; did you mean 'string length'?"),
        ('=stringlength("a") &gt; 1', "did you mean 'string length'?"),
        ("=1 &gt; 0 and containz(a, b)", "did you mean 'contains'?"),
        ("=uuid() = a", "The function 'uuid' is not available: an evaluation must be repeatable"),
        ("=[1, 2][modulu(item, 2) = 0] = []", "did you mean 'modulo'?"),
    ],
)
def test_a_misspelt_function_is_a_problem_of_the_deployment(text: str, said: str) -> None:
    source = choice(text).replace(b"<bpmn:conditionExpression", b"\n\n<bpmn:conditionExpression")
    [problem] = parse(source).errors
    assert (problem.code, problem.element_id, problem.line) == ("expression-function", "x_yes", 3)
    assert said in problem.message
    assert problem.message.count("x_yes") == 1


def test_a_function_of_the_expression_itself_is_no_problem() -> None:
    assert parse(choice("={double: function(n) n * 2, r: double(2)}.r = 4")).errors == ()
