"""What is drawn but can never happen is said here, as warnings, where it is certain: each module finds one kind of it."""

from __future__ import annotations

from engine.bpmn.rules.context import Context
from engine.bpmn.rules.never import doubles, starved_joins, unthrown_errors


def check(context: Context) -> None:
    """Report what can never happen."""
    doubles.check(context)
    unthrown_errors.check(context)
    starved_joins.check(context)
