"""The literal expressions of the DMN TCK's models, evaluated without a decision engine.

Only decisions that need nothing but input data, or other such decisions, are run here; the models as a whole belong to the tests
of decisions.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from engine import feel
from engine.feel import types as feel_types
from tests.conformance.suites import TCK, tck_tests

NOW = datetime(2024, 2, 29, 12, 0, tzinfo=UTC)

pytestmark = pytest.mark.skipif(not TCK.is_dir(), reason=f"the compatibility kit is not at {TCK}")


def children(node: Any, name: str) -> list[Any]:
    return node.findall(f"{{*}}{name}")


class Model:
    def __init__(self, path: Path) -> None:
        self.root = etree.parse(path).getroot()
        self.by_id = {element.get("id"): element for element in self.root if isinstance(element.tag, str)}
        self.items = {element.get("name"): element for element in children(self.root, "itemDefinition")}

    def decision(self, name: str) -> Any:
        return next((found for found in children(self.root, "decision") if found.get("name") == name), None)

    def types(self) -> dict[str, feel_types.Type]:
        return {name: self.type_of(element) for name, element in self.items.items()}

    def type_of(self, element: Any) -> feel_types.Type:
        components = children(element, "itemComponent")
        if components:
            made: feel_types.Type = feel_types.ContextType(tuple((c.get("name"), self.type_of(c)) for c in components))
        else:
            reference = children(element, "typeRef")
            name = (reference[0].text or "").split(":")[-1].strip() if reference else "Any"
            made = feel_types.BUILT_IN.get(name) or (
                self.type_of(self.items[name]) if name in self.items else feel_types.ANY
            )
        return feel_types.ListType(made) if element.get("isCollection") == "true" else made

    def requirements(self, decision: Any) -> Iterator[tuple[str, Any]]:
        for requirement in children(decision, "informationRequirement"):
            for kind in ("requiredInput", "requiredDecision"):
                for reference in children(requirement, kind):
                    yield kind, self.by_id.get(reference.get("href").lstrip("#"))

    def source(self, decision: Any) -> str | None:
        text = decision.find("{*}literalExpression/{*}text")
        return None if text is None or not text.text else text.text

    def is_plain(self, decision: Any) -> bool:
        if decision is None or self.source(decision) is None or children(decision, "knowledgeRequirement"):
            return False
        return all(
            element is not None and (kind == "requiredInput" or self.is_plain(element))
            for kind, element in self.requirements(decision)
        )

    def evaluate(self, decision: Any, inputs: dict[str, Any]) -> Any:
        context = {}
        for kind, element in self.requirements(decision):
            name = element.get("name")
            context[name] = inputs.get(name) if kind == "requiredInput" else self.evaluate(element, inputs)
        names = [name for name in context if " " in name]
        compiled = feel.compile(self.source(decision) or "", names=names, types=self.types())
        return compiled.evaluate(context, now=NOW)


def value_of(node: Any) -> Any:
    """The value of an input or an expected result in the TCK's XML."""
    for found in children(node, "list"):
        return [value_of(item) for item in children(found, "item")]
    components = children(node, "component")
    if components:
        return {component.get("name"): value_of(component) for component in components}
    for found in children(node, "value"):
        if found.get("{http://www.w3.org/2001/XMLSchema-instance}nil") == "true":
            return None
        kind = (found.get("{http://www.w3.org/2001/XMLSchema-instance}type") or "xsd:string").split(":")[-1]
        return typed(found.text or "", kind)
    return None


def typed(text: str, kind: str) -> Any:
    if kind in ("decimal", "double", "integer", "int"):
        return Decimal(text)
    if kind == "boolean":
        return text == "true"
    if kind in ("date", "time", "dateTime", "duration"):
        function = {"dateTime": "date and time"}.get(kind, kind)
        return feel.evaluate(f"{function}(text)", {"text": text})
    return text


def close(actual: Any, expected: Any) -> bool:
    """Equal; numbers as near as the TCK writes them."""
    if isinstance(expected, Decimal) and isinstance(actual, Decimal):
        return abs(actual - expected) <= max(abs(expected), Decimal(1)) * Decimal("1e-8")
    if isinstance(expected, list) and isinstance(actual, list):
        return len(actual) == len(expected) and all(map(close, actual, expected))
    if isinstance(expected, dict) and isinstance(actual, dict):
        return actual.keys() == expected.keys() and all(close(actual[key], expected[key]) for key in expected)
    return type(actual) is type(expected) and actual == expected


def cases() -> Iterator[Any]:
    for tests in tck_tests():
        root = etree.parse(tests).getroot()
        name = next((found.text for found in children(root, "modelName")), None)
        path = tests.parent / (name or "")
        if not name or not path.is_file():
            continue
        model = Model(path)
        for case in children(root, "testCase"):
            inputs = {node.get("name"): value_of(node) for node in children(case, "inputNode")}
            for node in children(case, "resultNode"):
                decision = model.decision(node.get("name"))
                expected = children(node, "expected")
                if model.is_plain(decision) and expected:
                    label = f"{tests.parent.name}-{case.get('id')}-{node.get('name')}"
                    yield pytest.param(model, decision, inputs, expected[0], id=label)


@pytest.mark.parametrize(("model", "decision", "inputs", "expected"), list(cases()) if TCK.is_dir() else [])
def test_a_literal_expression_has_the_value_that_the_tck_expects(
    model: Model, decision: Any, inputs: dict[str, Any], expected: Any
) -> None:
    actual = model.evaluate(decision, inputs)
    wanted = value_of(expected)
    assert close(actual, wanted), f"{model.source(decision)!r} gave {actual!r}, expected {wanted!r}"
