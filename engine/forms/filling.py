"""The server fills in a form with what was sent, as a person would: from the top to the bottom, and again as long as that opens something.

A field takes what was sent when nothing hides or locks it at that moment, over what is known and what fields above it or in an
earlier round have taken. So nothing that was sent for a locked or hidden field, or for a name outside the form, decides about any other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.errors import InvalidArgument
from engine.forms import rows, values
from engine.forms.expressions import Evaluator, Scope, names
from engine.forms.options import Options
from engine.forms.schema import Node, all_nodes, expression
from engine.forms.values import MISSING, Path
from engine.forms.visible import VisibleData

MAX_ROUNDS = 30
"""A chain of fields in which each opens the one above it may be so long; what would open later stays locked."""
MAX_FIELDS = 500_000
"""A form may have so many fields with those of its rows; a larger one is refused."""
_OF_ROWS = frozenset({"this", "parent", "i", "_this_", "_parent_", "_i_"})


class Filling:
    """A form is being filled in. `data` are all values, `taken` the places of the fields that took what was sent, and `lists` says which
    known row each row of a list was that took rows."""

    def __init__(self, nodes: Sequence[Node], known: Mapping[str, Any], evaluator: Evaluator) -> None:
        self.nodes, self.known, self.evaluator = nodes, known, evaluator
        tops = frozenset[str]().union(*(node.tops for node in nodes))
        self.data = {name: values.copied(value) if name in tops else value for name, value in known.items()}
        self.options = Options(known, self.value)
        self.fields = 0
        self._start(nodes, self.data)
        first = {name: values.copied(self.data.get(name)) for name in tops}
        self.visible = VisibleData(nodes, self.data, first, evaluator)
        self.taken: set[Path] = set()
        self.computed: set[Path] = set()
        self.lists: dict[Path, list[int | None]] = {}
        self.errors: dict[str, list[str]] = {}
        everything = all_nodes(nodes)
        read = frozenset[str]().union(*(names(source) for node in everything for source in node.sources()))
        self._asks_this = not read.isdisjoint({"this", "_this_"})
        self._asks_parent = not read.isdisjoint({"parent", "_parent_"})
        self._computes = any(node.kind == "expression" for node in everything)
        self._touched: set[str] = set()
        self._memory: dict[tuple[str, bool], Any] = {}
        """What expressions gave that are the same in all rows, until a field outside of the rows takes a value."""
        self._changed = self._blocked = False

    def fill(self, given: Mapping[str, Any]) -> None:
        for _ in range(MAX_ROUNDS):
            self._changed, self._blocked = False, self._computes
            self._walk(self.nodes, self.root(), given, ())
            if not (self._changed and self._blocked):
                break

    def root(self) -> Scope:
        """Return the scope of the form itself."""
        return Scope(self.visible, dict(self.visible) if self._asks_this else None)

    def inside(self, scope: Scope) -> dict[str, Any] | None:
        """Return `parent` for the rows of a list; it is made only for forms that ask for it."""
        if not self._asks_parent:
            return None
        return (scope if scope.i else Scope(self.visible, dict(self.visible))).as_parent()

    def holds(self, condition: str, scope: Scope) -> bool:
        return bool(self._remembered(condition, scope, is_condition=True))

    def value(self, source: str, scope: Scope) -> Any:
        return self._remembered(source, scope, is_condition=False)

    def is_hidden(self, node: Node, scope: Scope) -> bool:
        return node.hide is not None and self.holds(node.hide, scope)

    def is_locked(self, node: Node, scope: Scope) -> bool:
        if node.is_disabled or node.readonly is True:
            return True
        return isinstance(node.readonly, str) and self.holds(node.readonly, scope)

    def wrong(self, path: Path, message: str) -> None:
        found = self.errors.setdefault(".".join(map(str, path)), [])
        if message not in found:
            found.append(message)

    def _remembered(self, source: str, scope: Scope, *, is_condition: bool) -> Any:
        ask = self.evaluator.holds if is_condition else self.evaluator.value
        if not scope.i:
            if self._touched:
                self._refresh()
            return ask(source, self.root() if self._asks_this else scope)
        if not names(source).isdisjoint(_OF_ROWS):
            return ask(source, scope)
        key = (source, is_condition)
        if key not in self._memory:
            self._memory[key] = ask(source, scope)
        return self._memory[key]

    def _refresh(self) -> None:
        self.visible.forget(self._touched)
        self._touched.clear()
        self._memory.clear()

    def _start(self, nodes: Sequence[Node], inside: dict[str, Any]) -> None:
        """Give all fields below their first values."""
        for node in nodes:
            if node.kind == "group":
                self._start(node.children, _object(inside, node.path))
            elif node.kind == "list":
                self._start_rows(node, inside)
            else:
                self._count()
                value = values.at(inside, node.path)
                offered = self.options.first(node) if node.kind in self.options.KINDS else None
                values.put(inside, node.path, values.first_value(node.component, value, offered))

    def _start_rows(self, node: Node, inside: dict[str, Any]) -> None:
        found = values.at(inside, node.path)
        if not isinstance(found, list):
            wanted = node.component.get("defaultRepetitions", 1)
            found = [{} for _ in range(min(wanted, MAX_FIELDS) if type(wanted) is int else 1)]
        made = [row if isinstance(row, dict) else {} for row in found]
        values.put(inside, node.path, made)
        for row in made:
            self._count()
            self._start(node.children, row)

    def _count(self) -> None:
        self.fields += 1
        if self.fields > MAX_FIELDS:
            raise InvalidArgument(f"Expected a form with at most {MAX_FIELDS} fields in its rows. Send fewer rows.")

    def _walk(self, nodes: Sequence[Node], scope: Scope, given: Mapping[str, Any], path: Path) -> None:
        for node in nodes:
            where = (*path, *node.path)
            sent = values.at(given, node.path)
            if where in self.taken or (sent is MISSING and not self._computes):
                continue
            if self.is_hidden(node, scope) or self.is_locked(node, scope):
                self._blocked = True
            elif node.kind == "list":
                self._walk_list(node, scope, sent, where)
            elif node.kind == "group":
                self._walk_group(node, scope, sent, where)
            elif node.kind == "expression":
                self._compute(node, scope, where)
            elif sent is not MISSING:
                self._take(where, sent)
                self.taken.add(where)

    def _walk_group(self, node: Node, scope: Scope, sent: Any, where: Path) -> None:
        if sent is not MISSING and sent is not None and not isinstance(sent, Mapping):
            self.wrong(where, "Expected an object.")
        self._walk(node.children, scope, sent if isinstance(sent, Mapping) else {}, where)

    def _walk_list(self, node: Node, scope: Scope, sent: Any, where: Path) -> None:
        if sent is not MISSING and where not in self.lists and not self._take_rows(node, where, sent):
            return
        if not scope.i:
            self._refresh()
        parent = self.inside(scope)
        for index, row in enumerate(self._rows(where)):
            given = sent[index] if where in self.lists else None
            inside = scope.row(row, index, parent=parent)
            self._walk(node.children, inside, given if isinstance(given, Mapping) else {}, (*where, index))

    def _take_rows(self, node: Node, where: Path, sent: Any) -> bool:
        """Take up which rows there are; say whether they can be looked at."""
        known = self._rows(where)
        if not isinstance(sent, list):
            self.wrong(where, "Expected a list of rows.")
            return False
        if not node.rows_may_change and len(sent) != len(known):
            self.wrong(
                where, f"Expected {len(known)} rows, found {len(sent)}: rows are neither added nor removed here."
            )
            return False
        for index, row in enumerate(sent):
            if row is not None and not isinstance(row, Mapping):
                self.wrong((*where, index), "Expected an object.")
        open_names = {each.path[0] for child in node.children for each in _editable(child)}
        fixed = frozenset(name for row in known for name in row) - open_names
        which: list[int | None] = list(range(len(sent)))
        if node.rows_may_change:
            which = rows.matched(sent, known, fixed=fixed, new=self._new_row(node))
        self.lists[where] = which
        self._take(where, [self._new_row(node) if at is None else known[at] for at in which])
        return True

    def _rows(self, where: Path) -> list[dict[str, Any]]:
        """Return the rows of a list; none where another field of the form has put something else in its place."""
        found = values.at(self.data, where)
        return found if isinstance(found, list) and all(isinstance(row, dict) for row in found) else []

    def _new_row(self, node: Node) -> dict[str, Any]:
        row: dict[str, Any] = {}
        self._count()
        self._start(node.children, row)
        return row

    def _compute(self, node: Node, scope: Scope, where: Path) -> None:
        source = expression(node.component.get("expression"))
        value = None if source is None else self.value(source, scope)
        self.computed.add(where)
        if not values.same(value, values.at(self.data, where)):
            self._take(where, value)

    def _take(self, where: Path, value: Any) -> None:
        values.put(self.data, where, value)
        self._touched.add(str(where[0]))
        self._changed = True


def _editable(node: Node) -> list[Node]:
    """Return what a person may change below a node, where no expression decides it."""
    if node.is_disabled or node.readonly is True:
        return []
    if node.kind == "group" and not node.path:
        return [each for child in node.children for each in _editable(child)]
    return [node]


def _object(inside: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    if not path:
        return inside
    found = values.at(inside, path)
    if not isinstance(found, dict):
        found = {}
        values.put(inside, path, found)
    return found
