"""Item definitions become FEEL's types, for `instance of` in the expressions of the file (DMN 1.5, 10.3.2.9.3)."""

from __future__ import annotations

from collections.abc import Mapping

from engine.dmn.model import ItemDefinition
from engine.feel.types import ANY, BUILT_IN, FUNCTION, ContextType, ListType, NamedType, Type


def feel_types(items: Mapping[str, ItemDefinition]) -> dict[str, Type]:
    """Return the type that each item definition's name stands for. Allowed values do not count for `instance of`."""
    return {name: _type_of(item) for name, item in items.items()}


def _type_of(item: ItemDefinition) -> Type:
    single = _single(item)
    return ListType(single) if item.is_collection else single


def _single(item: ItemDefinition) -> Type:
    if item.is_function:
        return FUNCTION
    if item.components:
        return ContextType(tuple((component.name, _type_of(component)) for component in item.components))
    if item.type_ref is None:
        return ANY
    return BUILT_IN.get(item.type_ref) or NamedType(item.type_ref)
