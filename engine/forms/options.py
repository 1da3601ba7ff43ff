"""What a field offers to choose from: the values in the form, a known variable, or what an expression gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine import exact_json
from engine.forms.expressions import Scope
from engine.forms.schema import Node, expression

Key = tuple[str, Any]


class Options:
    """The options of a form's fields. A variable that is named by `valuesKey` is read from what is known, never from what is sent."""

    KINDS = frozenset({"radio", "select", "checklist", "taglist"})

    def __init__(self, known: Mapping[str, Any], value: Callable[[str, Scope], Any]) -> None:
        self._known, self._value = known, value
        self._lists: dict[int, tuple[Any, list[Any]]] = {}
        self._keys: dict[int, tuple[Any, frozenset[Key]]] = {}

    def first(self, node: Node) -> list[Any] | None:
        """Return what a known value has to be one of when the form opens; None where an expression tells it."""
        if node.component.get("valuesExpression"):
            return None
        key = node.component.get("valuesKey")
        return self._normalised(self._variable(key) if key else node.component.get("values"))

    def offers(self, node: Node, value: Any, scope: Scope) -> bool:
        found = self._source(node, scope)
        entry = self._keys.get(id(found))
        if entry is None:
            entry = self._keys[id(found)] = (found, frozenset(map(_key, self._normalised(found))))
        return _key(value) in entry[1]

    def _source(self, node: Node, scope: Scope) -> Any:
        component = node.component
        if "valuesKey" in component:
            return self._variable(component["valuesKey"])
        if "values" in component:
            return component["values"]
        source = expression(component.get("valuesExpression"))
        return None if source is None else self._value(source, scope)

    def _variable(self, name: Any) -> Any:
        return self._known.get(name) if isinstance(name, str) else None

    def _normalised(self, found: Any) -> list[Any]:
        entry = self._lists.get(id(found))
        if entry is None:
            made = [value for each in found for value in _normalised(each)] if isinstance(found, list) else []
            entry = self._lists[id(found)] = (found, made)  # kept, so that its id stays its own
        return entry[1]


def _normalised(option: Any) -> list[Any]:
    """Return the option's value in a list; an empty list for what is none, as form-js sees it."""
    if not isinstance(option, Mapping):
        return [option] if _is_plain(option) else []
    value, label = option.get("value"), option.get("label")
    allowed = bool(value) if isinstance(value, Mapping | list) else _is_plain(value)
    return [value] if allowed and (_is_plain(value) or (isinstance(label, str) and label)) else []


def _is_plain(value: Any) -> bool:
    return value is not None and value != "" and not isinstance(value, Mapping | list)


def _key(value: Any) -> Key:
    if isinstance(value, Mapping | list):
        return "json", exact_json.encode(value)
    return type(value).__name__ if isinstance(value, bool | str) or value is None else "number", value
