"""Programs import these modules of Stepwell; everything else is internal and may change.

| module | what it is for |
| --- | --- |
| `stepwell` | declaring the Python functions that do the jobs of service tasks |
| `stepwell.testing` | running a process in memory, in a test, on a clock that skips |
| `stepwell.bpmn` | reading a diagram: what it means, and what is wrong with it |
| `stepwell.dmn` | evaluating decisions |
| `stepwell.feel` | evaluating FEEL expressions |

None of them needs a database or Django's settings to be imported; `bpmn`, `dmn` and `feel` do not import Django at all. The names of this
module:

- `handler(job_type, ...)` declares the function below it as the one that does the jobs of a type. Durations are seconds or
  ISO 8601 texts (`"PT2S"`). Raises ValueError when another function has the type already, or when a duration cannot be read.
- `JobContext` is what a parameter annotated with it receives: key, type, attempt (from 1), instance key, process id, element id,
  headers, and `heartbeat(details)`.
- `BpmnError(code, message="", variables=None)` is raised by a handler to throw a BPMN error (BPMN 2.0, 10.5.6): the error event that
  catches the code goes on with the variables; without one there is an incident.
- `MissingVariableError` is raised for a handler when a variable that it wants is not there or has another type; no further attempt is made.
- `LeaseLostError` is raised by `JobContext.heartbeat` when the job is no longer this attempt's: the handler should stop.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.handlers import BpmnError, JobContext, LeaseLostError, MissingVariableError, handler

__all__ = ["BpmnError", "JobContext", "LeaseLostError", "MissingVariableError", "handler"]


def __getattr__(name: str) -> Any:
    """Import handlers at their first use: they import Django, which whoever imports `stepwell.feel` alone need not have."""
    if name not in __all__:
        raise AttributeError(f"module 'stepwell' has no attribute {name!r}")
    return getattr(importlib.import_module("engine.handlers"), name)
