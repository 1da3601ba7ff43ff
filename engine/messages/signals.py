"""This command broadcasts a signal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine import clock, exact_json
from engine.actors import Actor
from engine.errors import InvalidArgument
from engine.failpoints import failpoint
from engine.postgres import keys, transactions
from engine.transition import advance, correlation


def broadcast(name: str, *, variables: Mapping[str, Any] | None = None, by: Actor) -> int:
    """Bring a signal to every instance that waits for it now, and start one of each process that begins with it.

    Returns a key for the broadcast; it is not kept.
    """
    by.require_operator("broadcast signals")
    if not name or len(name) > 500 or "\x00" in name:
        raise InvalidArgument("Expected a signal name of 1 to 500 characters, without NUL.")
    given = exact_json.checked_variables(variables)

    def work() -> correlation.Reached:
        reached = correlation.broadcast(name, given, by=by.username, now=clock.now())
        failpoint("signals.before_commit")
        return reached

    failpoint("signals.before_broadcast")
    reached = transactions.run(work)
    failpoint("signals.after_commit")
    advance.advance(*reached.all)
    return keys.take_one()
