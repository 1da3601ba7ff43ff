"""Each promise has its tests and its figure."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

from tests.guarantees import PAGE, PROJECT, ROWS, Row, figure_of, figures_in, with_table


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_each_test_of_a_promise_is_there(row: Row) -> None:
    for test in row.tests:
        file, _, name = test.partition("::")
        path = PROJECT / file
        if path.is_dir():
            continue
        names = {
            node.name for node in ast.parse(Path(path).read_text("utf-8")).body if isinstance(node, ast.FunctionDef)
        }
        assert not name or name in names, test


def test_each_promise_has_a_figure_on_the_page() -> None:
    found = figures_in(PAGE.read_text("utf-8"))
    assert set(found) == {row.name for row in ROWS}
    assert [name for name, figure in found.items() if " 0 failed" not in figure] == []


def test_figures_are_added_up_or_the_largest_is_taken_and_the_rest_of_the_page_stays() -> None:
    row = ROWS[0]
    test = row.tests[0]
    lines: list[dict[str, Any]] = [
        {"test": f"{test}::test_a[x]", "what": "kills", "value": 2},
        {"test": f"{test}::test_a[y]", "what": "kills", "value": 3},
        {"test": f"{test}::test_b", "what": "seconds", "value": 1.5},
        {"test": f"{test}::test_c", "what": "seconds", "value": 0.5},
        {"test": f"{test}::test_b", "outcome": "passed"},
        {"test": "tests/elsewhere.py::test_b", "outcome": "failed"},
    ]
    figure = figure_of(row, lines)
    assert figure == "5 kills; 1.5 seconds; 1 tests, 0 failed"
    text = PAGE.read_text("utf-8")
    written = with_table(text, {row.name: figure})
    assert figures_in(written)[row.name] == figure
    assert with_table(written, figures_in(text)) == with_table(text, figures_in(text))
