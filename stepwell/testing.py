"""Tests run processes in memory: the real core, a clock that skips, jobs done by functions or by hand. A test takes milliseconds.

    def test_an_order_is_shipped(process_engine: Engine) -> None:
        process_engine.deploy(Path("order.bpmn"))
        process_engine.use_handlers(Path("handlers.py"))
        order = process_engine.start("order", {"total": 10})
        process_engine.advance(timedelta(days=1))
        assert order.outcome is Outcome.COMPLETED

The pytest fixture `process_engine` comes with the installed package (`stepwell.pytest_plugin`); at the end of the test it calls
`Engine.check`, which replays every instance.

- Engine: deploy, start, let time pass; a method returns when nothing can move any more. Times are aware datetimes in UTC.
- Instance: what happened (`completed_elements`, `variables`, `outcome`), and what it waits for (`jobs`, `user_tasks`, `timers`,
  `incidents`).
- InvalidDiagramError: a deployment would refuse the diagram; `problems` are all that were found. LookupError: nothing such is open.
- ReplayDiffersError: the same inputs gave another state, other effects or other facts.
- Outcome, IncidentType, JobKind: the words for how an instance ended, what an incident is about, and what a job belongs to.
- JobFunction: a function of the visible variables that stands in for a handler; Handler: a declared one with its settings.
- `inputs`: everything that can happen to an instance, for `Engine.give` where there is no method for it.
"""

from engine.handlers import Handler
from engine.runtime import inputs
from engine.runtime.effects import IncidentType, JobKind, Outcome
from engine.testing import Engine, Instance, InvalidDiagramError, ReplayDiffersError
from engine.testing.answers import JobFunction

__all__ = [
    "Engine",
    "Handler",
    "IncidentType",
    "Instance",
    "InvalidDiagramError",
    "JobFunction",
    "JobKind",
    "Outcome",
    "ReplayDiffersError",
    "inputs",
]
