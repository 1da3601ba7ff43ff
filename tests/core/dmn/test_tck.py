"""The DMN Technology Compatibility Kit: every decision of its models, with the results that its authors expect."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from engine import dmn, feel
from tests.conformance.suites import TCK, tck_tests

XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
XSI_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
NUMBERS = {"decimal", "double", "float", "int", "integer", "long"}
TEMPORAL = {
    "date": "date(text)",
    "time": "time(text)",
    "dateTime": "date and time(text)",
    "duration": "duration(text)",
    "dayTimeDuration": "duration(text)",
    "yearMonthDuration": "duration(text)",
}
NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
JAVA_BOUND = {"0076-feel-external-java"}
"""Models whose functions are Java methods."""


def tag(node: Any) -> str:
    return etree.QName(node).localname if isinstance(node.tag, str) else ""


def child(node: Any, name: str) -> Any:
    return next((each for each in node if tag(each) == name), None)


def read_value(node: Any) -> Any:
    """The value of an inputNode, component, item or expected element."""
    if (listed := child(node, "list")) is not None:
        return [] if listed.get(XSI_NIL) == "true" else [read_value(item) for item in listed if tag(item) == "item"]
    components = [each for each in node if tag(each) == "component"]
    if components:
        return {component.get("name"): read_value(component) for component in components}
    value = child(node, "value")
    if value is None or value.get(XSI_NIL) == "true":
        return None
    text = value.text or ""
    kind = (value.get(XSI_TYPE) or "string").rpartition(":")[2]
    if kind in NUMBERS:
        return Decimal(text)
    if kind == "boolean":
        return text.strip() == "true"
    if kind in TEMPORAL:
        return feel.evaluate(TEMPORAL[kind], {"text": text.strip()})
    return text


def cases() -> Iterator[Any]:
    for file in tck_tests():
        if file.parent.name in JAVA_BOUND:
            continue
        root = etree.parse(file).getroot()
        model = file.parent / child(root, "modelName").text.strip()
        for case in (node for node in root if tag(node) == "testCase"):
            inputs = {node.get("name"): read_value(node) for node in case if tag(node) == "inputNode"}
            for result in (node for node in case if tag(node) == "resultNode"):
                name = f"{file.stem}/{case.get('id')}/{result.get('name')}"
                yield pytest.param(model, case, inputs, result, id=name)


def load(model: Path) -> dmn.Model:
    others = [path.read_bytes() for path in sorted(model.parent.glob("*.dmn")) if path != model]
    return dmn.parse(model.read_bytes(), imports=others)


def same(actual: Any, expected: Any) -> bool:
    """Equal in FEEL's sense, numbers to the precision that the expected value is written with."""
    if isinstance(expected, Decimal) and isinstance(actual, int | Decimal) and not isinstance(actual, bool):
        return abs(Decimal(actual) - expected) < Decimal("1e-8") * max(Decimal(1), abs(expected))
    if isinstance(expected, list) and isinstance(actual, list):
        return len(actual) == len(expected) and all(map(same, actual, expected))
    if isinstance(expected, dict) and isinstance(actual, dict):
        return actual.keys() == expected.keys() and all(same(actual[key], expected[key]) for key in expected)
    return type(actual) is type(expected) and bool(actual == expected)


@pytest.mark.skipif(not TCK.is_dir(), reason=f"the compatibility kit is not at {TCK}")
@pytest.mark.parametrize(("model", "case", "inputs", "result"), list(cases()) if TCK.is_dir() else [])
def test_the_decision_gives_what_the_kit_expects(model: Path, case: Any, inputs: dict[str, Any], result: Any) -> None:
    decision = case.get("invocableName") or result.get("name")
    actual = load(model).evaluate(decision, inputs, now=NOW)
    expected = child(result, "expected")
    wanted = None if expected is None else read_value(expected)
    assert same(actual, wanted), f"expected {wanted!r}, got {actual!r}"
