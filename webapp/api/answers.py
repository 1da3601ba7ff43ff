"""A request that changed a process instance may answer with its variables after the step."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from engine import instances
from engine.errors import InvalidArgument
from engine.queries.search.view import View
from webapp import problems

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


def variables_after(instance_key: int, *, since: datetime, request_timeout: int | None) -> VariablesAfterView:
    timeout = seconds(request_timeout)
    found = instances.variables_after_step(instance_key, since=since, timeout=timeout)
    if found is None:
        raise problems.DeadlineExceeded(
            f"Expected process instance {instance_key} to take this up within {timeout:g} seconds; it is kept, and taken up later."
        )
    return VariablesAfterView(variables=found)
