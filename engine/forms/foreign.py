"""Names that no field of a form has are refused or dropped, by the form's own word or the installation's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings

from engine.forms import values
from engine.forms.filling import Filling
from engine.forms.schema import Node
from engine.forms.values import MISSING, Path

REFUSE, DROP = "refuse", "drop"
PROPERTY = "foreignNames"
"""The property of a form, among its `properties`, that says what becomes of names outside it."""
_MOST = 20
"""So many foreign names are told of."""

_Names = dict[str, Any]


def are_refused(form: Mapping[str, Any]) -> bool:
    properties = form.get("properties")
    word = properties.get(PROPERTY) if isinstance(properties, Mapping) else None
    return bool((word if word in (REFUSE, DROP) else settings.STEPWELL_FORM_FOREIGN_NAMES) == REFUSE)


def refuse(nodes: Sequence[Node], filling: Filling, given: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    """Note an error for each name that was sent and that the form does not have, unless it has the value that is known anyway."""
    _Search(filling).look(_names(nodes), given, known, ())


def _names(nodes: Sequence[Node]) -> _Names:
    """Return the names of these nodes, nested: None for a field, a list of the names in its rows for a list."""
    found: _Names = {}
    for node in nodes:
        inside = found
        for name in node.path[:-1]:
            inside = _below(inside, name)
        below: Any = None if node.kind not in ("group", "list") else _names(node.children)
        if not node.path:
            _merge(inside, below)
        elif node.kind == "group":
            _merge(_below(inside, node.path[-1]), below)
        else:
            inside[node.path[-1]] = None if below is None else [below]
    return found


def _below(names: _Names, name: str) -> _Names:
    """Return the names below a name; where another field has the place they are gathered for nobody."""
    found = names.setdefault(name, {})
    return found if isinstance(found, dict) else {}


def _merge(into: _Names, names: _Names) -> None:
    for name, below in names.items():
        if isinstance(below, dict) and isinstance(into.get(name), dict):
            _merge(into[name], below)
        else:
            into[name] = below


class _Search:
    def __init__(self, filling: Filling) -> None:
        self.filling = filling
        self.found = 0

    def look(self, names: _Names, given: Any, known: Any, path: Path, *, kept: frozenset[str] = frozenset()) -> None:
        """`kept` are names that need not be as known: a row has them already, and keeps what is under them."""
        for name, value in given.items():
            below, before, where = names.get(name, MISSING), values.at(known, (name,)), (*path, name)
            if self.found >= _MOST or below is None:
                continue
            if below is MISSING:
                if name not in kept and (before is MISSING or not values.same(value, before)):
                    self._note(where)
            elif isinstance(below, list):
                self._rows(below[0], value, before, where)
            elif isinstance(value, Mapping):
                self.look(below, value, before, where)

    def _rows(self, names: _Names, rows: Any, known: Any, where: Path) -> None:
        which = self.filling.lists.get(where)
        if which is None:
            return  # it is locked, hidden or no list: nothing of it is taken
        known_rows = known if isinstance(known, list) else []
        kept = frozenset(name for row in known_rows if isinstance(row, Mapping) for name in row)
        for index, row in enumerate(rows):
            if isinstance(row, Mapping):
                at = which[index]
                before = MISSING if at is None else values.at(known_rows, (at,))
                self.look(names, row, before, (*where, index), kept=kept)

    def _note(self, where: Path) -> None:
        self.found += 1
        self.filling.wrong(
            where,
            "Expected only names of fields of the form, which has none of this name. Leave it out, or set it apart.",
        )
