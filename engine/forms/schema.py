"""A form-js schema is read into a tree of what can hold data: fields, groups and lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.definitions.form_fields import MAX_COMPONENTS, MAX_DEPTH

FIELDS = frozenset(
    {
        *("textfield", "textarea", "number", "datetime", "expression", "filepicker"),
        *("checkbox", "checklist", "radio", "select", "taglist"),
    }
)
"""These components hold a value under a key; all others but groups and lists only show something."""


@dataclass(slots=True, eq=False)
class Node:
    """A node is a component that holds data: a field with a key, or a group or a list with other nodes in it."""

    component: Mapping[str, Any]
    kind: str
    """A field's type, `group` or `list`."""
    path: tuple[str, ...]
    """Leads from the data of the container to the value; empty for a group that is only drawn as one."""
    hide: str | None
    """The condition that hides it, an expression without `=`."""
    readonly: str | bool
    children: list[Node] = field(default_factory=list)
    tops: frozenset[str] = frozenset()
    """The variables in which its values lie."""
    is_conditional: bool = False
    """A condition hides it, or something in it."""

    @property
    def is_disabled(self) -> bool:
        return bool(self.component.get("disabled"))

    @property
    def rows_may_change(self) -> bool:
        return bool(self.component.get("allowAddRemove", True))

    def everything(self) -> list[Node]:
        """Return the node and all below it."""
        return [self, *(each for child in self.children for each in child.everything())]

    def sources(self) -> list[str]:
        """Return its expressions."""
        rules = self.component.get("validate")
        texts = [self.component.get("valuesExpression"), self.component.get("expression")]
        texts += rules.values() if isinstance(rules, Mapping) else ()
        found = [self.hide, self.readonly, *map(expression, texts)]
        return [each for each in found if isinstance(each, str)]


def read(schema: Mapping[str, Any]) -> list[Node]:
    """Return the nodes of a form. Raises ValueError for one that is too deep or too large."""
    return _Reader().nodes(schema.get("components"), above=(), depth=0)


class _Reader:
    def __init__(self) -> None:
        self.count = 0

    def nodes(self, components: Any, *, above: tuple[str, ...], depth: int) -> list[Node]:
        if depth > MAX_DEPTH:
            raise ValueError(f"Expected groups and lists at most {MAX_DEPTH} deep in the form.")
        found: list[Node] = []
        for component in components if isinstance(components, list) else ():
            self.count += 1
            if self.count > MAX_COMPONENTS:
                raise ValueError(f"Expected at most {MAX_COMPONENTS} components in the form.")
            node = _node(component) if isinstance(component, Mapping) else None
            if node is None:
                continue
            whole = (*above, *node.path)
            if node.kind in ("group", "list"):
                node.children = self.nodes(component.get("components"), above=whole, depth=depth + 1)
            below = [each.tops for each in node.children]
            node.tops = frozenset(whole[:1]) if whole else frozenset().union(*below)
            node.is_conditional = node.hide is not None or any(each.is_conditional for each in node.children)
            found.append(node)
        return found


def _node(component: Mapping[str, Any]) -> Node | None:
    kind, path = component.get("type"), component.get("path")
    if kind in FIELDS:
        path = component.get("key")
    elif kind == "dynamiclist":
        kind = "list" if component.get("isRepeating", True) else "group"
    elif kind != "group":
        return None
    names = tuple(path.split(".")) if isinstance(path, str) and path else ()
    if kind != "group" and not names:
        return None  # form-js gives it a random name
    conditional = component.get("conditional")
    hide = conditional.get("hide") if isinstance(conditional, Mapping) else None
    readonly = component.get("readonly")
    return Node(
        component=component,
        kind=str(kind),
        path=names,
        hide=expression(hide),
        readonly=expression(readonly) or bool(readonly),
    )


def expression(text: Any) -> str | None:
    """Return what follows the `=` of an expression; None for anything else."""
    return text[1:] if isinstance(text, str) and text.startswith("=") else None


def all_nodes(nodes: Sequence[Node]) -> list[Node]:
    return [each for node in nodes for each in node.everything()]
