"""The answers of a person are checked here against the form-js schema, as the form itself does in the browser.

The browser's checks are for the person, these are for the process: nobody can complete a user task with data that its form
does not allow. Fields behind a condition are checked when the condition shows them. What each kind of field allows is in `fields`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.actors import ENGINE
from engine.definitions import trying_out
from engine.errors import InvalidArgument
from engine.forms import fields

_GROUPS = frozenset({"group", "columns"})
_OUTPUT_ONLY = frozenset(
    {"text", "html", "image", "iframe", "separator", "spacer", "button", "table", "documentPreview", "expression"}
)
_MAX_DEPTH = 20
"""Levels of groups and lists that are checked, at most; what lies deeper is not checked."""

Errors = dict[str, list[str]]


class FormRejected(InvalidArgument):
    """The form does not allow what was filled in. `errors` holds messages by the fields' keys (`items.0.name` inside lists)."""

    title = "The form has mistakes"

    def __init__(self, errors: Errors) -> None:
        self.errors = errors
        name, messages = next(iter(errors.items()))
        more = f" (and {len(errors) - 1} more fields)" if len(errors) > 1 else ""
        super().__init__(f"{name}: {messages[0]}{more}")


def accepted(schema: Mapping[str, Any], given: Mapping[str, Any], *, known: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of `given` that become variables; raise FormRejected for what the form does not allow.

    `known` are the variables that the form showed. Values of disabled and read-only fields are dropped; values that belong to no
    field are kept, for clients may send more than the form has.
    """
    checker = _Checker({**known, **given})
    checker.walk(schema.get("components") or [], given, prefix="", depth=0)
    if checker.errors:
        raise FormRejected(checker.errors)
    return {name: value for name, value in given.items() if name not in checker.locked}


class _Checker:
    """A checker walks over the components of a form and what was filled in, and collects the mistakes."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = values
        self.errors: Errors = {}
        self.locked: set[str] = set()
        """Top-level names of fields that nobody may fill in."""

    def walk(self, components: list[Any], data: Mapping[str, Any], *, prefix: str, depth: int) -> None:
        for component in components:
            if not isinstance(component, Mapping) or depth > _MAX_DEPTH or self._is_hidden(component):
                continue
            kind = component.get("type")
            if kind in _GROUPS:
                inside, path = self._below(component, data, prefix)
                self.walk(component.get("components") or [], inside, prefix=path, depth=depth + 1)
            elif kind == "dynamiclist":
                self._walk_list(component, data, prefix=prefix, depth=depth)
            elif kind not in _OUTPUT_ONLY and isinstance(component.get("key"), str):
                self._field(component, data, prefix=prefix)

    def _below(
        self, component: Mapping[str, Any], data: Mapping[str, Any], prefix: str
    ) -> tuple[Mapping[str, Any], str]:
        path = component.get("path")
        if not isinstance(path, str) or not path:
            return data, prefix
        return fields.mapping(fields.at(data, path)), f"{prefix}{path}."

    def _walk_list(self, component: Mapping[str, Any], data: Mapping[str, Any], *, prefix: str, depth: int) -> None:
        path = component.get("path")
        rows = fields.at(data, path) if isinstance(path, str) and path else None
        if rows is None:
            return
        if not isinstance(rows, list):
            self._wrong(f"{prefix}{path}", "Expected a list.")
            return
        for index, row in enumerate(rows):
            if not isinstance(row, Mapping):
                self._wrong(f"{prefix}{path}.{index}", "Expected an object.")
                continue
            inside = component.get("components") or []
            self.walk(inside, row, prefix=f"{prefix}{path}.{index}.", depth=depth + 1)

    def _field(self, component: Mapping[str, Any], data: Mapping[str, Any], *, prefix: str) -> None:
        key = component["key"]
        if self._is_locked(component):
            self.locked.add((prefix + key).split(".")[0])
            return
        value = fields.at(data, key)
        for message in fields.mistakes(component, value, self.values):
            self._wrong(prefix + key, message)

    def _is_locked(self, component: Mapping[str, Any]) -> bool:
        return component.get("disabled") is True or self._holds(component.get("readonly"))

    def _is_hidden(self, component: Mapping[str, Any]) -> bool:
        conditional = component.get("conditional")
        return isinstance(conditional, Mapping) and self._holds(conditional.get("hide"))

    def _holds(self, condition: Any) -> bool:
        """Return whether a condition is true, or an expression that gives true. One that cannot be evaluated does not hold, as in
        the browser.
        """
        if not isinstance(condition, str):
            return condition is True
        try:
            return trying_out.evaluate(condition, self.values, by=ENGINE).result is True
        except InvalidArgument:
            return False

    def _wrong(self, key: str, message: str) -> None:
        self.errors.setdefault(key, []).append(message)
