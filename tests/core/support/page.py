"""`python -m tests.core.support.page > docs/bpmn-support.md`: the table of support, with the tests that name its rows."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.bpmn.rule_table import GROUPS
from tests.core.second_opinion.differences import DIFFERENCES
from tests.core.support.row import Family, Row
from tests.core.support.table import FAMILIES

PROJECT = Path(__file__).parents[3]
TESTS = PROJECT / "tests" / "core" / "runtime"
"""Where tests may be marked."""

_HEAD = """# What of BPMN runs

Written by `python -m tests.core.support.page` from the table in `tests/core/support/` and the marks of the tests; a test compares the two.

Each row is an element of BPMN 2.0 (OMG formal/2011-01-03), the functions of `engine/runtime/` that run it (the first is what the one
table in `processors.py` says of its type), the rules that a deployment checks about it ([problems.md](problems.md) explains the codes),
and the tests that show it, each with its diagram in it. A test is marked with the rows that it shows
(`@pytest.mark.element("...")`), and fails unless the history of what it ran proves that the element was entered and left. All of them
replay every instance from its journal, with the state dumped to JSON and loaded between any two steps.

How an element is written in each dialect: [bpmn-dialects.md](bpmn-dialects.md).
"""

_OPINION = """
## A second opinion

Whatever a test of the core runs here is run by SpiffWorkflow 3.2 as well, where it can be: the same diagram, the same work done in the same
order; random processes too (`tests/core/second_opinion/`). Both leave the same trace and offer the same work, except here, where the
clause decides. A test fails when a difference comes, and when one goes.

| shown by | clause | what differs |
| --- | --- | --- |
"""

_PROPERTIES = """
## Properties in the modeler

The panel of bpmn.io's Zeebe provider sets what `zeebe:` says, and of the standard: messages, signals, errors, escalations, timers,
conditions, compensation (activityRef, waitForCompletion), the completion condition and cancelRemainingInstances of ad-hoc sub-processes.
The group "Standard" (`frontend/src/modeler/bpmn/standardFields.ts`) adds: condition, maximum and test before of a loop, the number of
instances, the behaviour of a multi-instance activity with the signal, escalation or error that it throws (`multiInstanceBehavior.ts`; for
"Complex" a list of conditions with their events), the activation condition of complex gateways, the ordering of ad-hoc sub-processes,
instantiate and the type of event-based gateways, instantiating receive tasks, parallel multiple, startQuantity and completionQuantity,
the operation of service, send and receive tasks.

Lists of their own (`frontend/src/modeler/bpmn/standard/`) hold, each with add, remove and undo:

- the event definitions of an event, one or several, of every kind that the standard allows it, its own or shared, with the operation of
  messages;
- data inputs, data outputs and their sets, data associations with transformation and assignments (also where an arrow is selected), and
  properties, of activities, events and processes;
- correlation properties with the path in each message, correlation keys, and the subscriptions of a process;
- interfaces with operations, their messages and errors;
- resource roles with an expression, or a resource and its parameters; resources; item definitions.

What such an element needs is made with it, and what referred to it does so no more when it goes.

Set in the file alone, and kept by the modeler: behaviours that throw an event of another kind, event definitions among the root elements
(which events may share once they are there), conversations, the interfaces that a process supports and the bindings of its data to them.
"""


def page(marked: dict[str, list[str]]) -> str:
    """The whole page, from the links to the tests of each row."""
    parts = [_HEAD]
    for family in FAMILIES:
        parts.append(f"\n## {family.title}\n\n")
        if family.rules:
            parts.append(f"Rules about all of them: {_codes(family.rules)}.\n\n")
        parts.append("| element | runs in | rules | shown by |\n| --- | --- | --- | --- |\n")
        parts.extend(_line(row, family, marked.get(row.name, [])) for row in family.rows)
    parts += [_other_rules(), _PROPERTIES, _differences()]
    return "".join(parts)


def _other_rules() -> str:
    named = rules_named()
    left = {title: [code for code in rules if code not in named] for title, rules in GROUPS.items()}
    lines = [f"- {title}: {_codes(tuple(codes))}\n" for title, codes in left.items() if codes]
    return "\n## Rules about no single element\n\n" + "".join(lines)


def _differences() -> str:
    lines = [_OPINION]
    for name, difference in DIFFERENCES.items():
        lines.append(f"| {name.removeprefix('test_').replace('_', ' ')} | {difference.clause} | {difference.why} |\n")
    return "".join(lines)


def rules_named() -> set[str]:
    of_rows = {code for family in FAMILIES for row in family.rows for code in row.rules}
    return of_rows | {code for family in FAMILIES for code in family.rules}


def marked_tests() -> dict[str, list[str]]:
    """Row -> links to the tests that are marked with it, in the order of files and lines."""
    found: dict[str, list[str]] = {}
    for file in sorted(TESTS.glob("test_*.py")):
        module = importlib.import_module(".".join(file.relative_to(PROJECT).with_suffix("").parts))
        for name, function in vars(module).items():
            if name.startswith("test_") and function.__module__ == module.__name__:
                for row in dict.fromkeys(_rows(getattr(function, "pytestmark", []))):
                    found.setdefault(row, []).append(_link(file, name))
    return found


def _rows(marks: Iterable[pytest.Mark | pytest.MarkDecorator]) -> Iterator[str]:
    """Of the test as a whole, and of its parameters."""
    for mark in marks:
        if mark.name == "element":
            yield from mark.args
        elif mark.name == "parametrize":
            for parameters in mark.args[1]:
                yield from _rows(getattr(parameters, "marks", ()))


def _link(file: Path, test: str) -> str:
    return f"[{test.removeprefix('test_').replace('_', ' ')}](../{file.relative_to(PROJECT)})"


def _line(row: Row, family: Family, tests: list[str]) -> str:
    functions = ", ".join(f"`{name}`" for name in dict.fromkeys(map(_function, row.by)))
    rules = _codes(tuple(code for code in row.rules if code not in family.rules))
    return f"| {row.name} | {functions} | {rules} | {'<br>'.join(tests)} |\n"


def _function(function: Callable[..., Any]) -> str:
    return f"{function.__module__.removeprefix('engine.runtime.')}.{function.__qualname__}"


def _codes(codes: tuple[str, ...]) -> str:
    return ", ".join(f"`{code}`" for code in codes)


if __name__ == "__main__":
    print(page(marked_tests()), end="")  # the page is this program's output
