"""The difference of two versions of a DMN file names every field of the model that has another value, in a sentence with both."""

from __future__ import annotations

import inspect
from dataclasses import is_dataclass

import pytest

from engine.differences import Kind, missing_words
from engine.dmn import model
from engine.dmn.differences import VOCABULARY, UnreadableFileError, between
from tests.core.dmn.models import data, decision, definitions, item, knowledge, literal, table

CLASSES = [each for _, each in inspect.getmembers(model, inspect.isclass) if is_dataclass(each)]
CLASSES = [each for each in CLASSES if each.__module__ == model.__name__]
FEES = definitions(
    data("amount", "number"),
    item("Level", "string", allowed='"low", "high"'),
    decision("Fee", table("amount", "fee", "< 100 => 1", ">= 100 => 2"), "input:amount"),
    decision("Double", literal("Fee * 2"), "decision:Fee"),
    knowledge("twice", "x", literal("x * 2")),
)


def changed(old: str, new: str) -> list[str]:
    assert old in FEES, FEES
    there = between(FEES.encode(), FEES.replace(old, new).encode())
    back = between(FEES.replace(old, new).encode(), FEES.encode())
    assert {each.element_id for each in there} == {each.element_id for each in back}
    return [each.sentence for each in there]


def escaped(text: str) -> str:
    return text.replace("<", "&lt;").replace(">", "&gt;")


def test_every_field_of_the_model_has_words() -> None:
    assert missing_words(VOCABULARY, CLASSES) == []


def test_a_changed_entry_of_a_rule_is_said_with_both_values() -> None:
    assert changed(escaped(">= 100"), escaped(">= 200")) == ["Fee: its condition of the rule 2 is >= 200, not >= 100."]
    assert changed(escaped(">= 100"), "-") == ["Fee: its condition of the rule 2 is -, not >= 100."]


def test_another_hit_policy_is_said() -> None:
    assert changed('"UNIQUE"', '"FIRST"') == ["Fee: its hit policy is FIRST, not UNIQUE."]


def test_rules_that_were_added_and_removed_are_said() -> None:
    one = definitions(decision("Fee", table("amount", "fee", "< 100 => 1"))).encode()
    two = definitions(decision("Fee", table("amount", "fee", "< 100 => 1", ">= 100 => 2"))).encode()
    assert [each.sentence for each in between(one, two)] == ["Fee has a new rule 2: condition >= 100, result 2."]
    assert [each.sentence for each in between(two, one)] == [
        "Fee has no rule 2 any more; it was condition >= 100, result 2."
    ]


def test_a_literal_expression_and_the_body_of_a_function_are_said() -> None:
    assert changed("Fee * 2", "Fee * 3") == ["Double: its expression is Fee * 3, not Fee * 2."]
    assert changed("x * 2", "x * 4") == ["twice: its expression is x * 4, not x * 2."]


def test_a_type_and_its_values_are_said() -> None:
    assert changed('"low", "high"', '"low", "top"') == [
        'The type Level: its allowed values are "low", "top", not "low", "high".'
    ]


def test_decisions_that_were_added_and_removed_are_said() -> None:
    less, more = (
        definitions(data("amount")).encode(),
        definitions(data("amount"), decision("Fee", literal("1"))).encode(),
    )
    assert [each.sentence for each in between(less, more)] == ["The decision Fee was added."]
    assert [each.sentence for each in between(more, less)] == ["The decision Fee was removed."]


def test_a_file_is_the_same_as_itself_alone() -> None:
    assert between(FEES.encode(), FEES.encode()) == ()
    described = FEES.replace("<inputData", "<description>Fees</description><inputData", 1)
    [found] = between(FEES.encode(), described.encode())
    assert found.kind is Kind.LAYOUT


def test_a_file_without_decisions_is_refused_with_the_reason() -> None:
    with pytest.raises(UnreadableFileError, match="as the newer version: Expected well-formed XML"):
        between(FEES.encode(), b"<definitions")
