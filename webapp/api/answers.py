"""A request that changed a process instance may answer with its variables after the step."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, NoReturn

from engine import instances
from engine.errors import InvalidArgument
from engine.queries import awaited
from engine.queries.search.view import View
from webapp import problems
from webapp.long_polls import LongPoll, Topic

DEFAULT_WAIT = 10.0
MAX_WAIT = 120.0
"""A request may wait for so many seconds; a longer time is refused."""


class VariablesAfterView(View, frozen=True, kw_only=True):
    variables: dict[str, Any]
    """The variables of the process, after the step that took this up; where others came since, with theirs."""


def seconds(request_timeout: int | None) -> float:
    """Return the seconds of so many milliseconds; raises InvalidArgument beyond the bounds."""
    timeout = (request_timeout or 0) / 1000 or DEFAULT_WAIT
    if not 0 < timeout <= MAX_WAIT:
        raise InvalidArgument(f"Expected a request timeout of at most {MAX_WAIT * 1000:.0f} milliseconds.")
    return timeout


def _variables_alone(variables: dict[str, Any]) -> View:
    return VariablesAfterView(variables=variables)


def variables_after(
    instance_key: int,
    *,
    since: datetime,
    request_timeout: int | None,
    view: Callable[[dict[str, Any]], View] = _variables_alone,
) -> LongPoll:
    """Wait until the instance has taken up what came for it until now; `view` makes the answer of its variables."""
    timeout = seconds(request_timeout)
    newest = instances.newest_input(instance_key)

    def look() -> View | None:
        found = instances.variables_after_step(instance_key, newest=newest, since=since)
        return None if found is None else view(found)

    def over() -> NoReturn:
        raise problems.DeadlineExceeded(
            f"Expected process instance {instance_key} to take this up within {timeout:g} seconds; it is kept, and taken up later."
        )

    topic = Topic(awaited.inputs_taken_up, (instance_key, newest))
    return LongPoll(topic, time.monotonic() + timeout, look=look, over=over, to_the_last=True)
