"""Every row of the table of support has a test, and the page is that of the table and the tests."""

from __future__ import annotations

from engine.bpmn.rule_table import RULES
from engine.runtime.processors import PROCESSORS
from tests.core.support.page import PROJECT, marked_tests, page, rules_named
from tests.core.support.table import FAMILIES, ROWS

MARKED = marked_tests()


def test_each_row_is_shown_by_a_test() -> None:
    assert [name for name in ROWS if name not in MARKED] == []


def test_each_mark_of_a_test_names_a_row() -> None:
    assert set(MARKED) - set(ROWS) == set()


def test_no_two_rows_have_one_name() -> None:
    assert len(ROWS) == sum(len(family.rows) for family in FAMILIES)


def test_each_processor_of_the_runtime_is_in_a_row() -> None:
    named = {function for row in ROWS.values() for function in row.by}
    assert {type_ for type_, processor in PROCESSORS.items() if processor not in named} == set()


def test_each_rule_of_a_row_is_one_of_the_rules() -> None:
    assert rules_named() - set(RULES) == set()


def test_the_page_of_support_is_that_of_the_table_and_the_tests() -> None:
    written = (PROJECT / "docs" / "bpmn-support.md").read_text("utf-8")
    assert written == page(MARKED), "write it anew: python -m tests.core.support.page > docs/bpmn-support.md"
