"""A transition is committed here, with a trace span, a measured time and its instance's key in the logs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from engine.failpoints import failpoint
from engine.observability import log_context, metrics, tracing
from engine.postgres import transactions

T = TypeVar("T")


def committed(work: Callable[[], T], *, instance_key: int) -> T:
    """Run `work`, a transition of this instance, in a transaction of its own and return its result.

    `work` runs again when the transaction was cut off by a deadlock (see `transactions.run`).
    """

    def all_of_it() -> T:
        result = work()
        failpoint("advance.before_commit")
        return result

    ids = {"processInstanceKey": str(instance_key)}
    with (
        log_context.bound(**ids),
        tracing.span("transition", attributes=ids),
        metrics.TRANSITION_SECONDS.time(),
    ):
        return transactions.run(all_of_it)
