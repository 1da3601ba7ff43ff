"""A Python script may not hold what the sandbox that runs it does not know (pydantic-monty 1.4.0)."""

from __future__ import annotations

import ast
from collections.abc import Iterator

MAX_SCRIPT = 100_000
"""A script may have so many characters; a longer one is a problem of the deployment: its syntax tree is made outside the sandbox."""

_STATEMENTS: dict[type[ast.AST], str] = {
    ast.Delete: "the statement 'del'",
    ast.Yield: "'yield'",
    ast.YieldFrom: "'yield from'",
    ast.TryStar: "'except*'",
    ast.AsyncFor: "'async for'",
    ast.AsyncWith: "'async with'",
}
MODULES = frozenset(
    {
        *(
            "asyncio",
            "base64",
            "bisect",
            "collections",
            "copy",
            "csv",
            "dataclasses",
            "datetime",
            "decimal",
            "functools",
        ),
        *(
            "hashlib",
            "itertools",
            "json",
            "math",
            "os",
            "pathlib",
            "random",
            "re",
            "sys",
            "time",
            "typing",
            "unicodedata",
        ),
    }
)
"""The sandbox has these modules; what of them would reach the machine is missing or refused when it runs."""


def unsupported(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Return the line and the name of each thing in the script that the sandbox would refuse, in order of lines."""
    found = [(getattr(node, "lineno", 1), text) for node in ast.walk(tree) for text in _named(node)]
    yield from sorted(found)


def _named(node: ast.AST) -> Iterator[str]:
    text = _STATEMENTS.get(type(node))
    if text is not None:
        yield text
    elif isinstance(node, ast.ClassDef):
        if node.bases or node.keywords:
            yield "a class that inherits"
        for each in node.body:
            if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) and each.decorator_list:
                yield "a decorated method"
    elif isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
        if any(each.is_async for each in node.generators):
            yield "an asynchronous comprehension"
    elif isinstance(node, ast.ImportFrom):
        if any(each.name == "*" for each in node.names):
            yield "'import *'"
        if node.level or node.module is None:
            yield "a relative import"
        elif node.module.partition(".")[0] not in MODULES:
            yield f"the module '{node.module}'"
    elif isinstance(node, ast.Import):
        yield from (f"the module '{each.name}'" for each in node.names if each.name.partition(".")[0] not in MODULES)
