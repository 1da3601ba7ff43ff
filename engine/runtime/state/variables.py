"""An element instance holds variables, and sees those of the scopes around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.runtime.state.instance_state import State
from engine.runtime.state.memory import Json


class VisibleVariables(Mapping[str, Any]):
    """The visible variables are those that an element sees: its own, then those of each enclosing scope; `extra` before them all."""

    __slots__ = ("_chain",)

    def __init__(self, state: State, key: int | None, extra: Mapping[str, Any] | None = None) -> None:
        chain: list[Mapping[str, Any]] = [extra] if extra else []
        while key is not None:
            element = state.elements[key]
            if element.variables:
                chain.append(element.variables)
            key = element.scope
        self._chain = chain

    def __getitem__(self, name: str) -> Any:
        for variables in self._chain:
            if name in variables:
                return variables[name]
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return any(name in variables for variables in self._chain)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(name for variables in self._chain for name in variables))

    def __len__(self) -> int:
        return len(dict.fromkeys(name for variables in self._chain for name in variables))


def visible_variables(state: State, scope_key: int) -> Json:
    """Return a copy of all variables that the element instance sees; empty when it is gone."""
    return dict(VisibleVariables(state, scope_key)) if scope_key in state.elements else {}


def scope_variables(state: State, scope_key: int) -> Json:
    """Return a copy of the variables that the element instance holds itself; empty when it is gone."""
    element = state.elements.get(scope_key)
    return dict(element.variables or {}) if element else {}
