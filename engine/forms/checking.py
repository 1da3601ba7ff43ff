"""What a person filled into a form is checked here against the form-js schema, as the form itself does in the browser.

The browser's checks are for the person, these are for the process: nobody can start an instance or complete a user task with data that the
form does not allow. How it follows form-js, and where it does not, is in docs/forms.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine import clock
from engine.errors import InvalidArgument
from engine.forms import fields, foreign, schema, values
from engine.forms.expressions import Evaluator, Scope
from engine.forms.filling import Filling
from engine.forms.schema import Node
from engine.forms.values import MISSING, Path

Errors = dict[str, list[str]]
_LIMITS = ("min", "max", "minLength", "maxLength")
"""These rules of a field may be expressions."""


class FormRejected(InvalidArgument):
    """The form does not allow what was filled in. `errors` holds messages by the fields' keys (`items.0.name` inside lists)."""

    title = "The form has mistakes"

    def __init__(self, errors: Errors) -> None:
        self.errors = errors
        name, messages = next(iter(errors.items()))
        more = f" (and {len(errors) - 1} more fields)" if len(errors) > 1 else ""
        super().__init__(f"{name}: {messages[0]}{more}")


def accepted(form: Mapping[str, Any], given: Mapping[str, Any], *, known: Mapping[str, Any]) -> dict[str, Any]:
    """The form says which variables `given` sets, and to what; raises FormRejected for what it does not allow.

    `known` are the variables that the form showed. A field that is disabled, read-only or hidden keeps its known value, whatever was sent
    for it; what lies beside it in its group or row is taken. A field for which nothing was sent has its known value, or its default.
    A name that no field has is refused or dropped, as the form or the installation says.
    """
    try:
        nodes = schema.read(form)
    except ValueError as error:
        raise InvalidArgument(str(error)) from error
    filling = Filling(nodes, known, Evaluator(clock.now()))
    filling.fill(given)
    outcome = _Outcome(filling)
    outcome.judge(nodes, filling.root(), given, known, ())
    if foreign.are_refused(form):
        foreign.refuse(nodes, filling, given, known)
    if filling.errors:
        raise FormRejected(filling.errors)
    return outcome.variables


class _Outcome:
    """It walks over a form that was filled in, gathers what is wrong and what the variables are to be."""

    def __init__(self, filling: Filling) -> None:
        self.filling = filling
        self.variables: dict[str, Any] = {}

    def judge(self, nodes: Sequence[Node], scope: Scope, given: Any, known: Any, path: Path) -> None:
        """`given` and `known` are what was sent and what was known of the form, the group or the row whose nodes these are."""
        for node in nodes:
            if self.filling.is_hidden(node, scope):
                continue
            where = (*path, *node.path)
            sent, before = values.at(given, node.path), values.at(known, node.path)
            if node.kind == "list":
                self._list(node, scope, sent, before, where)
            elif node.kind == "group":
                self.judge(node.children, scope, sent, before, where)
            elif not node.is_disabled:
                self._field(node, scope, where, was_sent=sent is not MISSING, before=before)

    def _list(self, node: Node, scope: Scope, sent: Any, before: Any, where: Path) -> None:
        filling = self.filling
        known_rows = before if isinstance(before, list) else []
        made = values.at(filling.data, where)
        which = filling.lists.get(where)
        if which is not None:
            known_rows = [MISSING if at is None else values.at(known_rows, (at,)) for at in which]
            self._set(where, [values.copied(row) if isinstance(row, Mapping) else {} for row in known_rows])
        parent = filling.inside(scope)
        for index, row in enumerate(made if isinstance(made, list) else ()):
            inside = scope.row(row, index, parent=parent)
            given = values.at(sent, (index,)) if which is not None else MISSING
            self.judge(node.children, inside, given, values.at(known_rows, (index,)), (*where, index))

    def _field(self, node: Node, scope: Scope, where: Path, *, was_sent: bool, before: Any) -> None:
        filling = self.filling
        value = values.at(filling.data, where)
        is_taken = where in filling.taken
        is_open = is_taken or not filling.is_locked(node, scope)
        if node.kind == "expression":
            if where in filling.computed and not values.same(value, before):
                self._set(where, value)
            return
        if is_open:
            self._check(node, scope, where, value)
        if is_taken or (before is MISSING and (was_sent or "defaultValue" in node.component)):
            self._set(where, value)

    def _check(self, node: Node, scope: Scope, where: Path, value: Any) -> None:
        rules = dict(fields.mapping(node.component.get("validate")))
        for name in _LIMITS:
            source = schema.expression(rules.get(name))
            if source is not None:
                rules[name] = self.filling.value(source, scope)

        def offers(option: Any) -> bool:
            return self.filling.options.offers(node, option, scope)

        for message in fields.mistakes(node.component, value, rules=rules, offers=offers):
            self.filling.wrong(where, message)

    def _set(self, where: Path, value: Any) -> None:
        top = str(where[0])
        if len(where) > 1 and top not in self.variables:
            self.variables[top] = values.copied(self.filling.known.get(top))
            if not isinstance(self.variables[top], dict | list):
                self.variables[top] = [] if type(where[1]) is int else {}
        values.put(self.variables, where, value)
