"""camunda:inputOutput has parameters whose values are texts, expressions, lists, maps or scripts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from lxml import etree

from engine import feel
from engine.bpmn.dialects.vendor import Vendor
from engine.bpmn.document import line_of, text_of
from engine.bpmn.expressions import Expression, Language
from engine.bpmn.languages import language_named
from engine.bpmn.model import VariableMapping

Evaluate = Callable[[Expression], Any]


@dataclass(frozen=True, slots=True)
class Composed:
    """This is a list or map of expressions, with the interface of a compiled expression."""

    build: Callable[[Evaluate], Any]
    parts: tuple[Expression, ...]

    def evaluate(
        self,
        context: Mapping[str, Any],
        *,
        now: datetime | None = None,
        budget: feel.Budget | None = None,
        warnings: list[feel.Warning] | None = None,
    ) -> Any:
        assert now is not None
        return self.build(partial(_evaluated, context=context, now=now, budget=budget, warnings=warnings))

    def names_in(self, context: Mapping[str, Any]) -> frozenset[str]:
        compiled = [part.compiled for part in self.parts if part.compiled is not None]
        return frozenset().union(*(each.names_in(context) for each in compiled))


def _evaluated(part: Expression, **given: Any) -> Any:
    return part.evaluate(**given)


def mappings_of(vendor: Vendor) -> tuple[tuple[VariableMapping, ...], tuple[VariableMapping, ...]]:
    """Return the input and output parameters of the element."""
    inputs, outputs = [], []
    for group in vendor.elements("inputOutput"):
        inputs += [
            mapping
            for parameter in vendor.elements("inputParameter", within=group)
            for mapping in _mapping(vendor, parameter)
        ]
        outputs += [
            mapping
            for parameter in vendor.elements("outputParameter", within=group)
            for mapping in _mapping(vendor, parameter)
        ]
    return tuple(inputs), tuple(outputs)


def _mapping(vendor: Vendor, parameter: etree._Element) -> list[VariableMapping]:
    name = (parameter.get("name") or "").strip()
    if not name:
        vendor.problem("mapping-incomplete", "A parameter of inputOutput has no name", at=parameter)
        return []
    return [VariableMapping(_value(vendor, parameter, what=f"parameter {name!r}"), name)]


def _value(vendor: Vendor, holder: etree._Element, *, what: str) -> Expression:
    """Return the value of a parameter, list item or map entry."""
    inner = next((found for found in holder if isinstance(found.tag, str)), None)
    if inner is None:
        text = text_of(holder)
        if not text:
            return Expression("", Language.LITERAL, line_of(holder))
        return vendor.compiler.expression(
            text, default=Language.LITERAL, what=what, element=vendor.element, line=line_of(holder)
        )
    kind = str(inner.tag).rpartition("}")[2]
    if kind == "value":
        return _value(vendor, inner, what=what)
    if kind == "list":
        items = [_item(vendor, found, what=what) for found in inner if isinstance(found.tag, str)]
        return _composed(inner, items, lambda value_of: [value_of(item) for item in items])
    if kind == "map":
        entries = {
            found.get("key", ""): _value(vendor, found, what=what) for found in vendor.elements("entry", within=inner)
        }
        return _composed(
            inner,
            list(entries.values()),
            lambda value_of: {key: value_of(value) for key, value in entries.items()},
        )
    if kind == "script":
        return _script(vendor, inner, what=what)
    vendor.problem(
        "extension-unknown",
        f"{vendor.prefix}:{kind} as the value of {what} is not known; write an expression",
        at=inner,
    )
    return Expression("", Language.LITERAL, line_of(inner))


def _item(vendor: Vendor, found: etree._Element, *, what: str) -> Expression:
    if str(found.tag).rpartition("}")[2] == "script":
        return _script(vendor, found, what=what)
    return _value(vendor, found, what=what)


def _composed(element: etree._Element, parts: list[Expression], build: Callable[[Evaluate], Any]) -> Expression:
    source = etree.tostring(element, encoding="unicode", with_tail=False).strip()
    return Expression(source, Language.JUEL, line_of(element), Composed(build, tuple(parts)))


def _script(vendor: Vendor, element: etree._Element, *, what: str) -> Expression:
    language = language_named(element.get("scriptFormat"))
    if language is None:
        vendor.problem(
            "script-language",
            f"The script of {what} is in {element.get('scriptFormat')!r}; write an expression in FEEL ('=...') instead",
            at=element,
        )
        return Expression("", Language.LITERAL, line_of(element))
    return vendor.compiler.expression(
        text_of(element), default=language, what=what, element=vendor.element, line=line_of(element)
    )
