"""What expressions see of a form's data: the values of hidden fields are taken away, as form-js does it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine.forms.expressions import Evaluator, Scope, names
from engine.forms.schema import Node
from engine.forms.values import MISSING, Path, at, copied

_OF_ROWS = frozenset({"this", "_this_"})
_OF_PARENTS = frozenset({"parent", "_parent_"})


class VisibleData(Mapping[str, Any]):
    """The form's data by variable, without what a condition hides. A variable of which nothing is left is as it was at first.

    The conditions are evaluated over all data, hidden or not. A variable is looked through when it is first asked for, and again after
    one on which its conditions depend has changed.
    """

    def __init__(
        self, nodes: Sequence[Node], data: dict[str, Any], first: Mapping[str, Any], evaluator: Evaluator
    ) -> None:
        self._nodes, self._data, self._first, self._evaluator = nodes, data, first, evaluator
        self._found: dict[str, Any] = {}
        self._reads: dict[str, set[str] | None] = {}
        """The variables that the conditions within a variable read; None stands for all."""
        for node in nodes:
            self._note(node, (), in_list=False)

    def _note(self, node: Node, above: tuple[str, ...], *, in_list: bool) -> None:
        conditions = above if node.hide is None else (*above, node.hide)
        if node.kind != "group" and conditions:
            for top in node.tops:
                self._add(top, conditions, in_list=in_list)
        for child in node.children:
            self._note(child, conditions, in_list=in_list or node.kind == "list")

    def _add(self, top: str, conditions: tuple[str, ...], *, in_list: bool) -> None:
        reads = frozenset[str]().union(*map(names, conditions))
        so_far = self._reads.setdefault(top, {top})
        if so_far is None:
            return
        if reads & _OF_PARENTS or (reads & _OF_ROWS and not in_list) or not all(map(str.isidentifier, self._data)):
            self._reads[top] = None
        else:
            so_far |= reads

    def forget(self, changed: set[str]) -> None:
        """The variables have changed: what depends on them is looked through again."""
        for top in list(self._found):
            reads = self._reads[top]
            if reads is None or reads & changed:
                del self._found[top]

    def __getitem__(self, name: str) -> Any:
        if name not in self._reads:
            return self._data[name]
        if name not in self._found:
            self._found[name] = self._without_hidden(name)
        found = self._found[name]
        return self._first.get(name) if found is MISSING else found

    def __contains__(self, name: object) -> bool:
        return name in self._data

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)

    def _without_hidden(self, top: str) -> Any:
        hidden: list[Path] = []
        self._gather(self._nodes, Scope(self._data, self._data), (), top=top, found=hidden, is_hidden=False)
        if not hidden:
            return self._data.get(top, MISSING)
        left = {top: copied(self._data.get(top))}
        for path in hidden:
            _clear(left, path)
        return left.get(top, MISSING)

    def _gather(
        self, nodes: Sequence[Node], scope: Scope, path: Path, *, top: str, found: list[Path], is_hidden: bool
    ) -> None:
        for node in nodes:
            if top not in node.tops or not (is_hidden or node.is_conditional):
                continue
            where = (*path, *node.path)
            hidden = is_hidden or (node.hide is not None and self._evaluator.holds(node.hide, scope))
            if hidden and node.kind != "group":
                found.append(where)
            elif node.kind == "group":
                self._gather(node.children, scope, where, top=top, found=found, is_hidden=hidden)
            elif node.kind == "list":
                rows = at(self._data, where)
                for index, row in enumerate(rows if isinstance(rows, list) else ()):
                    inside = scope.row(row, index, parent=scope.this)
                    self._gather(node.children, inside, (*where, index), top=top, found=found, is_hidden=False)


def _clear(data: dict[str, Any], path: Path) -> None:
    """Take away what lies at the path, and what is empty then above it."""
    while path:
        above = at(data, path[:-1])
        if isinstance(above, dict):
            above.pop(path[-1], None)
        elif isinstance(above, list) and type(path[-1]) is int and path[-1] < len(above):
            above[path[-1]] = None
        left = isinstance(above, dict | list) and any(isinstance(above, dict) or each is not None for each in above)
        if left or above is MISSING:
            return
        path = path[:-1]
