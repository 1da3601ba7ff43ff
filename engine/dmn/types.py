"""Types of decisions say whether a value conforms to them, and what the standard makes of it where it does not (DMN 1.5, 10.3.2.9).

Implicit conversions: to a list of one, from a list of one, from a date to midnight UTC (10.3.2.9.4). Where nothing fits: null and a
warning. Input data, which often comes from JSON, may give the ISO 8601 text of a date, time or duration, and leave out components,
which are null then; any other context must have all components of its type.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from engine import feel
from engine.dmn.linking import files_from
from engine.dmn.model import Definitions, ItemDefinition

MAX_NESTING = 50
"""Types that refer to themselves are followed so many levels deep; deeper values are not looked at."""

_SYNONYMS = {
    "datetime": "date and time",
    "daytimeduration": "days and time duration",
    "yearmonthduration": "years and months duration",
    "dateandtime": "date and time",
    "any": "Any",
    "integer": "number",
    "long": "number",
    "double": "number",
}

_FROM_TEXT: dict[str, feel.Expression] = {
    "date": feel.compile("date(text)"),
    "time": feel.compile("time(text)"),
    "date and time": feel.compile("date and time(text)"),
    "days and time duration": feel.compile("duration(text)"),
    "years and months duration": feel.compile("duration(text)"),
}

_MIDNIGHT = feel.compile('date and time(day, time("00:00:00Z"))')


class Host(Protocol):
    def value(self, expression: feel.Expression, scope: Mapping[str, Any]) -> Any: ...

    def test(self, expression: feel.Expression, value: Any, scope: Mapping[str, Any]) -> bool: ...

    def warn(self, message: str) -> None: ...

    def spend(self, steps: int) -> None: ...


class Types:
    """One file can name these types: its own, those of its imports by `import.Type`, and FEEL's."""

    def __init__(self, models: Mapping[str, Definitions], namespace: str, host: Host) -> None:
        self._models = models
        self._namespace = namespace
        self._host = host

    def input(self, value: Any, type_ref: str | None, what: str) -> Any:
        """Coerce input data like `coerce`, with ISO texts accepted for dates, times and durations, and missing components null, at any
        depth."""
        if type_ref is None or value is None:
            return value
        return self.coerce(self._from_json(value, type_ref, 0), type_ref, what)

    def coerce(self, value: Any, type_ref: str, what: str) -> Any:
        if value is None or self._conforms(value, type_ref, 0):
            return value
        for convert in (_singleton_list, _only_item, self._midnight):
            converted = convert(value)
            if converted is not None and self._conforms(converted, type_ref, 0):
                return converted
        self._host.warn(f"Expected {what} to be of type '{type_ref}', got {feel.shown(value)}")
        return None

    def result_of(self, type_ref: str | None) -> str | None:
        """Return the type of what a function gives whose variable has this type: a function's type, or, as many files write, just that
        of its result."""
        item = None if type_ref is None else self._found(type_ref)[0]
        return item.output_type if item is not None and item.is_function else type_ref

    # --- conformance

    def _conforms(self, value: Any, type_ref: str, depth: int) -> bool:
        if value is None or depth > MAX_NESTING:
            return True
        item, types = self._found(type_ref)
        if item is not None:
            return types._conforms_to_item(value, item, depth)
        check = _BUILT_IN.get(_canonical(type_ref))
        return True if check is None else check(value)

    def _conforms_to_item(self, value: Any, item: ItemDefinition, depth: int) -> bool:
        if item.is_function:
            return isinstance(value, feel.Function)
        if item.is_collection:
            if not isinstance(value, list):
                return False
            self._host.spend(len(value))
            if not all(self._one_conforms(each, item, depth) for each in value):
                return False
        elif not self._one_conforms(value, item, depth):
            return False
        return item.type_constraint is None or self._host.test(item.type_constraint, value, {})

    def _one_conforms(self, value: Any, item: ItemDefinition, depth: int) -> bool:
        if value is None:
            return True
        if item.components:
            if not isinstance(value, Mapping):
                return False
            if not all(self._component_conforms(value, component, depth) for component in item.components):
                return False
        elif item.type_ref is not None and not self._conforms(value, item.type_ref, depth + 1):
            return False
        return item.allowed_values is None or self._host.test(item.allowed_values, value, {})

    def _component_conforms(self, value: Mapping[str, Any], component: ItemDefinition, depth: int) -> bool:
        if component.name not in value:
            return False
        found = value[component.name]
        return found is None or self._conforms_to_item(found, component, depth + 1)

    # --- conversions

    def _midnight(self, value: Any) -> Any:
        return self._host.value(_MIDNIGHT, {"day": value}) if _BUILT_IN["date"](value) else None

    def _from_json(self, value: Any, type_ref: str, depth: int) -> Any:
        if depth > MAX_NESTING:
            return value
        item, types = self._found(type_ref)
        if item is not None:
            return types._item_from_json(value, item, depth)
        expression = _FROM_TEXT.get(_canonical(type_ref))
        if expression is None or not isinstance(value, str):
            return value
        converted = self._host.value(expression, {"text": value})
        return value if converted is None else converted

    def _item_from_json(self, value: Any, item: ItemDefinition, depth: int) -> Any:
        if isinstance(value, list) and item.is_collection:
            return [self._one_from_json(each, item, depth) for each in value]
        return self._one_from_json(value, item, depth)

    def _one_from_json(self, value: Any, item: ItemDefinition, depth: int) -> Any:
        if item.components and isinstance(value, Mapping):
            converted = dict(value)
            for component in item.components:
                found = converted.get(component.name)
                converted[component.name] = None if found is None else self._item_from_json(found, component, depth + 1)
            return converted
        return value if item.type_ref is None else self._from_json(value, item.type_ref, depth + 1)

    # --- names

    def _found(self, type_ref: str) -> tuple[ItemDefinition | None, Types]:
        """Return the definition that the name stands for, and the names that hold within it."""
        here = self._models[self._namespace]
        own = here.items.get(type_ref)
        if own is not None:
            return own, self
        prefix, dot, rest = type_ref.partition(".")
        if dot and here.imports.get(prefix) in self._models:
            return Types(self._models, here.imports[prefix], self._host)._found(rest)
        for file in files_from(self._namespace, self._models):
            if type_ref in file.items:
                return file.items[type_ref], Types(self._models, file.namespace, self._host)
        return None, self


def _singleton_list(value: Any) -> Any:
    return [value] if not isinstance(value, list) else None


def _only_item(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else None


def _instance_of(name: str) -> Callable[[Any], bool]:
    wanted = feel.types.BUILT_IN[name]

    def conforms(value: Any) -> bool:
        return wanted.contains(feel.normalise(value))

    return conforms


_BUILT_IN: dict[str, Callable[[Any], bool]] = {
    name: _instance_of(name)
    for name in (
        "number",
        "string",
        "boolean",
        "date",
        "time",
        "date and time",
        "days and time duration",
        "years and months duration",
    )
} | {"context": lambda value: isinstance(value, Mapping), "Any": lambda _: True}


def _canonical(type_ref: str) -> str:
    return _SYNONYMS.get(type_ref.replace(" ", "").lower(), type_ref.strip())
