"""What the sandbox for scripts does not know is a problem of the deployment, with its line."""

from __future__ import annotations

import ast

import pytest

from engine.bpmn import parse
from engine.bpmn.python_scripts import unsupported
from tests.core.bpmn.broken import BROKEN


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("del x", (1, "the statement 'del'")),
        ("def f():\n    yield 1", (2, "'yield'")),
        ("def f():\n    yield from g()", (2, "'yield from'")),
        ("f = lambda: (yield)", (1, "'yield'")),
        ("try:\n    pass\nexcept* ValueError:\n    pass", (1, "'except*'")),
        ("async def f():\n    async for x in y:\n        pass", (2, "'async for'")),
        ("async def f():\n    async with y:\n        pass", (2, "'async with'")),
        ("async def f():\n    return [x async for x in y]", (2, "an asynchronous comprehension")),
        ("class A(B):\n    pass", (1, "a class that inherits")),
        ("class A(metaclass=B):\n    pass", (1, "a class that inherits")),
        ("class A:\n    @property\n    def b(self): return 1", (1, "a decorated method")),
        ("from math import *", (1, "'import *'")),
        ("from . import a", (1, "a relative import")),
        ("x = 1\nimport socket", (2, "the module 'socket'")),
        ("import json, subprocess", (1, "the module 'subprocess'")),
        ("from urllib.request import urlopen", (1, "the module 'urllib.request'")),
    ],
)
def test_what_the_sandbox_does_not_know_is_named_with_its_line(source: str, expected: tuple[int, str]) -> None:
    assert list(unsupported(ast.parse(source))) == [expected]


def test_all_that_is_wrong_is_named_in_order_of_lines() -> None:
    source = "import socket\nx = 1\ndel x\nfrom os import *"
    assert [line for line, _ in unsupported(ast.parse(source))] == [1, 3, 4]


@pytest.mark.parametrize(
    "source",
    [
        "import json, re, datetime as dt\nfrom decimal import Decimal\nx = Decimal(1)",
        "class A:\n    def __init__(self): self.x = 1\ny = A().x",
        "match x:\n    case {'a': y}: z = y\n    case _: pass",
        "x = [i for i in range(3) if i]\ny = {a: b for a, b in []}\nwhile False: pass\nelse: z = 1",
        "def f(a, /, b=1, *c, d, **e): return lambda: a\nx = (y := 2)",
    ],
)
def test_what_the_sandbox_runs_is_let_through(source: str) -> None:
    assert list(unsupported(ast.parse(source))) == []


def test_the_line_of_a_problem_is_that_in_the_file() -> None:
    (problem,) = [each for each in parse(BROKEN["script-unsupported"]).problems if each.code == "script-unsupported"]
    text = BROKEN["script-unsupported"]
    lines = (text if isinstance(text, str) else text.decode()).splitlines()
    assert problem.line is not None
    assert "del a" in lines[problem.line - 1]
    assert "line 2" in problem.message
